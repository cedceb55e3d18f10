import Columnar
import GrowthRing
import StoreEngine
import Testing

struct IngestNDJSONTests {
  @Test func everyFieldIsRead() {
    let result = decodeNDJSON(fullLine + "\n")
    #expect(result.events == [fullEvent])
    #expect(result.rejected.isEmpty)
    // Keys in another order, spaces, escaped keys and CRLF are the same event.
    let other =
      "{ \"metadata\" : {\"tags\": [\"tag_a\" , \"t\\u000a\"], \"version\":\"1.0\"} , \"scope\":\"org/\\u00e9\",\"source\":\"journal\","
      + "\"delta\" : \"-0.3750\", \"dim\\u005fkey\":\"self_know\",\t\"user_id\":\"u-1\",\"created_at\":1704096733123456,"
      + "\"entity_id\":\"018CC251-F400-7000-8000-000000000ABC\",\"entity_type\":\"concept\","
      + "\"event_id\":\"018CC251-f400-7000-8000-000000000ABC\"}\r\n"
    #expect(decodeNDJSON(other) == result)
  }

  /// Whoever wants all there is says so.
  @Test func withoutALimit() {
    var decoder = NDJSONDecoder()
    var batch = EventBatch()
    var rejected: [RejectedRecord] = []
    for count in 1...2 {
      decoder.feed(Array((line() + "\n").utf8))
      #expect(decoder.decode(into: &batch, limit: .max, rejected: &rejected) == .needsInput)
      #expect(batch.count == count)
    }
  }

  @Test func linesAreCounted() {
    let text = "\u{FEFF}" + line() + "\r\n\n  \n" + "nonsense\r\n" + line(delta: "\"x\"") + "\n" + line()
    let result = decodeNDJSON(text)
    #expect(result.events.count == 2)
    #expect(result.reasons == ["4 - malformed", "5 delta malformed"])
    #expect(result.rejected[0].raw == Array("nonsense".utf8))
    #expect(result.rejected.map(\.rejection.row) == [1, 2])
    #expect(decodeNDJSON("") == Decoded())
    #expect(decodeNDJSON("\n\r\n") == Decoded())
    #expect(decodeNDJSON("\u{FEFF}") == Decoded())
  }

  /// What counts is the value of a number, not how it is spelled.
  @Test func longDeltas() {
    for (text, value) in [
      ("100000000000000000000000e-20", "1000"), ("1.50000000000000000000000000", "1.5"),
      ("-0.0000000000000015e15", "-1.5"),
      ("0.000000e-99999999999999999999", "0"),
    ] {
      for spelled in [text, "\"\(text)\""] {
        let result = decodeNDJSON(line(delta: spelled) + "\n")
        #expect(result.events.map(\.delta.description) == [value], "\(spelled)")
      }
    }
  }

  @Test func faultsAreNamed() {
    let table: [(String, String)] = [
      ("{}", "user_id missing"), (line(user: "null"), "user_id missing"), (line(user: "\"\""), "user_id empty"),
      (line(user: "7"), "user_id malformed"), (line(user: "\"a\\u0000\""), "user_id nulByte"),
      (line(user: "\"a\0\""), "user_id nulByte"), (line(user: "\"a\tb\""), "user_id malformed"),
      (line(user: "\"\(String(repeating: "é", count: 128))\""), "user_id tooLong"),
      (line(user: "\"\\ud800\""), "user_id invalidUTF8"), (line(delta: "1.0000001"), "delta tooManyDigits"),
      (line(delta: "\"1.0000001\""), "delta tooManyDigits"), (line(delta: "NaN"), "delta malformed"),
      (line(delta: "01"), "- malformed"), (line(delta: "+1"), "delta malformed"),
      (line(delta: "1e30"), "delta outOfRange"), (line(delta: "100000000000000000000001e-20"), "delta tooManyDigits"),
      (line(delta: "true"), "delta malformed"), (line(delta: "null"), "delta missing"),
      (line(time: "\"2024-02-30\""), "created_at malformed"), (line(time: "1.5"), "created_at malformed"),
      (line(time: "99999999999999999999"), "created_at outOfRange"),
      (line(",\"event_id\":\"x\""), "event_id malformed"),
      (line(",\"event_id\":\"00000000-0000-0000-0000-000000000000\""), "event_id malformed"),
      (line(",\"user_id\":\"v\""), "user_id duplicateKey"),
      (line(",\"scope\":null,\"scope\":\"a\""), "scope duplicateKey"),
      (line(",\"scope\":\"a//b\""), "scope malformed"), (line(",\"metadata\":[]"), "metadata malformed"),
      (line(",\"metadata\":{\"a\":1,\"a\":2}"), "metadata duplicateKey"),
      (line(",\"metadata\":" + String(repeating: "{\"a\":", count: 100_000)), "metadata tooDeep"),
      (line(",\"extra\":1"), "- unknownField"), (line() + "x", "- malformed"), (line(",\"a\""), "- unknownField"),
    ]
    for (text, expected) in table {
      let result = decodeNDJSON(text + "\n" + line() + "\n")
      #expect(result.reasons == ["1 " + expected], "\(text.prefix(200))")
      #expect(result.events.count == 1)
    }
  }

  @Test func optionsAreKept() {
    var options = IngestOptions()
    options.ignoreUnknownFields = true
    options.timeUnit = .seconds
    let result = decodeNDJSON(line(",\"extra\":{\"a\":[1,{}]}", time: "1704067200"), options)
    #expect(result.events.first?.createdAt == Timestamp("2024-01-01"))
    #expect(decodeNDJSON(line(",\"extra\":{\"a\":[1,}"), options).reasons == ["1 - malformed"])
    options.deriveEventIDs = true
    let twice = decodeNDJSON(line() + "\n" + line() + "\n", options).events
    #expect(twice[0].eventID != nil && twice[0].eventID != twice[1].eventID)
    #expect(decodeNDJSON(line() + "\n" + line() + "\n", options).events == twice)
    let text = twice[0].eventID!.description
    #expect(Array(text)[14] == "8" && "89ab".contains(Array(text)[19]))
    #expect(decodeNDJSON(line()).events[0].eventID == nil)
  }

  @Test func everySplitGivesTheSame() {
    let text = "\u{FEFF}" + fullLine + "\r\n" + line() + "\n\nbad\n" + line(",\"metadata\":{\"b\":1,\"a\":\"é\"}")
    let bytes = Array(text.utf8)
    let whole = decodeNDJSON([bytes])
    #expect(whole.events.count == 3 && whole.reasons == ["4 - malformed"])
    for place in 0...bytes.count {
      #expect(decodeNDJSON([Array(bytes[..<place]), Array(bytes[place...])], limit: 2) == whole)
    }
    #expect(decodeNDJSON(bytes.map { [$0] }, limit: 1) == whole)
  }

  @Test func everyTruncationIsAnError() {
    let bytes = Array(fullLine.utf8)
    for length in 1..<bytes.count {
      let result = decodeNDJSON([Array(bytes[..<length]) + [UInt8(ascii: "\n")]])
      #expect(result.events.isEmpty && result.rejected.count == 1)
    }
  }

  @Test func flippedBytesNeverPassAsInvalidText() {
    let bytes = Array((fullLine + "\n" + line() + "\n").utf8)
    var random = Seeded(state: 1)
    for _ in 0..<5000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      var decoder = NDJSONDecoder()
      var batch = EventBatch()
      var rejected: [RejectedRecord] = []
      decoder.feed(damaged)
      decoder.finish()
      _ = decoder.decode(into: &batch, limit: 100, rejected: &rejected)
      for row in 0..<batch.count {
        let event = batch.event(at: row)
        #expect(!event.user.isEmpty && !event.entity.isEmpty)
        let texts = [batch.users, batch.entities, batch.dimensions, batch.sources, batch.scopes, batch.metadatas]
        for dictionary in texts {
          for code in 0..<UInt32(dictionary.count) {
            let bytes = dictionary.bytes(code)
            let isUUID = bytes.count == 17 && (bytes[0] == 1 || bytes[0] == 2)
            #expect(isUUID || String(validating: bytes, as: UTF8.self) != nil)
          }
        }
      }
    }
  }

  @Test func longLinesAreSkippedNotHeld() {
    var options = IngestOptions()
    options.longestRecord = 1 << 20
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    let chunks =
      [Array("{\"user_id\":\"".utf8)] + Array(repeating: piece, count: 100) + [Array(("\"}\n" + line()).utf8)]
    let result = decodeNDJSON(chunks, options)
    #expect(result.events.count == 1)
    #expect(result.reasons == ["1 - tooLong"])
    #expect(result.rejected[0].raw.count == options.longestQuarantine && result.rejected[0].isTruncated)
    // The same line within one chunk.
    #expect(
      decodeNDJSON([chunks.dropLast().prefix(4).flatMap { $0 } + chunks[101]], options).reasons == ["1 - tooLong"])
  }
}
