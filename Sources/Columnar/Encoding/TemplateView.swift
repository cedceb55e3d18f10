/// Single strings of a page of templates, without putting the others together. See `TemplatePage`.
///
/// Which values are a string's follows from the templates of all strings before it. So every few strings it is noted how
/// many values of each column came before; from there on they are counted. Pages stay as they lie in the file.
package final class TemplateView: Sendable {
  /// The values of one path.
  private final class Column: Sendable {
    /// The distinct texts end to end, and where each ends; nil where values are numbers.
    let texts: Bytes
    let ends: [UInt32]?
    /// The numbers, or those of the texts.
    let values: IntegerPageView

    init(texts: DictionaryPage.Strings?, values: IntegerPageView) {
      self.texts = texts?.bytes ?? values.bytes
      ends = texts?.ends
      self.values = values
    }
  }

  /// Where a literal lies in the page.
  private struct Literal: Sendable {
    let start: Int
    let length: Int
  }

  package let count: Int
  /// Of the holes of all templates the columns, and of every template where its holes begin, and at last the end.
  private let holes: [Int]
  private let firstHoles: [Int]
  /// Of all templates; one more than holes.
  private let literals: [Literal]
  private let page: Bytes
  /// Of every string its template.
  private let numbers: IntegerPageView
  private let columns: [Column]
  /// For every `step` strings, how many values of each column come before them.
  private let ranks: [UInt32]

  private static let step = 8

  /// Reads a page behind its form.
  package init(_ reader: inout ByteReader, limit: Int) throws(FormatError) {
    let start = reader.offset
    count = try reader.readCount("number of strings", limit: limit)
    // A path and a template take at least a byte each, so the page itself bounds their number.
    let columnCount = try reader.readCount("columns", limit: reader.remaining)
    for _ in 0..<columnCount { _ = try reader.readString("path", limit: TemplatePage.longestPath) }
    let templateCount = try reader.readCount("templates", limit: reader.remaining)
    var holes: [Int] = []
    var firstHoles = [0]
    var literals: [Literal] = []
    for _ in 0..<templateCount {
      try Self.readTemplate(&reader, columnCount, &holes, &literals)
      firstHoles.append(holes.count)
    }
    let numbersStart = reader
    let decoded = try IntegerPage.decode(&reader, count: count)
    var ofNumbers = numbersStart
    numbers = try IntegerPageView(&ofNumbers, count: count)
    var ranks: [UInt32] = []
    ranks.reserveCapacity((count + Self.step - 1) / Self.step * columnCount)
    var next = [UInt32](repeating: 0, count: columnCount)
    var total = 0
    for (index, number) in decoded.enumerated() {
      guard number >= 0, number < Int64(templateCount) else {
        throw FormatError(offset: start, "template \(number) of \(templateCount)")
      }
      if index % Self.step == 0 { ranks += next }
      let ofTemplate = firstHoles[Int(number)]..<firstHoles[Int(number) + 1]
      total += ofTemplate.count
      guard total <= TemplatePage.mostValues else {
        throw FormatError(offset: start, "more values than a page may hold")
      }
      for hole in ofTemplate { next[holes[hole]] += 1 }
    }
    var columns: [Column] = []
    columns.reserveCapacity(columnCount)
    for count in next { columns.append(try Self.readColumn(&reader, Int(count))) }
    self.holes = holes
    self.firstHoles = firstHoles
    self.literals = literals
    page = reader.bytes
    self.ranks = ranks
    self.columns = columns
  }

  private static func readTemplate(
    _ reader: inout ByteReader, _ columnCount: Int, _ holes: inout [Int], _ literals: inout [Literal]
  ) throws(FormatError) {
    let holeCount = try reader.readCount("holes", limit: reader.remaining)
    guard holeCount == 0 || columnCount > 0 else {
      throw FormatError(offset: reader.offset, "a template with holes for no column")
    }
    for _ in 0..<holeCount { holes.append(try reader.readCount("number of a column", limit: columnCount - 1)) }
    for _ in 0...holeCount {
      let length = try reader.readString("literal", limit: TemplatePage.largestLength).count
      literals.append(Literal(start: reader.offset - length, length: length))
    }
  }

  private static func readColumn(_ reader: inout ByteReader, _ count: Int) throws(FormatError) -> Column {
    let start = reader.offset
    switch try reader.read(UInt8.self, "kind of a column") {
    case TemplatePage.texts:
      let texts = try DictionaryPage.decode(&reader, limit: count)
      return Column(texts: texts, values: try IntegerPageView(&reader, count: count))
    case TemplatePage.integers:
      return Column(texts: nil, values: try IntegerPageView(&reader, count: count))
    case let kind:
      throw FormatError(offset: start, "kind \(kind) of a column")
    }
  }

  /// Bytes held beside those of the page.
  package var memory: Int {
    var bytes = 256 + numbers.memory + ranks.count * 4 + (holes.count + firstHoles.count) * 8 + literals.count * 16
    for column in columns { bytes += 160 + column.values.memory + (column.ends?.count ?? 0) * 4 }
    return bytes
  }

  /// Memory for putting strings together, used again.
  package struct Scratch: Sendable {
    /// The first `length` bytes are the text.
    private var buffer: [UInt8] = []
    private var length = 0
    fileprivate var next: [UInt32] = []
    private var digits: [UInt8] = []

    package init() {}

    package var text: [UInt8] { Array(buffer[..<length]) }

    package var string: String { String(decoding: buffer[..<length], as: UTF8.self) }

    fileprivate mutating func begin(_ ranks: ArraySlice<UInt32>) {
      next.removeAll(keepingCapacity: true)
      next.append(contentsOf: ranks)
      length = 0
    }

    /// Appends a range of bytes.
    @inline(__always)
    fileprivate mutating func append(_ bytes: Bytes, _ start: Int, _ count: Int) throws(FormatError) {
      precondition(start >= 0 && count >= 0 && start <= bytes.count - count, "range out of bounds")
      guard length + count <= TemplatePage.largestLength else { throw Self.tooLong }
      if length + count > buffer.count {
        buffer.append(contentsOf: repeatElement(0, count: max(256, length + count, buffer.count)))
      }
      let end = length
      unsafe buffer.withUnsafeMutableBytes { target in
        unsafe bytes.withUnsafeBytes { source in
          unsafe UnsafeMutableRawBufferPointer(rebasing: target[end...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
        }
      }
      length += count
    }

    fileprivate mutating func append(_ number: Int64) throws(FormatError) {
      var digits: [UInt8] = []
      swap(&digits, &self.digits)
      digits.removeAll(keepingCapacity: true)
      TemplatePage.append(number, to: &digits)
      try unsafe digits.withUnsafeBufferPointer { (source) throws(FormatError) in
        try append(unsafe Bytes(borrowing: UnsafeRawBufferPointer(source)), 0, source.count)
      }
      swap(&digits, &self.digits)
    }

    private static var tooLong: FormatError { FormatError(offset: 0, "more text than a page may hold") }
  }

  /// Puts string `index`, which is less than `count`, into `scratch.text`.
  package func write(_ index: Int, to scratch: inout Scratch) throws(FormatError) {
    precondition(index >= 0 && index < count, "string out of bounds")
    let block = index / Self.step
    scratch.begin(ranks[block * columns.count..<(block + 1) * columns.count])
    for earlier in block * Self.step..<index {
      let template = Int(numbers[earlier])
      for hole in firstHoles[template]..<firstHoles[template + 1] { scratch.next[holes[hole]] += 1 }
    }
    let template = Int(numbers[index])
    // Every template before has a literal more than holes.
    try append(firstHoles[template] + template, to: &scratch)
    for hole in firstHoles[template]..<firstHoles[template + 1] {
      let column = holes[hole]
      try append(Int(scratch.next[column]), of: columns[column], to: &scratch)
      scratch.next[column] += 1
      try append(hole + template + 1, to: &scratch)
    }
  }

  /// Appends a literal.
  @inline(__always)
  private func append(_ literal: Int, to scratch: inout Scratch) throws(FormatError) {
    try scratch.append(page, literals[literal].start, literals[literal].length)
  }

  @inline(__always)
  private func append(_ place: Int, of column: Column, to scratch: inout Scratch) throws(FormatError) {
    guard place < column.values.count else {
      throw FormatError(offset: 0, "value \(place) of \(column.values.count)")
    }
    let value = column.values[place]
    guard let ends = column.ends else { return try scratch.append(value) }
    guard value >= 0, value < Int64(ends.count) else {
      throw FormatError(offset: 0, "value \(value) of \(ends.count)")
    }
    let start = value == 0 ? 0 : Int(ends[Int(value) - 1])
    try scratch.append(column.texts, start, Int(ends[Int(value)]) - start)
  }
}
