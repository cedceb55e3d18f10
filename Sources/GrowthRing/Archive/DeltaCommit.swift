import StoreEngine

/// The text of one commit of a Delta table: an action a line.
struct DeltaCommit {
  private(set) var text = ""
  /// In milliseconds since 1970.
  private let time: Int64

  init(now: Int64) {
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
      #"{"id":"\#(tableID)","name":"events","description":"Archived growth events","#
        + #""format":{"provider":"parquet","options":{}},"schemaString":\#(PrettyJSON.quoted(Self.schema)),"#
        + #""partitionColumns":["month"],"configuration":{},"createdTime":\#(time)}"#)
  }

  /// The columns in the order of the files, and the one that the names of folders tell.
  private static let schema: String = {
    let columns =
      ParquetEventSchema.fields.map { field in
        let type =
          switch field {
          case .eventID: "binary"
          case .delta: "decimal(\(ParquetEventSchema.precision),6)"
          case .createdAt: "timestamp"
          default: "string"
          }
        return (field.name, type, !(field.isRequired || field == .eventID))
      } + [("month", "string", true)]
    let fields = columns.map { #"{"name":"\#($0)","type":"\#($1)","nullable":\#($2),"metadata":{}}"# }
    return #"{"type":"struct","fields":["# + fields.joined(separator: ",") + "]}"
  }()

  /// Says that everything up to a version of an application is in the table, so that a repetition can be told.
  mutating func note(transaction: String, _ version: UInt64) {
    line("txn", #"{"appId":"\#(transaction)","version":\#(version),"lastUpdated":\#(time)}"#)
  }

  mutating func add(_ file: ArchivedFile) {
    // Times of statistics are in milliseconds: the bounds may only get wider.
    let oldest = Timestamp(microseconds: Self.floor(file.smallestCreatedAt))
    let newest = Timestamp(microseconds: Self.floor(file.largestCreatedAt) + 999)
    let statistics =
      #"{"numRecords":\#(file.rows),"minValues":{"created_at":"\#(oldest)"},"maxValues":{"created_at":"\#(newest)"},"#
      + #""nullCount":{"created_at":0}}"#
    line(
      "add",
      #"{"path":\#(PrettyJSON.quoted(file.path)),"partitionValues":{"month":"\#(file.month)"},"size":\#(file.length),"#
        + #""modificationTime":\#(time),"dataChange":true,"stats":\#(PrettyJSON.quoted(statistics))}"#)
  }

  private static func floor(_ time: Int64) -> Int64 {
    let rest = time % 1_000
    return time - (rest < 0 ? rest + 1_000 : rest)
  }

  mutating func remove(_ path: String, length: Int) {
    let month = path.dropFirst(Archive.prefix.utf8.count).prefix { $0 != "/" }
    line(
      "remove",
      #"{"path":\#(PrettyJSON.quoted(path)),"deletionTimestamp":\#(time),"dataChange":true,"#
        + #""extendedFileMetadata":true,"partitionValues":{"month":"\#(month)"},"size":\#(length)}"#)
  }
}
