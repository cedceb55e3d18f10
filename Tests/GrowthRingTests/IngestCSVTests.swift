import GrowthRing
import StoreEngine
import Testing

private let header = "user_id,entity_id,entity_type,dim_key,delta,created_at"

struct IngestCSVTests {
  @Test func everyFieldIsRead() throws {
    let text =
      "metadata,scope,event_id,user_id,entity_id,entity_type,dim_key,delta,source,created_at\r\n"
      + "\"{\"\"version\"\": \"\"1.0\"\",\r\n \"\"tags\"\":[\"\"tag_a\"\",\"\"t\\n\"\"]}\",org/é,018cc251-f400-7000-8000-000000000abc,\"u-1\","
      + "018CC251-F400-7000-8000-000000000ABC,concept,self_know,-0.375,journal,2024-01-01 08:12:13.123456Z\r\n"
    let result = try decodeCSV(text)
    #expect(result.events == [fullEvent])
    #expect(result.reasons == [])
  }

  @Test func cellsFollowTheRFC() throws {
    let rows = "\u{FEFF}\(header)\n\"a,\"\"b\"\"\n\",e,t,d,1,2024-01-01\r\n\nx\"y,e,\"t\",d,\"2\",2024-01-01"
    let result = try decodeCSV(rows)
    #expect(result.events.map(\.user) == ["a,\"b\"\n", "x\"y"])
    #expect(try decodeCSV(rows.split(separator: ",").joined(separator: ";")).events.count == 2)
    let tabs = "user_id\tentity_id\tentity_type\tdim_key\tdelta\tcreated_at\nu\te\tt\td\t1\t2024-01-01\n"
    #expect(try decodeCSV(tabs).events.count == 1)
    #expect(try decodeCSV(header) == Decoded())
    #expect(try decodeCSV("") == Decoded())
  }

  /// What counts is the value of a number, not how it is spelled.
  @Test func longDeltas() throws {
    let result = try decodeCSV(
      "\(header)\nu,e,t,d,100000000000000000000000e-20,2024-01-01\nu,e,t,d,+1.50000000000000000000000000,2024-01-01\n")
    #expect(result.events.map(\.delta.description) == ["1000", "1.5"] && result.reasons == [])
  }

  @Test func faultsAreNamed() throws {
    let table: [(String, String)] = [
      (",e,t,d,1,2024-01-01", "user_id empty"), ("u,e,t,d,1", "- malformed"), ("u,e,t,d,1,2024-01-01,", "- malformed"),
      ("\"u\"x,e,t,d,1,2024-01-01", "- malformed"), ("u,e,t,d,1.0000001,2024-01-01", "delta tooManyDigits"),
      ("u\0,e,t,d,1,2024-01-01", "user_id nulByte"), ("u,e,t,d,1,20240101", "created_at malformed"),
      ("\(String(repeating: "x", count: 256)),e,t,d,1,2024-01-01", "user_id tooLong"),
    ]
    for (row, expected) in table {
      let result = try decodeCSV("\(header)\n\(row)\nu,e,t,d,1,2024-01-01\n")
      #expect(result.reasons == ["2 " + expected], "\(row)")
      #expect(result.events.count == 1)
    }
    let open = try decodeCSV("\(header)\nu,e,t,d,1,2024-01-01\n\"u,e\nt,d\n")
    #expect(open.events.count == 1 && open.reasons == ["3 - malformed"])
    let bytes = Array("\(header)\n".utf8) + [0x75, 0xFF] + Array(",e,t,d,1,2024-01-01\n".utf8)
    #expect(try decodeCSV([bytes]).reasons == ["2 user_id invalidUTF8"])
  }

  @Test func headersMustFit() {
    #expect(throws: CSVHeaderError.missingField(.delta)) {
      try decodeCSV("user_id,entity_id,entity_type,dim_key,created_at\n")
    }
    #expect(throws: CSVHeaderError.unknownColumn("x")) { try decodeCSV("\(header),x\n") }
    #expect(throws: CSVHeaderError.duplicateColumn("delta")) { try decodeCSV("\(header),delta\n") }
    #expect(throws: CSVHeaderError.missingColumn("b")) {
      try decodeCSV("a\n", CSVOptions(mapping: [ColumnMapping(.user, .column("b"))]))
    }
  }

  @Test func everySplitGivesTheSame() throws {
    let text =
      "\u{FEFF}\(header),metadata\r\n\"a\"\"\n\",e,t,d,1,2024-01-01,\"{\"\"b\"\":1,\n\"\"a\"\":2}\"\r\nbad,\"x\"y,\"\n\"\n\n"
      + "é,e,t,d,2,2024-01-01,"
    let bytes = Array(text.utf8)
    let whole = try decodeCSV([bytes])
    #expect(whole.events.count == 2)
    #expect(whole.reasons == ["5 - malformed"])
    for place in 0...bytes.count {
      #expect(try decodeCSV([Array(bytes[..<place]), Array(bytes[place...])], limit: 1) == whole, "\(place)")
    }
    #expect(try decodeCSV(bytes.map { [$0] }, limit: 1) == whole)
  }

  @Test func flippedBytesNeverCrash() throws {
    let text = "\(header),metadata\n\"a\"\"\n\",e,t,d,1,2024-01-01,\"{\"\"b\"\":1}\"\r\nu,e,t,d,1,2024-01-01,\n"
    let bytes = Array(text.utf8)
    var random = Seeded(state: 2)
    for _ in 0..<5000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: header.utf8.count..<damaged.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      let place = Int.random(in: 0...damaged.count, using: &random)
      if let whole = try? decodeCSV([damaged]) {
        #expect(try decodeCSV([Array(damaged[..<place]), Array(damaged[place...])]) == whole)
      }
    }
  }

  @Test func longRecordsAreSkipped() throws {
    var options = CSVOptions()
    options.ingest.longestRecord = 1 << 20
    let piece = [UInt8](repeating: UInt8(ascii: "\n"), count: 1 << 20)
    let chunks =
      [Array("\(header)\n\"".utf8)] + Array(repeating: piece, count: 20) + [Array("\",x\nu,e,t,d,1,2024-01-01\n1".utf8)]
    let result = try decodeCSV(chunks, options)
    #expect(result.events.count == 1)
    #expect(result.reasons == ["2 - tooLong", "\(20 * (1 << 20) + 4) - malformed"])
  }

  @Test func columnsAreMapped() throws {
    #expect(ColumnMapping("delta=price") == ColumnMapping(.delta, .column("price")))
    #expect(ColumnMapping("dim_key==act_world") == ColumnMapping(.dimension, .constant("act_world")))
    #expect(ColumnMapping("nothing=x") == nil && ColumnMapping("delta=") == nil && ColumnMapping("delta") == nil)
    var options = CSVOptions(
      mapping: ["user_id=who", "entity_id=what", "entity_type==thing", "dim_key==act", "delta==1", "created_at=when"]
        .compactMap { ColumnMapping($0) })
    options.timeFormat = try #require(TimeFormat("%d/%m/%Y %H:%M"))
    options.naiveOffset = 3600
    options.zoneColumn = "zone"
    let text =
      "who,what,when,zone,other\n ann ,x,1/2/2024 03:04,,o\nann,x,01/02/2024 03:04,,p\nbob,y,29/02/2024 00:00,+02:00,\n"
    let result = try decodeCSV(text, options)
    #expect(result.reasons == [])
    #expect(
      result.events.map(\.createdAt.description) == [
        "2024-02-01T02:04:00Z", "2024-02-01T02:04:00Z", "2024-02-28T22:00:00Z",
      ])
    #expect(Set(result.events.map(\.eventID)).count == 3 && !result.events.contains { $0.eventID == nil })
    #expect(try decodeCSV(text, options) == result)
    #expect(result.events[0].user == "ann" && result.events[0].dimension == "act")
    #expect(TimeFormat("%q") == nil && TimeFormat("%H:%M") == nil && TimeFormat("iso") == .iso)
  }
}
