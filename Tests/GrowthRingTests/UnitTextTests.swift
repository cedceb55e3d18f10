import Foundation
import GrowthRing
import StoreEngine
import Testing

/// Memory units out of files and into them.
struct UnitTextTests {
  static func ndjson(
    _ bytes: [UInt8], chunk: Int = .max, limit: Int = 1000, _ options: UnitIngestOptions = UnitIngestOptions()
  ) -> (units: [MemoryUnit], rejected: [RejectedUnit]) {
    var decoder = NDJSONUnitDecoder(options: options)
    var units: [MemoryUnit] = []
    var rejected: [RejectedUnit] = []
    for start in stride(from: 0, to: bytes.count, by: min(chunk, max(1, bytes.count))) {
      decoder.feed(Array(bytes[start..<min(bytes.count, start + min(chunk, bytes.count))]))
      while decoder.decode(into: &units, limit: limit, rejected: &rejected) == .batchFull {}
    }
    decoder.finish()
    while decoder.decode(into: &units, limit: limit, rejected: &rejected) != .finished {}
    #expect(decoder.recordCount == units.count + rejected.count)
    return (units, rejected)
  }

  static func csv(
    _ bytes: [UInt8], chunk: Int = .max, limit: Int = 1000, _ options: UnitIngestOptions = UnitIngestOptions()
  ) throws -> (units: [MemoryUnit], rejected: [RejectedUnit]) {
    var decoder = CSVUnitDecoder(options: options)
    var units: [MemoryUnit] = []
    var rejected: [RejectedUnit] = []
    for start in stride(from: 0, to: bytes.count, by: min(chunk, max(1, bytes.count))) {
      decoder.feed(Array(bytes[start..<min(bytes.count, start + min(chunk, bytes.count))]))
      while try decoder.decode(into: &units, limit: limit, rejected: &rejected) == .batchFull {}
    }
    decoder.finish()
    while try decoder.decode(into: &units, limit: limit, rejected: &rejected) != .finished {}
    #expect(decoder.recordCount == units.count + rejected.count)
    return (units, rejected)
  }

  /// Strings are equal by meaning; units have to come back to the byte.
  static func bytes(_ units: [MemoryUnit]) -> [[UInt8]] {
    units.map { unit in
      let texts = [unit.muid, unit.user, unit.sourceType, unit.title, unit.content, unit.contentType, unit.status]
      let rest = "\(unit.createdAt) \(unit.updatedAt) \(String(describing: unit.importanceScore)) \(unit.isDeleted)"
      return (texts + [unit.metadata, rest]).flatMap { Array($0.utf8) + [0xFF] }
    }
  }

  static let contents = [
    "", " ", "plain", "  blanks around\t", "a\nb", "a\r\nb\r", "\"quoted\", with, commas",
    "\u{1}\u{1F}\u{7F}\\ \u{8}\u{C}",
    "nul\u{0}inside", "e\u{301} and \u{E9}", "👩‍👩‍👧‍👦 𝕏", "漢字かなカナ ไทย", "\u{FEFF}mark", "true", "123", "null", "{\"a\":1}",
    "---\nx\n---\n",
  ]

  static func samples() -> [MemoryUnit] {
    var units = contents.enumerated().map { index, content in
      MemoryUnit(
        muid: index % 3 == 0 ? "0190B2F0-7C1E-7000-8000-0000000000\(10 + index)" : "note \(index), \"ü\"",
        user: "user \(index % 2)", sourceType: index % 4 == 0 ? "" : "journal",
        title: index % 5 == 0 ? "" : "Title \(index) \"é\"", content: content, contentType: "note",
        createdAt: Timestamp(microseconds: Int64(index) * -86_400_000_001),
        updatedAt: Timestamp(microseconds: Int64(index) * 1_000_003),
        importanceScore: index % 2 == 0 ? Delta("-12.500001") : nil,
        status: index % 7 == 0 ? "archived" : "active",
        metadata: index % 3 == 1 ? #"{"tags":["a","ü\n"],"v":1.0}"# : "")
    }
    units.append(
      MemoryUnit(
        muid: "gone", user: "user 1", sourceType: "journal", createdAt: Timestamp(microseconds: 5),
        updatedAt: Timestamp(microseconds: 6), isDeleted: true))
    units.append(
      MemoryUnit(
        muid: "long", user: "user 1", sourceType: "", content: String(repeating: "\u{1}\"ü\n", count: 60_000),
        createdAt: .earliest, updatedAt: .latest))
    return units
  }

  // MARK: Round trips

  @Test(arguments: [1, 7, 4096, Int.max]) func textRoundTrips(chunk: Int) throws {
    var units = Self.samples()
    if chunk == 1 { units.removeLast() }
    var ndjson: [UInt8] = []
    var csv = Array(CSVUnitEncoder().header.utf8)
    for unit in units {
      NDJSONUnitEncoder().encode(unit, into: &ndjson)
      CSVUnitEncoder().encode(unit, into: &csv)
    }
    let fromJSON = Self.ndjson(ndjson, chunk: chunk, limit: 5)
    #expect(fromJSON.rejected.isEmpty)
    #expect(Self.bytes(fromJSON.units) == Self.bytes(units))
    let fromCSV = try Self.csv(csv, chunk: chunk, limit: 5)
    #expect(fromCSV.rejected.isEmpty)
    #expect(Self.bytes(fromCSV.units) == Self.bytes(units))
  }

  @Test(arguments: ParquetEventWriter.Profile.allCases) func parquetRoundTrips(
    profile: ParquetEventWriter.Profile
  ) throws {
    let units = Self.samples()
    var writer = ParquetUnitWriter(profile: profile)
    var file: [UInt8] = []
    for unit in units { try writer.append(unit, into: &file) }
    writer.finish(into: &file)
    var decoder = try ParquetUnitDecoder(bytes: file)
    #expect(decoder.rowCount == units.count)
    var found: [MemoryUnit] = []
    var rejected: [RejectedUnit] = []
    while try decoder.decode(into: &found, limit: 3, rejected: &rejected) == .batchFull {}
    #expect(rejected.isEmpty)
    #expect(Self.bytes(found) == Self.bytes(units))
  }

  @Test func anotherParserReadsWhatIsWritten() throws {
    // Foundation takes a mark at the beginning of a string away.
    for unit in Self.samples() where !unit.isDeleted && !unit.content.hasPrefix("\u{FEFF}") {
      var line: [UInt8] = []
      NDJSONUnitEncoder().encode(unit, into: &line)
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      #expect((object["content"] as? String).map { Array($0.utf8) } == Array(unit.content.utf8))
      #expect((object["title"] as? String).map { Array($0.utf8) } == Array(unit.title.utf8))
      #expect(object["muid"] as? String == unit.muid)
      #expect((object["importance_score"] as? String) == unit.importanceScore?.description)
    }
  }

  @Test(arguments: ["notes_til", "rust_blog", "stackexchange_posts", "udhr", "ubuntu_irc_sample"])
  func bothFormatsOfATextSetGiveTheSameUnits(_ name: String) throws {
    guard let ndjson = IngestDataSetTests.prefix("\(name)/memory_units.ndjson.zst", 1 << 20),
      let csv = IngestDataSetTests.prefix("\(name)/memory_units.csv.zst", 1 << 20)
    else { return }
    let left = Self.ndjson(ndjson)
    let right = try Self.csv(csv)
    // Only the records that the prefixes cut may be wrong.
    #expect(left.rejected.count <= 1 && right.rejected.count <= 1)
    let count = min(left.units.count, right.units.count) - 1
    #expect(count > 30)
    #expect(Self.bytes(Array(left.units[..<count])) == Self.bytes(Array(right.units[..<count])))
  }

  // MARK: Forms

  @Test func absentFieldsHaveDefaults() throws {
    let text = #"""
      {"muid":"a","user_id":"ada","created_at":"2026-01-02T03:04:05.5+01:00","title":null}
       { "user_id" : "\u0061da" , "muid":"b", "created_at":1767319445500000,"updated_at":1767319445500001 , "importance_score":1e-1,"metadata":{ "b" : 1 , "a":[ ] },"is_deleted":false }
      """#
    let (units, rejected) = Self.ndjson(Array(text.utf8))
    #expect(rejected.isEmpty, "\(rejected)")
    try #require(units.count == 2)
    let time = Timestamp(microseconds: 1_767_319_445_500_000)
    #expect(units[0] == MemoryUnit(muid: "a", user: "ada", sourceType: "", createdAt: time))
    #expect(units[0].updatedAt == time && units[0].contentType == "text" && units[0].status == "active")
    #expect(units[1].user == "ada" && units[1].updatedAt.microseconds == time.microseconds + 1)
    #expect(units[1].importanceScore == Delta("0.1") && units[1].metadata == #"{"a":[],"b":1}"#)
  }

  @Test func badLinesAreNamedAndTheOthersTaken() {
    let good = #"{"muid":"a","user_id":"ada","created_at":0}"#
    let lines: [(String, UnitField?, EventRejection.Reason)] = [
      (#"{"muid":"a","created_at":0}"#, .user, .missing),
      (#"{"muid":"a","user_id":"ada"}"#, .createdAt, .missing),
      (#"{"muid":"a","user_id":"ada","created_at":"x"}"#, .createdAt, .malformed),
      (#"{"muid":"a","user_id":"ada","created_at":0,"updated_at":"2026-13-01"}"#, .updatedAt, .malformed),
      (#"{"muid":"a","user_id":"ada","created_at":0,"content":5}"#, .content, .malformed),
      (#"{"muid":"a","user_id":"ada","created_at":0,"content":"\ud800"}"#, .content, .invalidUTF8),
      (#"{"muid":"a","user_id":"ada","created_at":0,"title":"a","title":"b"}"#, .title, .duplicateKey),
      (#"{"muid":"a","user_id":"ada","created_at":0,"importance_score":0.1234567}"#, .importanceScore, .tooManyDigits),
      (#"{"muid":"a","user_id":"ada","created_at":0,"metadata":"{}"}"#, .metadata, .malformed),
      (#"{"muid":"a","user_id":"ada","created_at":0,"metadata":{"a":1,"a":2}}"#, .metadata, .duplicateKey),
      (#"{"muid":"a","user_id":"ada","created_at":0,"is_deleted":"yes"}"#, .isDeleted, .malformed),
      (#"{"muid":"a","user_id":"ada","created_at":0,"body":"x"}"#, nil, .unknownField),
      (#"{"user_id":"ada","created_at":0,"is_deleted":true}"#, .muid, .missing),
      (#"{"muid":"a","user_id":"ada","created_at":0"#, nil, .malformed),
      (#"{"muid":"a","user_id":"ada","created_at":0} x"#, nil, .malformed),
      ("[]", nil, .malformed),
    ]
    let text = lines.map { $0.0 + "\n" + good + "\n" }.joined()
    let (units, rejected) = Self.ndjson(Array(text.utf8), chunk: 11)
    #expect(units.count == lines.count)
    #expect(rejected.count == lines.count)
    for (index, (line, rejected)) in zip(lines, rejected).enumerated() {
      #expect(rejected.rejection.line == 2 * index + 1)
      #expect(rejected.rejection.row == 2 * index)
      #expect(rejected.rejection.field == line.1, "\(line.0)")
      #expect(rejected.rejection.reason == line.2, "\(line.0)")
      #expect(String(decoding: rejected.raw, as: UTF8.self) == line.0)
    }
  }

  @Test func longRecordsAreSkippedWithoutBeingHeld() throws {
    var options = UnitIngestOptions()
    options.longestRecord = 1000
    options.longestQuarantine = 10
    let long = String(repeating: "x", count: 300_000)
    let json = ["a", long, "c"].map { #"{"muid":"m","user_id":"u","created_at":0,"content":"\#($0)"}"# + "\n" }.joined()
    let left = Self.ndjson(Array(json.utf8), chunk: 5000, options)
    #expect(left.units.map(\.content) == ["a", "c"])
    #expect(left.rejected.map(\.rejection.reason) == [.tooLong])
    #expect(left.rejected[0].raw.count == 10 && left.rejected[0].isTruncated)
    let csv =
      "muid,user_id,created_at,content\n"
      + ["a", "\"\(long)\n\(long)\"", "c"].map { "m,u,1970-01-01,\($0)\n" }.joined()
    let right = try Self.csv(Array(csv.utf8), chunk: 5000, options)
    #expect(right.units.map(\.content) == ["a", "c"])
    #expect(right.rejected.map(\.rejection.reason) == [.tooLong])
    #expect(right.rejected.map(\.rejection.line) == [3])
  }

  // MARK: Foreign columns

  @Test func mappedColumns() throws {
    var options = UnitIngestOptions()
    options.mapping = [
      .init(.muid, .column("id")), .init(.user, .constant("ada")), .init(.content, .column("body")),
      .init(.createdAt, .column("on")), .init(.title, .column("head")),
    ]
    options.timeFormat = .pattern("%d/%m/%Y %H:%M")
    options.naiveOffset = 3600
    let csv = "id;head;body;on;more\r\n 1 ; A ;\" kept; \r\n\";02/01/2026 03:04;x\r\n2;B;;never;x\r\n3;C\r\n"
    let (units, rejected) = try Self.csv(Array(csv.utf8), chunk: 3, options)
    try #require(units.count == 1)
    #expect(units[0].muid == "1" && units[0].title == "A" && units[0].content == " kept; \r\n")
    #expect(units[0].createdAt == Timestamp("2026-01-02T02:04:00Z"))
    #expect(rejected.map(\.rejection.field) == [.createdAt, nil])
    #expect(rejected.map(\.rejection.line) == [4, 5])
  }

  @Test func headersThatGiveNoUnit() {
    func error(_ header: String, _ change: (inout UnitIngestOptions) -> Void = { _ in }) -> UnitHeaderError? {
      var options = UnitIngestOptions()
      change(&options)
      do {
        _ = try Self.csv(Array((header + "\n").utf8), options)
        return nil
      } catch {
        return error as? UnitHeaderError
      }
    }
    #expect(error("muid,user_id") == .missingField(.createdAt))
    #expect(error("muid,created_at") == .missingField(.user))
    #expect(error("muid,created_at") { $0.user = "ada" } == nil)
    #expect(error("user_id,created_at") == nil)
    #expect(error("user_id,created_at") { $0.derivesIDs = false } == .missingField(.muid))
    #expect(error("user_id,created_at,body") == .unknownColumn("body"))
    #expect(error("user_id,created_at,body") { $0.ignoreUnknownFields = true } == nil)
    #expect(error("user_id,created_at,title,title") == .duplicateColumn("title"))
    #expect(error("a") { $0.mapping = [.init(.user, .column("b"))] } == .missingColumn("b"))
    #expect(
      error("a") { $0.mapping = [.init(.user, .column("a")), .init(.user, .constant("b"))] } == .invalidMapping(.user))
  }

  /// A record without an id is the same unit from whichever format it comes, and another one where it says something
  /// else.
  @Test func idsFollowFromWhatARecordSays() throws {
    let json = #"{"user_id":"u","title":"t","content":"c","created_at":"1970-01-01T00:00:00Z"}"#
    let csv = "created_at,content,title,user_id\n1970-01-01,c,t,u\n1970-01-01,d,t,u\n"
    let first = Self.ndjson(Array(json.utf8)).units
    let others = try Self.csv(Array(csv.utf8)).units
    #expect(first.map(\.muid) == [others[0].muid])
    #expect(others[0].muid != others[1].muid)
    #expect(EventID(others[0].muid) != nil)
    // Version 8.
    #expect(Array(others[0].muid)[14] == "8")
  }

  @Test func tooImportantForParquet() {
    var writer = ParquetUnitWriter()
    var file: [UInt8] = []
    let unit = MemoryUnit(
      muid: "m", user: "u", sourceType: "", createdAt: .earliest, importanceScore: Delta(millionths: .max))
    do throws(UnitRejection) {
      try writer.append(unit, into: &file)
      Issue.record("it was taken")
    } catch {
      #expect(error.field == .importanceScore)
    }
    #expect(writer.count == 0)
  }
}
