import Columnar
import StorageIO
import Testing

@testable import StoreEngine

/// Columns that others tell, and metadata as templates.
@Suite struct SegmentShapeTests {
  @Test(arguments: [70, 4_500, 20_000], Codec.allCases) func rowsComeBack(count: Int, codec: Codec) throws {
    let batch = shapedBatch(count, seed: UInt64(count))
    let segment = try segment(batch, codec: codec)
    let rows = batch.values.sorted()
    #expect(try allRows(segment) == rows)
    try segment.verify(hashSeed: fixtureSeed)
    let group = try segment.rowGroup(0)
    if count > 4_000 {
      #expect(group.header.text(.metadata).model?.column == .source)
      #expect(group.header.deltaModel?.column == .source)
    }
    // One row at a time, in no order, by a reader that has read nothing before.
    let fresh = try segment.rowGroup(0)
    for row in stride(from: count - 1, to: 0, by: -37) {
      let metadata = try fresh.string(.metadata, try fresh.code(.metadata, row: row)).array
      #expect(String(decoding: metadata, as: UTF8.self) == rows[row].metadata)
      #expect(try fresh.string(.entity, try fresh.code(.entity, row: row)).array == rows[row].entity)
    }
    #expect(try fresh.delta(0..<count) == rows.map(\.delta))
    let dump = try segment.describe().map(\.description).joined(separator: "\n")
    for word in ["conditioned", "templates of", "/tags/*", "UUIDs", "frequent values by", "of source"] {
      #expect(dump.contains(word), "\(word)")
    }
  }

  @Test func aRowGroupOfManyPages() throws {
    let batch = shapedBatch(70_000, seed: 9)
    let segment = try segment(batch)
    #expect(segment.rowGroupCount == 2)
    #expect(try allRows(segment) == batch.values.sorted())
  }

  /// Shapes cost less than texts.
  @Test func shapesPay() throws {
    let segment = try segment(shapedBatch(20_000, seed: 3))
    let sizes = Dictionary(uniqueKeysWithValues: segment.sizes.map { ($0.name, $0.bytes) })
    #expect((sizes["metadata"] ?? .max) < 20_000 * 5 / 2)
    #expect((sizes["delta"] ?? .max) < 20_000 * 3 / 4)
  }

  // MARK: Any text

  private func shredded(_ texts: [String]) throws {
    var dictionary = ByteStringDictionary()
    let codes = texts.map { dictionary.intern($0) }
    var shredder = MetadataShredder()
    for code in codes { shredder.append(code, of: dictionary) }
    #expect(shredder.count == texts.count)
    var writer = ByteWriter()
    shredder.finish(into: &writer)
    #expect(shredder.count == 0)
    var reader = ByteReader(Bytes(writer.bytes))
    let page = try TextPage.decode(&reader, limit: texts.count)
    #expect(reader.remaining == 0)
    for (index, text) in texts.enumerated() {
      #expect(String(decoding: page[index].array, as: UTF8.self) == text)
    }
  }

  static let texts: [String] = [
    "", "{}", "[]", "{\"a\":1}", "{\"a\":\"1\"}", "{\"a\":\"\"}", "{\"a\":null,\"b\":true,\"c\":false}", "{\"a\":-0}",
    "{\"a\":-1}", "{\"a\":01}", "{\"a\":1.0}", "{\"a\":1e0}", "{\"a\":12345678901234567890.123}",
    "{\"a\":999999999999999999}", "{\"a\":-999999999999999999}", "{\"a\":\"q\\\"uote\"}", "{\"a\":\"back\\\\\"}",
    "{\"a\":\"\\u0001\"}", "{\"k\\\"ey\":\"v\"}", "{\"*\":{\"~\":1,\"/\":2},\"b\":[1,[2,\"x\",{}],[]]}",
    "{\"a\":{\"b\":{\"c\":[{\"d\":1},{\"d\":2},{\"d\":[3]}]}}}", "{\"ä\":\"ü😀\"}",
    // No JSON at all: nothing but the size depends on it.
    "{", "}", "]", ",", ":", "\"", "\"open", "{\"a\":", "{\"a\":\"\\", "[1,2", "plain words", "1", "\"s\"", "a\u{1}b",
    "\u{1}",
    "{\"a\":\"\u{1}\"}", "{}{}", "{\"a\":1}{\"b\":2}", "nul", "{\"a\" : 1}", "[[[[[[[[",
    String(repeating: "[1,", count: 200),
  ]

  /// Shapes that begin alike and part at any place, one after the other in any order.
  @Test(arguments: 0..<6) func shapesThatBeginAlike(seed: Int) throws {
    var generator = EventGenerator(seed: UInt64(60 + seed))
    let values = [
      "1", "\"\"", "\"x\"", "\"q\\\"uote\"", "null", "[]", "[1]", "[\"t\"]", "[\"t\",\"u\",7]", "{}", "{\"d\":1}",
    ]
    var texts: Set<String> = []
    while texts.count < 900 {
      var members: [String] = []
      for key in ["a", "ab", "b", "c"] where generator.number(4) > 0 {
        let value = generator.number(3) == 0 ? "\"v\(generator.number(50))\"" : values[generator.number(values.count)]
        members.append("\"\(key)\":\(value)")
      }
      // Some are cut off, and are no JSON.
      let text = "{\(members.joined(separator: ","))}"
      texts.insert(generator.number(9) == 0 ? String(text.dropLast(1 + generator.number(3))) : text)
    }
    try shredded(texts.sorted())
    var shuffled = texts.sorted()
    for index in shuffled.indices { shuffled.swapAt(index, generator.number(shuffled.count)) }
    try shredded(shuffled)
  }

  @Test func anyTextComesBack() throws {
    try shredded(Self.texts)
    try shredded(Self.texts.reversed())
    for text in Self.texts { try shredded([text]) }
    // Each text behind each other, as the template of the one before is tried first.
    for first in Self.texts { for second in Self.texts where first != second { try shredded([first, second]) } }
  }

  @Test func manyTemplatesAndManyValues() throws {
    try shredded((0..<600).map { "{\"key \($0)\":\($0)}" })
    try shredded([1, 63, 64, 65, 500].map { "{\"a\":[" + (0..<$0).map(String.init).joined(separator: ",") + "]}" })
    try shredded((0..<300).map { "{\"a\":\"\(String(repeating: "x", count: $0 * 20))\"}" })
  }

  @Test func randomDamageToTexts() throws {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<500 {
      var texts: [String] = []
      for _ in 0..<4 {
        var bytes = Array(Self.texts[Int(random.next() % UInt64(Self.texts.count))].utf8)
        let marks = Array("{}[]\",:\\1a".utf8)
        for _ in 0..<random.next() % 3 where !bytes.isEmpty {
          bytes[Int(random.next() % UInt64(bytes.count))] = marks[Int(random.next() % UInt64(marks.count))]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if !texts.contains(text) { texts.append(text) }
      }
      try shredded(texts)
    }
  }
}
