import Columnar

/// A text column of one row group of units: its distinct strings, and a code for each row.
struct UnitTextColumn: Sendable {
  private enum Strings: Sendable {
    /// All of them.
    case made([[UInt8]])
    /// Made when they are asked for.
    case texts(TextStrings)
    /// The same, and only a few of them will be.
    case templates(TemplateView)
  }

  private let strings: Strings
  private let codes: [Int64]
  /// So few are made at once, since many rows share them.
  private static let few = 64

  static func encode(_ values: [[UInt8]], into writer: inout ByteWriter) {
    var dictionary = ByteStringDictionary()
    let codes = values.map { Int64(dictionary.intern($0)) }
    _ = TextPage.encode(dictionary, [UInt32](0..<UInt32(dictionary.count))[...], into: &writer)
    IntegerPage.encode(codes, extended: true, into: &writer)
  }

  /// JSON texts, split into templates and values, which go to the filter too.
  static func encode(metadata values: [[UInt8]], _ filter: inout MetadataFilterBuilder, into writer: inout ByteWriter) {
    var dictionary = ByteStringDictionary()
    let codes = values.map { Int64(dictionary.intern($0)) }
    var shredder = MetadataShredder()
    for code in 0..<UInt32(dictionary.count) { shredder.append(code, of: dictionary) }
    filter.add(shredder)
    shredder.finish(into: &writer)
    IntegerPage.encode(codes, extended: true, into: &writer)
  }

  /// Of rows that are in memory already.
  init(_ values: [[UInt8]]) {
    strings = .made(values)
    codes = Array(0..<Int64(values.count))
  }

  /// `isForFew` is for looking at a few rows: then templates are put together for these alone, and are asked for with `text`.
  init(_ reader: inout ByteReader, count: Int, isForFew: Bool = false) throws(FormatError) {
    let start = reader.offset
    let page: TextPageView =
      isForFew ? try TextPageView(&reader, limit: count) : .strings(try TextPage.decode(&reader, limit: count))
    codes = try IntegerPage.decode(&reader, count: count)
    guard codes.allSatisfy({ $0 >= 0 && $0 < Int64(page.count) }) else {
      throw FormatError(offset: start, "a code outside of its dictionary")
    }
    switch page {
    case .templates(let view): strings = .templates(view)
    case .strings(.templates(let texts)): strings = .made(Self.made(.templates(texts)))
    case .strings(let texts): strings = texts.count <= Self.few ? .made(Self.made(texts)) : .texts(texts)
    }
  }

  private static func made(_ texts: TextStrings) -> [[UInt8]] {
    var arena: [UInt8] = []
    var ends: [Int] = []
    texts.appendAll(to: &arena, ends: &ends)
    var from = 0
    return ends.map { end in
      defer { from = end }
      return Array(arena[from..<end])
    }
  }

  /// What `body` makes of every row; it is asked once for each distinct string.
  func mapped<R>(_ body: ([UInt8]) -> R) -> [R] {
    if case .made(let strings) = strings {
      let ofString = strings.map(body)
      return codes.map { ofString[Int($0)] }
    }
    var ofCode: [Int64: R] = [:]
    return codes.indices.map { row in
      if let known = ofCode[codes[row]] { return known }
      let value = body(self[row])
      ofCode[codes[row]] = value
      return value
    }
  }

  subscript(row: Int) -> [UInt8] { (try? text(row)) ?? [] }

  /// Throws for templates only, and only where the column was made for few rows.
  func text(_ row: Int) throws(FormatError) -> [UInt8] {
    let code = Int(codes[row])
    switch strings {
    case .made(let strings): return strings[code]
    case .texts(let texts): return texts[code].array
    case .templates(let view):
      var scratch = TemplateView.Scratch()
      try view.write(code, to: &scratch)
      return scratch.text
    }
  }
}
