import Columnar

/// A text column of one row group of units: its distinct strings, and a code for each row.
struct UnitTextColumn: Sendable {
  private let strings: [[UInt8]]
  private let codes: [Int64]

  /// `asTemplates` splits JSON texts into templates and values.
  static func encode(_ values: [[UInt8]], asTemplates: Bool = false, into writer: inout ByteWriter) {
    var dictionary = ByteStringDictionary()
    let codes = values.map { Int64(dictionary.intern($0)) }
    let all = [UInt32](0..<UInt32(dictionary.count))
    if asTemplates {
      var shredder = MetadataShredder()
      for code in all { shredder.append(code, of: dictionary) }
      shredder.finish(into: &writer)
    } else {
      _ = TextPage.encode(dictionary, all[...], into: &writer)
    }
    IntegerPage.encode(codes, extended: true, into: &writer)
  }

  /// Of rows that are in memory already.
  init(_ values: [[UInt8]]) {
    strings = values
    codes = Array(0..<Int64(values.count))
  }

  init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
    let start = reader.offset
    let texts = try TextPage.decode(&reader, limit: count)
    var arena: [UInt8] = []
    var ends: [Int] = []
    texts.appendAll(to: &arena, ends: &ends)
    var from = 0
    var strings: [[UInt8]] = []
    strings.reserveCapacity(ends.count)
    for end in ends {
      strings.append(Array(arena[from..<end]))
      from = end
    }
    self.strings = strings
    codes = try IntegerPage.decode(&reader, count: count)
    guard codes.allSatisfy({ $0 >= 0 && $0 < Int64(strings.count) }) else {
      throw FormatError(offset: start, "a code outside of its dictionary")
    }
  }

  /// What `body` makes of every row; it is asked once for each distinct string.
  func mapped<R>(_ body: ([UInt8]) -> R) -> [R] {
    let ofString = strings.map(body)
    return codes.map { ofString[Int($0)] }
  }

  subscript(row: Int) -> [UInt8] { strings[Int(codes[row])] }
}
