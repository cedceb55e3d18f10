import Columnar
import GrowthRing
import Parquet
import StoreEngine
import Testing

/// Events to Parquet and back, and from the files of others.
struct ParquetEventTests {
  private func batch(_ events: [GrowthEvent]) throws(EventRejection) -> EventBatch {
    var batch = EventBatch()
    for event in events { try batch.append(event) }
    return batch
  }

  private func event(
    _ number: Int, user: String = "ada", entity: String = "swift", dimension: String = "self_act",
    delta: Int64 = 1_500_000, time: Int64 = 1_700_000_000_123_456, source: String = "", scope: String = "",
    metadata: String = ""
  ) -> GrowthEvent {
    GrowthEvent(
      eventID: EventID(high: 0x0198_0000_0000_7000, low: UInt64(number) | 1 << 63), user: user, entity: entity,
      entityType: "skill", dimension: dimension, delta: Delta(millionths: delta), source: source, scope: scope,
      createdAt: Timestamp(microseconds: time), metadata: metadata)
  }

  private func decode(
    _ bytes: [UInt8], _ options: CSVOptions = CSVOptions()
  ) throws -> (events: [GrowthEvent], rejected: [RejectedRecord]) {
    var decoder = try ParquetDecoder(bytes: bytes, options: options)
    var events: [GrowthEvent] = []
    var rejected: [RejectedRecord] = []
    var progress = IngestProgress.batchFull
    while progress != .finished {
      var batch = EventBatch()
      progress = try decoder.decode(into: &batch, limit: 7, rejected: &rejected)
      #expect(batch.count <= 7)
      for row in 0..<batch.count { events.append(batch.event(at: row)) }
    }
    #expect(decoder.recordCount == decoder.rowCount)
    return (events, rejected)
  }

  // MARK: Own files

  @Test(arguments: ParquetEventWriter.Profile.allCases, [3, 1000])
  func roundTrip(profile: ParquetEventWriter.Profile, rowGroupRows: Int) throws {
    var events: [GrowthEvent] = []
    for index in 0..<40 {
      let uuid = UUIDText.format(high: UInt64(index) << 32, low: 77, uppercase: index % 3 == 0)
      events.append(
        event(
          index, user: index % 4 == 0 ? uuid : "ä user \(index % 5)", entity: index % 2 == 0 ? uuid : "e\(index)",
          dimension: index % 2 == 0 ? "b" : "a", delta: Int64(index - 20) * 333_333,
          time: Int64(index * 977 % 40) * 1_000_001,
          source: index % 3 == 0 ? "quiz" : "", scope: index % 5 == 0 ? "a/b" : "",
          metadata: index % 2 == 0 ? #"{"a":"ü\n","b":[1.0]}"# : ""))
    }
    events.append(event(100, time: Timestamp.earliest.microseconds))
    events.append(event(101, delta: 999_999_999_999_999_999, time: Timestamp.latest.microseconds))
    var writer = ParquetEventWriter(profile: profile, rowGroupRows: rowGroupRows)
    var bytes: [UInt8] = []
    try writer.append(batch(Array(events[..<11])), into: &bytes)
    try writer.append(batch(Array(events[11...])), into: &bytes)
    try writer.finish(into: &bytes)
    let decoded = try decode(bytes)
    let reader = try ParquetEventReader(Bytes(bytes))
    var again: [GrowthEvent] = []
    for group in 0..<reader.rowGroupCount {
      let batch = try reader.events(rowGroup: group)
      for row in 0..<batch.count { again.append(batch.event(at: row)) }
    }
    #expect(again == decoded.events && reader.count == events.count)
    #expect(decoded.rejected.isEmpty)
    #expect(Set(decoded.events) == Set(events))
    #expect(decoded.events.count == events.count)
    if rowGroupRows == 1000 {
      let keys = decoded.events.map { "\($0.user)\u{1}\($0.entity)\u{1}\($0.dimension)" }
      #expect(keys == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
  }

  @Test func columnsAndMetadata() throws {
    var writer = ParquetEventWriter()
    var bytes: [UInt8] = []
    try writer.append(batch([event(1), event(2, user: "bob", source: "x")]), into: &bytes)
    try writer.finish(into: &bytes)
    let file = try ParquetReader(Bytes(bytes))
    #expect(
      file.schema.columns.map(\.name) == [
        "event_id", "user_id", "entity_id", "entity_type", "dim_key", "delta", "source", "scope", "created_at",
        "metadata",
      ])
    #expect(
      file.schema.columns.map(\.logical) == [
        .uuid, .string, .string, .string, .string, .decimal(precision: 18, scale: 6), .string, .string,
        .timestamp(isUTC: true, unit: .microseconds), .string,
      ])
    #expect(file.metadata.keyValues == [KeyValue("growthring.events", "1")])
    #expect(file.metadata.rowGroups[0].sorting.map(\.column) == [1, 2, 4, 8, 0])
    let filter = try #require(try file.bloomFilter(rowGroup: 0, column: 1))
    #expect(filter.mayContain(Array("ada".utf8)) && filter.mayContain(Array("bob".utf8)))
    #expect(!filter.mayContain(Array("eve".utf8)))
  }

  /// Files of before have the type JSON for metadata; those of any other type are none of ours.
  @Test(arguments: [LogicalType.json, .bson]) func metadataOfAnotherType(logical: LogicalType) throws {
    var writer = ParquetEventWriter()
    var bytes: [UInt8] = []
    try writer.append(batch([event(1, metadata: #"{"a":2}"#), event(2)]), into: &bytes)
    try writer.finish(into: &bytes)
    let source = try ParquetReader(Bytes(bytes))
    var fields = source.schema.fields
    fields[9] = SchemaField("metadata", .optional, .byteArray, logical)
    var copy = ParquetWriter(
      ParquetSchema(fields, rootName: "event"), options: ParquetWriterOptions(createdBy: "test version 1"))
    var other: [UInt8] = []
    copy.write(try fields.indices.map { try source.column($0, rowGroup: 0) }) { other += $0 }
    copy.finish { other += $0 }
    if logical == .json {
      let events = try ParquetEventReader(Bytes(other)).events(rowGroup: 0)
      #expect((0..<events.count).map { events.event(at: $0).metadata }.sorted() == ["", #"{"a":2}"#])
    } else {
      #expect(throws: ParquetIngestError.self) { _ = try ParquetEventReader(Bytes(other)) }
    }
  }

  @Test func noEvents() throws {
    var writer = ParquetEventWriter()
    var bytes: [UInt8] = []
    try writer.finish(into: &bytes)
    #expect(try decode(bytes).events.isEmpty)
  }

  @Test func deltasTooLargeForTheColumn() throws {
    var writer = ParquetEventWriter()
    var bytes: [UInt8] = []
    try writer.append(batch([event(1, delta: 1_000_000_000_000_000_000)]), into: &bytes)
    let error = #expect(throws: ParquetExportError.self) { try writer.finish(into: &bytes) }
    #expect(error?.description.contains("1000000000000 ") == true)
  }

  /// Columns of the right types whose values are no events.
  @Test func valuesOfOwnFilesAreChecked() throws {
    let columns = [
      ("event_id", ColumnValues.fixed(FixedColumn(width: 16, bytes: [UInt8](repeating: 0, count: 16)))),
      ("user_id", texts(["a\0b"])), ("entity_id", texts([""])),
      ("entity_type", .bytes(ByteColumn(ByteStrings([[0xFF]])))),
      ("dim_key", texts([String(repeating: "d", count: 256)])), ("delta", .int64([.max])), ("source", texts([""])),
      ("scope", texts(["a//b"])), ("created_at", .int64([.max])), ("metadata", texts([#"{"b":1,"a":2}"#])),
    ]
    var writer = ParquetEventWriter()
    var good: [UInt8] = []
    try writer.append(
      batch([event(1, source: "s", scope: "a/b", metadata: #"{"a":2,"b":1}"#)]), into: &good)
    try writer.finish(into: &good)
    let source = try ParquetReader(Bytes(good))
    #expect(try ParquetEventReader(Bytes(good)).events(rowGroup: 0).count == 1)
    for (name, wrong) in columns {
      let place = try #require(source.schema.column(name))
      var batches = try source.schema.columns.indices.map { try source.column($0, rowGroup: 0) }
      batches[place].values = wrong
      var copy = ParquetWriter(source.schema, options: ParquetWriterOptions(createdBy: "test version 1"))
      var bytes: [UInt8] = []
      copy.write(batches) { bytes += $0 }
      copy.finish { bytes += $0 }
      let error = #expect(throws: ParquetIngestError.self) {
        _ = try ParquetEventReader(Bytes(bytes)).events(rowGroup: 0)
      }
      #expect(error?.description.contains("column \(name): a value") == true, "\(name)")
    }
    #expect(throws: ParquetIngestError.self) { _ = try ParquetEventReader(Bytes(file([column("x", .int64([1]))]))) }
  }

  // MARK: Files of others

  /// A file of one row group with these columns.
  private func file(_ columns: [(SchemaField, ColumnValues, [UInt8]?)]) -> [UInt8] {
    var writer = ParquetWriter(
      ParquetSchema(columns.map(\.0)), options: ParquetWriterOptions(createdBy: "test version 1"))
    var bytes: [UInt8] = []
    writer.write(columns.map { ColumnBatch($0.1, definition: $0.2) }) { bytes += $0 }
    writer.finish { bytes += $0 }
    return bytes
  }

  private func texts(_ texts: [String]) -> ColumnValues {
    .bytes(ByteColumn(ByteStrings(texts.map { Array($0.utf8) })))
  }

  private func column(_ name: String, _ values: ColumnValues, _ logical: LogicalType? = nil) -> (
    SchemaField, ColumnValues, [UInt8]?
  ) {
    let type: PhysicalType
    var length = 0
    switch values {
    case .boolean: type = .boolean
    case .int32: type = .int32
    case .int64: type = .int64
    case .float: type = .float
    case .double: type = .double
    case .bytes: type = .byteArray
    case .fixed(let column):
      type = column.width == 12 && logical == nil ? .int96 : .fixedLengthByteArray
      length = type == .int96 ? 0 : column.width
    }
    return (SchemaField(name, .required, type, length: length, logical), values, nil)
  }

  private static let constants = "user_id==u entity_id==e entity_type==t dim_key==d delta==1 created_at==2026-01-01"
    .split(separator: " ").compactMap { ColumnMapping(String($0)) }

  /// What a field becomes whose values are in a column, the other fields being constants.
  private func read(
    _ field: EventField, _ values: ColumnValues, _ logical: LogicalType? = nil,
    _ change: (inout CSVOptions) -> Void = { _ in }
  ) throws -> [String] {
    var options = CSVOptions(
      mapping: Self.constants.filter { $0.field != field } + [ColumnMapping(field, .column("c"))])
    options.ingest.deriveEventIDs = true
    change(&options)
    let decoded = try decode(file([column("c", values, logical)]), options)
    var results = [String](repeating: "", count: decoded.events.count + decoded.rejected.count)
    for rejected in decoded.rejected {
      #expect(rejected.rejection.field == field)
      results[rejected.rejection.row] = rejected.rejection.reason.code
    }
    var events = decoded.events[...]
    for index in results.indices where results[index].isEmpty {
      let event = events.removeFirst()
      switch field {
      case .delta: results[index] = event.delta.description
      case .createdAt: results[index] = event.createdAt.description
      case .eventID: results[index] = event.eventID?.description ?? ""
      case .user: results[index] = event.user
      default: results[index] = event.entity
      }
    }
    return results
  }

  @Test func deltas() throws {
    #expect(
      try read(.delta, .int64([150, -5, 0]), .decimal(precision: 10, scale: 2)) == ["1.5", "-0.05", "0"])
    #expect(
      try read(.delta, .int32([7, -123_456_789]), .decimal(precision: 9, scale: 8)) == [
        "tooManyDigits", "tooManyDigits",
      ])
    #expect(
      try read(.delta, .int32([700, 123_456_700]), .decimal(precision: 9, scale: 8)) == ["0.000007", "1.234567"])
    #expect(try read(.delta, .int64([1, .max, .min])) == ["1", "outOfRange", "outOfRange"])
    #expect(try read(.delta, .int64([-1]), .integer(bits: 64, isSigned: false)) == ["outOfRange"])
    #expect(try read(.delta, .int32([-1]), .integer(bits: 32, isSigned: false)) == ["4294967295"])
    #expect(
      try read(.delta, .double([0.1, 0.1 + 0.2, 1e-6, 1e-7, 2.5e9, .nan, .infinity, -0.0]))
        == ["0.1", "tooManyDigits", "0.000001", "tooManyDigits", "2500000000", "malformed", "malformed", "0"])
    #expect(try read(.delta, .float([0.1, 16_777_216])) == ["0.1", "16777216"])
    #expect(try read(.delta, texts(["1.25", "x", ""])) == ["1.25", "malformed", "empty"])
    let wide = FixedColumn(width: 17, bytes: [UInt8](repeating: 1, count: 17))
    #expect(try read(.delta, .fixed(wide), .decimal(precision: 38, scale: 2)) == ["outOfRange"])
    // Decimals of 256 bits, as other writers have them for small values too.
    let small = FixedColumn(
      width: 32, bytes: [UInt8](repeating: 0, count: 31) + [150] + [UInt8](repeating: 0xFF, count: 31) + [106])
    #expect(try read(.delta, .fixed(small), .decimal(precision: 76, scale: 2)) == ["1.5", "-1.5"])
    #expect(
      try read(
        .delta, texts(["100000000000000000000000e-20", "1.50000000000000000000000000", "1.00000000000000000000001"]))
        == ["1000", "1.5", "tooManyDigits"])
    let negative = FixedColumn(width: 3, bytes: [0xFF, 0xFF, 0x38])
    #expect(try read(.delta, .fixed(negative), .decimal(precision: 6, scale: 1)) == ["-20"])
    #expect(try read(.delta, .boolean([true])) == ["malformed"])
  }

  @Test func times() throws {
    let utc = LogicalType.timestamp(isUTC: true, unit: .milliseconds)
    #expect(
      try read(.createdAt, .int64([0, 1500, -1, .max]), utc)
        == ["1970-01-01T00:00:00Z", "1970-01-01T00:00:01.5Z", "1969-12-31T23:59:59.999Z", "outOfRange"])
    #expect(
      try read(.createdAt, .int64([1_000, 1_001]), .timestamp(isUTC: true, unit: .nanoseconds))
        == ["1970-01-01T00:00:00.000001Z", "tooManyDigits"])
    let local = LogicalType.timestamp(isUTC: false, unit: .microseconds)
    #expect(try read(.createdAt, .int64([7_200_000_000]), local) == ["1970-01-01T02:00:00Z"])
    #expect(
      try read(.createdAt, .int64([7_200_000_000]), local) { $0.naiveOffset = 7200 } == ["1970-01-01T00:00:00Z"])
    #expect(try read(.createdAt, .int32([-1, 20_000]), .date) == ["1969-12-31T00:00:00Z", "2024-10-04T00:00:00Z"])
    #expect(try read(.createdAt, .int64([1_000_000])) == ["1970-01-01T00:00:01Z"])
    #expect(
      try read(.createdAt, .int32([60])) { $0.ingest.timeUnit = .seconds } == ["1970-01-01T00:01:00Z"])
    #expect(
      try read(.createdAt, texts(["2026-01-02T03:04:05+01:00", "soon"])) == ["2026-01-02T02:04:05Z", "malformed"])
    #expect(
      try read(.createdAt, texts(["02/01/2026 03:04"])) { $0.timeFormat = .pattern("%d/%m/%Y %H:%M") }
        == ["2026-01-02T03:04:00Z"])
    // Julian day 2440589 and one second.
    let old: [UInt8] = [0, 0xCA, 0x9A, 0x3B, 0, 0, 0, 0, 0x8D, 0x3D, 0x25, 0]
    #expect(try read(.createdAt, .fixed(FixedColumn(width: 12, bytes: old))) == ["1970-01-02T00:00:01Z"])
  }

  @Test func ids() throws {
    let id = FixedColumn(width: 16, bytes: (0..<16).map { UInt8($0 * 16 + 1) })
    let text = "01112131-4151-6171-8191-a1b1c1d1e1f1"
    #expect(try read(.eventID, .fixed(id), .uuid) == [text])
    #expect(try read(.eventID, .fixed(id)) == [text])
    #expect(try read(.eventID, .bytes(ByteColumn(ByteStrings([id.bytes, Array(text.utf8)])))) == [text, text])
    #expect(try read(.user, .fixed(id), .uuid) == [text])
    #expect(try read(.eventID, texts([text, "no"])) == [text, "malformed"])
    #expect(try read(.user, texts([" a ", "", "a\0b"]), .string) == [" a ", "empty", "nulByte"])
    #expect(try read(.user, .bytes(ByteColumn(ByteStrings([[0xFF, 0xFE]])))) == ["invalidUTF8"])
    #expect(try read(.user, .int64([42])) == ["42"])
  }

  @Test func nullsAreAbsent() throws {
    let field = SchemaField("c", .optional, .int64)
    let bytes = file([(field, .int64([5, 6]), [1, 0, 1])])
    let options = CSVOptions(
      mapping: Self.constants.filter { $0.field != .delta } + [ColumnMapping(.delta, .column("c"))])
    let decoded = try decode(bytes, options)
    #expect(decoded.events.map(\.delta.millionths) == [5_000_000, 6_000_000])
    #expect(decoded.rejected.map(\.rejection) == [EventRejection(row: 1, field: .delta, reason: .empty)])
    #expect(String(decoding: decoded.rejected[0].raw, as: UTF8.self) == #"{"c":null}"#)
  }

  @Test func recordsThatAreTooLong() throws {
    let long = String(repeating: "x", count: 5000)
    #expect(try read(.user, texts(["a", long, "b"])) { $0.ingest.longestRecord = 1 << 20 } == ["a", "tooLong", "b"])
    var options = CSVOptions(
      mapping: Self.constants.filter { $0.field != .user } + [ColumnMapping(.user, .column("c"))])
    options.ingest.longestRecord = 1000
    options.ingest.longestQuarantine = 100
    let decoded = try decode(file([column("c", texts(["a", long, "b"]))]), options)
    #expect(decoded.events.map(\.user) == ["a", "b"])
    #expect(decoded.rejected.map(\.rejection) == [EventRejection(row: 1, field: nil, reason: .tooLong)])
    #expect(decoded.rejected[0].isTruncated && decoded.rejected[0].raw.count == 100)
  }

  @Test func mistakes() throws {
    func failure(_ columns: [(SchemaField, ColumnValues, [UInt8]?)], _ mapping: [String] = []) -> String {
      do throws(ParquetIngestError) {
        _ = try ParquetDecoder(
          bytes: file(columns), options: CSVOptions(mapping: mapping.compactMap { ColumnMapping($0) }))
        return ""
      } catch {
        return error.description
      }
    }
    #expect(failure([column("x", .int64([1]))]).contains("\"x\" is no field"))
    #expect(failure([column("user_id", texts(["a"]))]).contains("no column for entity_id"))
    let all = ["user_id==u", "entity_id==e", "entity_type==t", "dim_key==d", "created_at==2026-01-01"]
    #expect(failure([column("x", .int64([1]))], all + ["delta=y"]).contains("no column \"y\""))
    #expect(
      failure([column("x", .int64([1]), .time(isUTC: true, unit: .microseconds))], all + ["delta=x"])
        .contains("time of day"))
    #expect(throws: ParquetIngestError.self) { _ = try ParquetDecoder(bytes: Array("no parquet".utf8)) }
    #expect(throws: ParquetIngestError.self) { _ = try ParquetDecoder(path: "/nonexistent/file.parquet") }
  }
}
