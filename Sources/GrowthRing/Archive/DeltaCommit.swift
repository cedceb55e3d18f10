import StoreEngine

/// The text of one commit of a Delta table: an action a line.
struct DeltaCommit {
  private(set) var text = ""
  private let schema: DeltaSchema
  /// In milliseconds since 1970.
  private let time: Int64

  init(_ schema: DeltaSchema, now: Int64) {
    self.schema = schema
    time = now / 1_000
    line(
      "commitInfo",
      #"{"timestamp":\#(time),"operation":"WRITE","operationParameters":{"mode":"Append"},"engineInfo":"growthring"}"#)
  }

  private mutating func line(_ action: String, _ fields: String) { text += "{\"\(action)\":\(fields)}\n" }

  /// What the first commit says of the table.
  mutating func begin(tableID: String) {
    line("protocol", #"{"minReaderVersion":1,"minWriterVersion":2}"#)
    line(
      "metaData",
      #"{"id":"\#(tableID)","name":"\#(schema.name)","description":"\#(schema.description)","#
        + #""format":{"provider":"parquet","options":{}},"schemaString":\#(JSONEscape.quoted(schema.text)),"#
        + #""partitionColumns":["month"],"configuration":{},"createdTime":\#(time)}"#)
  }

  /// Says that everything up to a version of an application is in the table, so that a repetition can be told.
  mutating func note(transaction: String, _ version: UInt64) {
    line("txn", #"{"appId":"\#(transaction)","version":\#(version),"lastUpdated":\#(time)}"#)
  }

  mutating func add(_ file: ArchivedFile) {
    // Times of statistics are in milliseconds: the bounds may only get wider.
    let oldest = Timestamp(microseconds: Self.floor(file.smallestTime))
    let newest = Timestamp(microseconds: Self.floor(file.largestTime) + 999)
    let column = schema.time
    let statistics =
      #"{"numRecords":\#(file.rows),"minValues":{"\#(column)":"\#(oldest)"},"maxValues":{"\#(column)":"\#(newest)"},"#
      + #""nullCount":{"\#(column)":0}}"#
    line(
      "add",
      #"{"path":\#(JSONEscape.quoted(file.path)),"partitionValues":{"month":"\#(file.month)"},"size":\#(file.length),"#
        + #""modificationTime":\#(time),"dataChange":true,"stats":\#(JSONEscape.quoted(statistics))}"#)
  }

  private static func floor(_ time: Int64) -> Int64 {
    let rest = time % 1_000
    return time - (rest < 0 ? rest + 1_000 : rest)
  }

  mutating func remove(_ path: String, length: Int) {
    let month = path.dropFirst(Archive.prefix.utf8.count).prefix { $0 != "/" }
    line(
      "remove",
      #"{"path":\#(JSONEscape.quoted(path)),"deletionTimestamp":\#(time),"dataChange":true,"#
        + #""extendedFileMetadata":true,"partitionValues":{"month":"\#(month)"},"size":\#(length)}"#)
  }
}
