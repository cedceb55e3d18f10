import Foundation
import Testing

@testable import GrowthRing

/// What rejected records say beyond the word of their fault.
struct RecordDiagnosisTests {
  private static let event =
    #"{"user_id":"a","entity_id":"b","entity_type":"c","dim_key":"d","delta":1,"created_at":"2026-01-02""#

  static let badLines: [(line: String, detail: String)] = [
    (event + #","colour":1}"#, #""colour""#),
    (event + #","DELTA":1}"#, #""DELTA" (did you mean "delta"?)"#),
    (event + #","sco\u0070e2":1}"#, #""scope2" (did you mean "scope"?)"#),
    ("[" + event + "},", "it begins an array; each line has to be one object, as jq -c '.[]' writes them"),
    ("  [", "it begins an array; each line has to be one object, as jq -c '.[]' writes them"),
    ("user_id,entity_id", "each line has to be one object, and this one begins with no {"),
    ("{", "the object does not end on its line"), (#"{"a"#, "the object does not end on its line"),
    (event, "the object does not end on its line"), (event + ",", "the object does not end on its line"),
    (event + "},", "something stands behind the object"), (event + "};", "something stands behind the object"),
    (event + "}" + event + "}", "something stands behind the object"),
    (event + "} // done", "something stands behind the object"),
    ("{a:1}", "it is no JSON"), (event + #" "source":"x"}"#, "it is no JSON"),
  ]

  @Test(arguments: badLines) func lines(line: String, detail: String) {
    let events = decodeNDJSON(line + "\n" + Self.event + "}\n")
    #expect(events.rejected.map(\.rejection.detail) == [detail])
    #expect(events.events.count == 1)
    var units = NDJSONUnitDecoder()
    var found: [MemoryUnit] = []
    var rejected: [RejectedUnit] = []
    units.feed(Array((line + "\n").utf8))
    units.finish()
    while units.decode(into: &found, limit: 10, rejected: &rejected) != .finished {}
    // Of units other keys are known; what is no object at all is none there either.
    if rejected.first?.rejection.reason == .malformed { #expect(rejected.map(\.rejection.detail) == [detail]) }
  }

  @Test func cutLinesAreNotJudgedByTheirEnd() {
    var options = IngestOptions()
    options.longestQuarantine = 20
    let found = decodeNDJSON(Self.event + "} x\n", options)
    #expect(found.rejected.map(\.isTruncated) == [true])
    #expect(found.rejected.map(\.rejection.detail) == [""])
  }

  /// Values at fault are shown, where they explain the fault.
  @Test(arguments: [
    ("2026-01-02\"", "2026-13-02\"", "\"2026-13-02\""), ("\"delta\":1", "\"delta\":1e-9", "1e-9"),
    ("\"delta\":1", "\"delta\":NaN", "NaN"), ("\"delta\":1", "\"delta\":[1, 2]", "[1, 2]"),
    ("\"delta\":1", "\"delta\":\"12345678901234567890\"", "\"12345678901234567890\""),
    ("\"delta\":1", "\"delta\":null", ""), ("\"a\"", "\"\"", ""), ("\"a\"", "{}", "{}"),
  ])
  func values(before: String, after: String, detail: String) {
    let line = (Self.event + "}").replacingOccurrences(of: before, with: after)
    #expect(decodeNDJSON(line + "\n").rejected.map(\.rejection.detail) == [detail])
  }

  @Test(arguments: [
    ("a,b,c,d,x,2026-01-02", #""x""#), (#""a","b","c","d","1""2",2026-01-02"#, #""1\"2""#), ("a,b,c,d,,2026-01-02", ""),
    ("a,b,c,d,1,02/01/2026", #""02/01/2026""#), ("a,b,c,d,0.1234567,2026-01-02", #""0.1234567""#),
    ("a,b,c,d,1," + String(repeating: "y", count: 90), "\"" + String(repeating: "y", count: 59) + "…"),
  ])
  func cells(record: String, detail: String) throws {
    let header = "user_id,entity_id,entity_type,dim_key,delta,created_at\n"
    #expect(try decodeCSV(header + record + "\r\n").rejected.map(\.rejection.detail) == [detail])
  }

  static let badRecords: [(record: String, detail: String)] = [
    ("a,b,c,d,1", "it has 5 cells and the header 6"), ("a,b,c,d,1,2026-01-02,", "it has 7 cells and the header 6"),
    (#"a,"b,""x,c""#, "it has 2 cells and the header 6"),
    (#"a,"b"c,c,d,1,2026-01-02"#, "behind the quote that closes a cell stands more of it"),
    (#"a,"b"",c,d,1,2026-01-02"#, "a quote is never closed, which makes one cell of all that follows it"),
    (#"a,b,c,d,1,""#, "a quote is never closed, which makes one cell of all that follows it"),
  ]

  @Test(arguments: badRecords) func records(record: String, detail: String) throws {
    for end in ["\n", "\r\n", ""] {
      let header = "user_id,entity_id,entity_type,dim_key,delta,created_at"
      let events = try decodeCSV(header + "\n" + record + end)
      #expect(events.rejected.map(\.rejection.detail) == [detail], "\(end.utf8.count)")
      var units = CSVUnitDecoder()
      var found: [MemoryUnit] = []
      var rejected: [RejectedUnit] = []
      units.feed(Array(("user_id,muid,title,content,status,created_at\n" + record + end).utf8))
      units.finish()
      while try units.decode(into: &found, limit: 10, rejected: &rejected) != .finished {}
      #expect(rejected.map(\.rejection.detail) == [detail])
    }
    let other = try decodeCSV("user_id;entity_id;entity_type;dim_key;delta;created_at\na;b\n")
    #expect(other.rejected.map(\.rejection.detail) == ["it has 2 cells and the header 6"])
  }
}
