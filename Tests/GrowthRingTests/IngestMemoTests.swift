import Columnar
import GrowthRing
import StoreEngine
import Testing

/// Decoders remember what came often; what they make of a record must not depend on what they remember.
@Suite struct IngestMemoTests {
  /// Metadata of which a few come often, in and out of order, of lengths around those that are remembered.
  private static func metadata(_ random: inout Seeded) -> String {
    let isFrequent = Int.random(in: 0..<4, using: &random) > 0
    let number = isFrequent ? Int.random(in: 0..<9, using: &random) : Int.random(in: 0..<3000, using: &random)
    let filler = String(repeating: "x", count: [0, 1, 200, 226, 227, 228, 229, 400][number % 8])
    return switch number % 5 {
    case 0: #"{"a":\#(number),"f":"\#(filler)"}"#
    case 1: #"{"f":"\#(filler)","a":\#(number)}"#
    case 2: #"{ "f" : "\#(filler)\u0041", "a" : [\#(number), {"z":1,"y":2}] }"#
    case 3: #"{"a":}"#
    default: "{}"
    }
  }

  @Test(arguments: 1...8) func frequentMetadataAreReadAsIfAlone(seed: UInt64) {
    var random = Seeded(state: seed)
    let lines = (0..<1500).map { _ in
      let metadata = #""metadata":\#(Self.metadata(&random))"#
      let source = #""source":"\#(String(repeating: "s", count: Int.random(in: 0..<40, using: &random)))""#
      let end = ["", "\r", " \r"].randomElement(using: &random)!
      return line("," + (Bool.random(using: &random) ? "\(source),\(metadata)" : "\(metadata),\(source)")) + end
    }
    let alone = lines.map { decodeNDJSON($0) }
    #expect(alone.contains { !$0.rejected.isEmpty } && alone.contains { !$0.events.isEmpty })
    let bytes = Array(lines.joined(separator: "\n").utf8)
    for (length, limit) in [(bytes.count, 2000), (bytes.count, 100), (7001, 333)] {
      let chunks = stride(from: 0, to: bytes.count, by: length).map {
        Array(bytes[$0..<min($0 + length, bytes.count)])
      }
      let all = decodeNDJSON(chunks, limit: limit)
      #expect(all.events == alone.flatMap(\.events))
      #expect(all.rejected.map(\.rejection.reason) == alone.flatMap(\.rejected).map(\.rejection.reason))
    }
  }

  @Test func derivedIDsSeeRememberedMetadata() {
    var options = IngestOptions()
    options.deriveEventIDs = true
    var random = Seeded(state: 3)
    let lines = (0..<400).map { line(#","metadata":{"b":\#($0 % 3),"a":\#(Int.random(in: 0..<9, using: &random))}"#) }
    let whole = decodeNDJSON([Array(lines.joined(separator: "\n").utf8)], options)
    // Ids follow from the text alone, so each distinct line has one, and its repetitions others.
    #expect(Set(whole.events.map(\.eventID)).count == 400)
    let canonical = lines.map { $0.replacing(#/\{"b":(.),"a":(.)\}/#) { "{\"a\":\($0.2),\"b\":\($0.1)}" } }
    #expect(decodeNDJSON([Array(canonical.joined(separator: "\n").utf8)], options) == whole)
  }

  @Test(arguments: 1...4) func rowsWithFrequentMetadataAreReadAsIfAlone(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let header = "user_id,entity_id,entity_type,dim_key,delta,created_at,metadata\n"
    let rows = (0..<600).map { _ in
      let text = Self.metadata(&random)
      let cell = "\"" + text.replacing("\"", with: "\"\"") + "\""
      return "u,e,t,d,1,2024-01-01,\(cell)"
    }
    var alone: [Decoded] = []
    for row in rows { alone.append(try decodeCSV(header + row)) }
    let all = try decodeCSV([Array((header + rows.joined(separator: "\n")).utf8)], limit: 250)
    #expect(all.events == alone.flatMap(\.events))
    #expect(all.rejected.map(\.rejection.reason) == alone.flatMap(\.rejected).map(\.rejection.reason))
  }

  @Test func numbersAreReadAsDecimalsAre() {
    var random = Seeded(state: 11)
    func digits(_ most: Int) -> String {
      (0..<Int.random(in: 0...most, using: &random)).map { _ in
        String("0123456789".randomElement(using: &random)!)
      }.joined()
    }
    for _ in 0..<4000 {
      let sign = ["", "-", "+"].randomElement(using: &random)!
      let fraction = ["", "." + digits(8)].randomElement(using: &random)!
      let exponent = ["", "", "e2", "E-1", "e"].randomElement(using: &random)!
      let text = sign + digits(14) + fraction + exponent
      let decoded = decodeNDJSON(line(delta: text))
      // The grammar of JSON, written another way than in the parser.
      let isNumber = text.wholeMatch(of: #/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/#) != nil
      if isNumber, case .success(let value) = DecimalText.parse(Array(text.utf8)) {
        #expect(decoded.events.map(\.delta.millionths) == [value], "\(text)")
      } else {
        #expect(decoded.events.isEmpty && decoded.rejected.count == 1, "\(text)")
      }
    }
  }

  @Test func datesThatAreRememberedChangeNothing() {
    var random = Seeded(state: 12)
    var memo = Timestamp.DateMemo()
    for _ in 0..<20_000 {
      var text = Array("202\(Int.random(in: 3...4, using: &random))-02-2\(Int.random(in: 7...9, using: &random))".utf8)
      let clocks = ["T23:59:59.999999Z", " 00:00:00.000000Z", "T12:34:56.789012Z", "T24:00:00.000000Z", "T10:20:30Z"]
      text += Array(clocks.randomElement(using: &random)!.utf8)
      if Bool.random(using: &random) {
        text[Int.random(in: 0..<text.count, using: &random)] = UInt8.random(in: 0x20...0x7F, using: &random)
      }
      let found = unsafe text.withUnsafeBytes { unsafe Timestamp.parse($0, date: &memo) }
      #expect(found == Timestamp.parse(text), "\(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test(arguments: ["1970-01-01", "\0\0\0\0\0\0\0\0\0\0", "0000-00-00"]) func dateBeforeAnyIsRemembered(date: String) {
    let text = Array("\(date)T00:00:01.000000Z".utf8)
    var memo = Timestamp.DateMemo()
    let found = unsafe text.withUnsafeBytes { unsafe Timestamp.parse($0, date: &memo) }
    #expect(found == Timestamp.parse(text))
  }

  @Test func uuidsAreCodedLikeTheirBytes() {
    var random = Seeded(state: 13)
    var single = ByteStringDictionary()
    var blocks = ByteStringDictionary()
    for length in [1, 16, 17, 18] {
      let text = [UInt8](repeating: 1, count: length)
      #expect(single.intern(text) == blocks.intern(text))
    }
    for _ in 0..<60 {
      let keys = (0..<ByteStringDictionary.blockLength).map { _ in
        TaggedKey(
          tag: UInt8.random(in: 1...2, using: &random), high: UInt64.random(in: 0..<30, using: &random) << 40,
          low: UInt64.random(in: 0..<30, using: &random))
      }
      let expected = keys.map { key in
        var writer = ByteWriter(capacity: TaggedKey.length)
        writer.append(key.tag)
        writer.append(key.high.bigEndian)
        writer.append(key.low.bigEndian)
        return single.intern(writer.bytes)
      }
      var codes = [UInt32](repeating: 0, count: keys.count)
      unsafe keys.withUnsafeBufferPointer { keys in
        unsafe codes.withUnsafeMutableBufferPointer { unsafe blocks.intern(keys, codes: $0) }
      }
      #expect(codes == expected)
    }
    #expect(blocks.arena == single.arena && blocks.ends == single.ends)
  }
}
