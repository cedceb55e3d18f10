import Columnar
import GrowthRing
import StoreEngine
import Testing

/// Records are taken into a batch in blocks, of which nothing may be seen outside.
@Suite struct IngestBlockTests {
  private static let users = ["\"ada\"", "\"018cc251-f400-7000-8000-000000000abc\"", "\"b\\u00e9\"", "\"\"", "7"]
  private static let metadata = [
    "", #","metadata":null"#, #","metadata":{}"#, #","metadata":{"a":1,"b":[2,"c"]}"#, #","metadata":{"b":1,"a":2}"#,
    #","metadata":{"x":"\u0041\n"}"#, #","metadata":{ "b" : {"d":1,"c":2} }"#, #","metadata":{"a":}"#,
  ]

  private static func lines(_ seed: UInt64, count: Int) -> [String] {
    var random = Seeded(state: seed)
    // Runs of equal metadata, some longer than a block.
    var metadata = ""
    var left = 0
    return (0..<count).map { _ in
      if left == 0 {
        metadata = Self.metadata.randomElement(using: &random)!
        left = Int.random(in: 1...(Bool.random(using: &random) ? 3 : 50), using: &random)
      }
      left -= 1
      let isUsual = Int.random(in: 0..<4, using: &random) > 0
      let user = isUsual ? "\"u\(Int.random(in: 0..<40, using: &random))\"" : users.randomElement(using: &random)!
      let source = Bool.random(using: &random) ? #","source":"s\#(Int.random(in: 0..<9, using: &random))""# : ""
      return line(source + metadata, delta: "\(Int.random(in: 0..<3, using: &random))", user: user)
    }
  }

  private static func chunks(_ bytes: [UInt8], _ length: Int) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: length).map { Array(bytes[$0..<min($0 + length, bytes.count)]) }
  }

  @Test(arguments: 1...20) func linesAreReadAsIfAlone(seed: UInt64) {
    let lines = Self.lines(seed, count: 300)
    let alone = lines.map { decodeNDJSON($0) }
    let bytes = Array(lines.joined(separator: "\n").utf8)
    for (length, limit) in [(bytes.count, 1000), (bytes.count, 33), (977, 1000), (64, 7), (5000, 32)] {
      let all = decodeNDJSON(Self.chunks(bytes, length), limit: limit)
      #expect(all.events == alone.flatMap(\.events))
      #expect(all.rejected.map(\.raw) == alone.flatMap(\.rejected).map(\.raw))
      #expect(all.rejected.map(\.rejection.reason) == alone.flatMap(\.rejected).map(\.rejection.reason))
    }
  }

  @Test(arguments: 1...10) func derivedIDsDependOnRecordsAlone(seed: UInt64) {
    var options = IngestOptions()
    options.deriveEventIDs = true
    let bytes = Array(Self.lines(seed, count: 200).joined(separator: "\n").utf8)
    let whole = decodeNDJSON([bytes], options)
    for length in [97, 1000, 4099] {
      for limit in [5, 32, 1000] {
        #expect(decodeNDJSON(Self.chunks(bytes, length), options, limit: limit) == whole)
      }
    }
    // Metadata that are those of the line before count like others.
    let twice = decodeNDJSON(line(#","metadata":{"a":1}"#) + "\n" + line(#","metadata":{"a":1}"#), options).events
    let apart = decodeNDJSON(
      [line(#","metadata":{"a":1}"#), line(), line(#","metadata":{"a":1}"#)].joined(separator: "\n"), options
    ).events
    #expect(twice.map(\.eventID) == [apart[0].eventID, apart[2].eventID])
  }

  @Test(arguments: 1...10) func rowsAreReadAsIfAlone(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let header = "user_id,entity_id,entity_type,dim_key,delta,created_at,metadata\n"
    let cells = ["", "{}", #""{""b"":1,""a"":2}""#, #""{""a"":1}""#, "\"say \"\"hi\"\"\""]
    let rows = (0..<200).map { _ in
      let user = ["ada", "\"b\"\"c\"", "", "018cc251-f400-7000-8000-000000000abc"].randomElement(using: &random)!
      return
        "\(user),e\(Int.random(in: 0..<50, using: &random)),t,d,1,2024-01-01,\(cells.randomElement(using: &random)!)"
    }
    var alone: [Decoded] = []
    for row in rows { alone.append(try decodeCSV(header + row)) }
    let bytes = Array((header + rows.joined(separator: "\n")).utf8)
    for (length, limit) in [(bytes.count, 1000), (61, 1000), (977, 7), (bytes.count, 32)] {
      let all = try decodeCSV(Self.chunks(bytes, length), limit: limit)
      #expect(all.events == alone.flatMap(\.events))
      #expect(all.rejected.map(\.rejection.reason) == alone.flatMap(\.rejected).map(\.rejection.reason))
    }
  }

  @Test func blocksOfStringsAreCodedInOrder() {
    var random = Seeded(state: 5)
    let strings = (0..<3000).map { _ in
      [UInt8](
        repeating: UInt8.random(in: 0..<6, using: &random),
        count: [0, 1, 7, 8, 9, 16, 17, 100].randomElement(using: &random)!)
        + [UInt8.random(in: 0..<20, using: &random)]
    }
    var single = ByteStringDictionary()
    var blocks = ByteStringDictionary()
    let expected = strings.map { single.intern($0) }
    var found: [UInt32] = []
    for start in stride(from: 0, to: strings.count, by: 32) {
      let part = Array(strings[start..<min(start + 32, strings.count)])
      let joined = part.flatMap { $0 }
      var codes = [UInt32](repeating: 0, count: part.count)
      unsafe joined.withUnsafeBytes { bytes in
        var offset = 0
        let views = unsafe part.map { string in
          defer { offset += string.count }
          return unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + string.count])
        }
        unsafe views.withUnsafeBufferPointer { views in
          unsafe codes.withUnsafeMutableBufferPointer { unsafe blocks.intern(views, codes: $0) }
        }
      }
      found += codes
    }
    #expect(found == expected)
    #expect(blocks.arena == single.arena && blocks.ends == single.ends)
  }
}
