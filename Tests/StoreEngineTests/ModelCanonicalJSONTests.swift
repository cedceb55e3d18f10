import StoreEngine
import Testing

struct CanonicalJSONTests {
  private func canonical(_ text: String) -> Result<String, EventRejection.Reason> {
    do throws(EventRejection.Reason) { return .success(try CanonicalJSON.canonicalize(text)) } catch {
      return .failure(error)
    }
  }

  @Test func objectsHaveOneSpelling() {
    let table: [(String, String)] = [
      ("{}", "{}"), (" { } ", "{}"), (#"{"a":1}"#, #"{"a":1}"#),
      (#"{ "b" : 2 , "a" : [ 1 , 2 ] }"#, #"{"a":[1,2],"b":2}"#),
      (#"{"version":"1.0","tags":["x","y"]}"#, #"{"tags":["x","y"],"version":"1.0"}"#),
      (#"{"z":{"y":1,"x":{"b":null,"a":true}},"a":[]}"#, #"{"a":[],"z":{"x":{"a":true,"b":null},"y":1}}"#),
      (#"{"n":[1,1.0,1e2,-0,0.5E-7]}"#, #"{"n":[1,1.0,1e2,-0,0.5E-7]}"#),
      (#"{"s":"\/\u0041\u00e9\u20AC\ud83d\ude00"}"#, "{\"s\":\"/Aé€😀\"}"),
      (#"{"s":"\"\\\b\f\n\r\t\u0001\u001f\u0000\u000a"}"#, #"{"s":"\"\\\b\f\n\r\t\u0001\u001f\u0000\n"}"#),
      (#"{"é":1,"z":2}"#, #"{"z":2,"é":1}"#),
      (#"{"ab":1,"a":2,"abcdefghi":3,"abcdefgh":4}"#, #"{"a":2,"ab":1,"abcdefgh":4,"abcdefghi":3}"#),
      (#"{"a\"":1,"a!":2}"#, #"{"a!":2,"a\"":1}"#), (#"{"\u007a":1,"a":2}"#, #"{"a":2,"z":1}"#),
      (#"{"\n":1,"\u0001":2,"\"":3," ":4}"#, #"{"\u0001":2,"\n":1," ":4,"\"":3}"#),
    ]
    for (text, expected) in table {
      #expect(canonical(text) == .success(expected), "\(text)")
      #expect(canonical(expected) == .success(expected))
    }
  }

  @Test func errorsAreNamed() {
    let table: [(String, EventRejection.Reason)] = [
      ("", .malformed), ("[]", .malformed), ("1", .malformed), ("{", .malformed), ("{}x", .malformed),
      (#"{"a":1,}"#, .malformed), (#"{a:1}"#, .malformed), (#"{"a" 1}"#, .malformed), (#"{"a":}"#, .malformed),
      (#"{"a":01}"#, .malformed), (#"{"a":+1}"#, .malformed), (#"{"a":.5}"#, .malformed), (#"{"a":5.}"#, .malformed),
      (#"{"a":NaN}"#, .malformed), (#"{"a":tru}"#, .malformed), (#"{"a":"x}"#, .malformed),
      (#"{"a":"\x"}"#, .malformed),
      (#"{"a":"\u12g4"}"#, .malformed), ("{\"a\":\"\n\"}", .malformed), ("{\"a\":\"\0\"}", .nulByte),
      (#"{"a":"\ud800"}"#, .invalidUTF8), (#"{"a":"\udc00"}"#, .invalidUTF8), (#"{"a":"\ud800\u0041"}"#, .invalidUTF8),
      (#"{"a":1,"a":2}"#, .duplicateKey), (#"{"b":1,"a":1,"b":2}"#, .duplicateKey),
      (#"{"a":1,"\u0061":2}"#, .duplicateKey),
      (#"{"x":{"a":1,"b":2,"a":3}}"#, .duplicateKey),
    ]
    for (text, reason) in table { #expect(canonical(text) == .failure(reason), "\(text)") }
  }

  @Test func nestingHasALimit() {
    func nested(_ depth: Int) -> String {
      String(repeating: "{\"a\":[", count: depth / 2) + String(repeating: "]}", count: depth / 2)
    }
    #expect(canonical(nested(64)) == .success(nested(64)))
    #expect(canonical(nested(66)) == .failure(.tooDeep))
    #expect(canonical(nested(1_000_000)) == .failure(.tooDeep))
  }

  @Test func manyMembersAreSorted() {
    let keys = (0..<1000).map { "k\(($0 * 7919) % 1000)" }
    let text = "{" + keys.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ", ") + "}"
    let sorted = keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    #expect(canonical(text) == .success("{" + sorted.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",") + "}"))
    #expect(
      canonical("{" + (keys + ["k5"]).map { "\"\($0)\":1" }.joined(separator: ",") + "}") == .failure(.duplicateKey))
  }

  @Test func illFormedUTF8IsAnError() {
    let wrong: [[UInt8]] = [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
    ]
    for bytes in wrong {
      let text = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
      #expect(throws: EventRejection.Reason.invalidUTF8) { try CanonicalJSON.bytes(of: text) }
    }
  }
}

struct EventBatchRowTests {
  private var event: GrowthEvent {
    GrowthEvent(
      eventID: EventID("018cc251-f400-7000-8000-000000000abc"), user: "018cc251-f400-7000-8000-0000000000AB",
      entity: "möbius", entityType: "concept", dimension: "know_self", delta: Delta("0.375")!, source: "journal",
      scope: "org/project", createdAt: Timestamp("2026-11-01T12:00:00Z")!, metadata: #"{ "b": 1, "a": 2 }"#)
  }

  @Test func eventsComeBack() throws {
    var batch = EventBatch()
    try batch.append(event)
    var expected = event
    expected.metadata = #"{"a":2,"b":1}"#
    #expect(batch[0] == expected)
    var other = EventBatch()
    other.append(row: 0, of: batch)
    #expect(other.event(at: 0) == expected)
    var anonymous = event
    anonymous.eventID = nil
    try batch.append(anonymous)
    #expect(batch[1].eventID == nil && batch.eventIDHigh[1] == 0)
  }

  @Test func limitsAreKept() {
    func reason(_ change: (inout GrowthEvent) -> Void) -> EventRejection? {
      var changed = event
      change(&changed)
      var batch = EventBatch()
      do throws(EventRejection) { try batch.append(changed) } catch { return error }
      return nil
    }
    let long = String(repeating: "x", count: 256)
    #expect(reason { $0.user = "" }?.reason == .empty)
    #expect(reason { $0.entity = long }?.reason == .tooLong)
    #expect(
      reason {
        $0.entity.removeLast()
        $0.entity += String(repeating: "x", count: 200)
      } == nil)
    #expect(reason { $0.source = "a\0b" } == EventRejection(row: 0, field: .source, reason: .nulByte))
    #expect(reason { $0.scope = "a//b" }?.reason == .malformed)
    #expect(reason { $0.scope = "/a" }?.reason == .malformed)
    #expect(reason { $0.scope = "a/" }?.reason == .malformed)
    #expect(reason { $0.scope = Array(repeating: "p", count: 16).joined(separator: "/") } == nil)
    #expect(reason { $0.scope = Array(repeating: "p", count: 17).joined(separator: "/") }?.reason == .malformed)
    #expect(reason { $0.metadata = "[]" }?.field == .metadata)
    #expect(reason { $0.eventID = EventID(high: 0, low: 0) }?.field == .eventID)
    #expect(reason { $0.metadata = "{\"a\":\"" + String(repeating: "x", count: 1 << 20) + "\"}" }?.reason == .tooLong)
  }
}
