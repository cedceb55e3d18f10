/// The strings of a page of templates, put together when they are asked for. See `TemplatePage`.
package final class TemplateStrings: Sendable {
  package let count: Int
  /// The paths of the columns.
  package let paths: [Bytes]
  package let templateCount: Int
  /// Literals and distinct values end to end; piece i ends where piece i + 1 begins.
  private let arena: [UInt8]
  private let pieces: [UInt32]
  /// Of every string its template.
  private let templates: [UInt32]
  /// Of every template the piece of its first literal; the others follow it.
  private let literals: [UInt32]
  /// Of every string where its values begin in `slots`, and at last the end.
  private let firstSlots: [UInt32]
  /// The pieces that fill the holes, string by string.
  private let slots: [UInt32]
  /// Of every column the pieces that are its values.
  private let values: [Range<Int>]
  private let lengths: [UInt32]

  /// Bytes behind the end of what is copied by words.
  private static let slack = 8

  /// What is put together while a page is read.
  private struct Pieces {
    var arena: [UInt8] = []
    var starts: [UInt32] = [0]

    mutating func append(_ bytes: Bytes) {
      unsafe bytes.withUnsafeBytes { unsafe arena.append(contentsOf: $0) }
      starts.append(UInt32(arena.count))
    }

    mutating func append(_ number: Int64) {
      TemplatePage.append(number, to: &arena)
      starts.append(UInt32(arena.count))
    }

    var count: Int { starts.count - 1 }

    func length(_ piece: UInt32) -> Int { Int(starts[Int(piece) + 1] - starts[Int(piece)]) }
  }

  /// Reads a page behind its form.
  init(_ reader: inout ByteReader, limit: Int) throws(FormatError) {
    let start = reader.offset
    count = try reader.readCount("number of strings", limit: limit)
    // A path and a template take at least a byte each, so the page itself bounds their number.
    let columnCount = try reader.readCount("columns", limit: reader.remaining)
    var paths: [Bytes] = []
    for _ in 0..<columnCount { paths.append(try reader.readString("path", limit: TemplatePage.longestPath)) }
    self.paths = paths
    templateCount = try reader.readCount("templates", limit: reader.remaining)
    var pieces = Pieces()
    var holes: [[Int]] = []
    var literals: [UInt32] = []
    var literalLengths: [Int] = []
    for _ in 0..<templateCount {
      let holeCount = try reader.readCount("holes", limit: reader.remaining)
      guard holeCount == 0 || columnCount > 0 else {
        throw FormatError(offset: reader.offset, "a template with holes for no column")
      }
      var columns: [Int] = []
      for _ in 0..<holeCount {
        columns.append(try reader.readCount("number of a column", limit: columnCount - 1))
      }
      literals.append(UInt32(pieces.count))
      var length = 0
      for _ in 0...holeCount {
        let literal = try reader.readString("literal", limit: TemplatePage.largestLength)
        length += literal.count
        pieces.append(literal)
      }
      holes.append(columns)
      literalLengths.append(length)
    }
    let numbers = try IntegerPage.decode(&reader, count: count)
    var uses = [Int](repeating: 0, count: templateCount)
    var total = 0
    var length = 0
    for number in numbers {
      guard number >= 0, number < Int64(templateCount) else {
        throw FormatError(offset: start, "template \(number) of \(templateCount)")
      }
      uses[Int(number)] += 1
      total += holes[Int(number)].count
      length += literalLengths[Int(number)]
      guard total <= TemplatePage.mostValues, length <= TemplatePage.largestLength else {
        throw FormatError(offset: start, "more values or text than a page may hold")
      }
    }
    var valueCounts = [Int](repeating: 0, count: columnCount)
    for (template, columns) in holes.enumerated() where uses[template] > 0 {
      for column in columns { valueCounts[column] += uses[template] }
    }
    var columns: [[UInt32]] = []
    var values: [Range<Int>] = []
    for count in valueCounts {
      let first = pieces.count
      columns.append(try Self.readColumn(&reader, count, &pieces))
      values.append(first..<pieces.count)
    }
    self.values = values

    var next = [Int](repeating: 0, count: columnCount)
    var slots: [UInt32] = []
    slots.reserveCapacity(total)
    var firstSlots: [UInt32] = [0]
    firstSlots.reserveCapacity(count + 1)
    var lengths: [UInt32] = []
    lengths.reserveCapacity(count)
    length = 0
    for number in numbers {
      let before = length
      length += literalLengths[Int(number)]
      for column in holes[Int(number)] {
        let piece = columns[column][next[column]]
        next[column] += 1
        slots.append(piece)
        length += pieces.length(piece)
      }
      firstSlots.append(UInt32(slots.count))
      lengths.append(UInt32(truncatingIfNeeded: length - before))
      guard length <= TemplatePage.largestLength else {
        throw FormatError(offset: start, "more text than a page may hold")
      }
    }
    templates = numbers.map { UInt32($0) }
    self.literals = literals
    self.slots = slots
    self.firstSlots = firstSlots
    self.lengths = lengths
    arena = pieces.arena + [UInt8](repeating: 0, count: Self.slack)
    self.pieces = pieces.starts
  }

  /// Bytes held beside those of the page.
  var memory: Int {
    arena.count + 4 * (pieces.count + templates.count + literals.count + firstSlots.count + slots.count + lengths.count)
  }

  /// The pieces of `count` values of a column, in their order.
  private static func readColumn(
    _ reader: inout ByteReader, _ count: Int, _ pieces: inout Pieces
  ) throws(FormatError) -> [UInt32] {
    let start = reader.offset
    let first = UInt32(pieces.count)
    switch try reader.read(UInt8.self, "kind of a column") {
    case TemplatePage.texts:
      let values = try DictionaryPage.decode(&reader, limit: count)
      for index in 0..<values.count { pieces.append(values[index]) }
      let size = Int64(values.count)
      let codes = try IntegerPage.decode(&reader, count: count)
      var result: [UInt32] = []
      result.reserveCapacity(count)
      for code in codes {
        guard code >= 0, code < size else { throw FormatError(offset: start, "value \(code) of \(size)") }
        result.append(first + UInt32(code))
      }
      return result
    case TemplatePage.integers:
      for number in try IntegerPage.decode(&reader, count: count) { pieces.append(number) }
      return [UInt32](first..<first + UInt32(count))
    case let kind:
      throw FormatError(offset: start, "kind \(kind) of a column")
    }
  }

  /// For every string whether some value of it satisfies `predicate`, of the columns whose path `isWanted`; a distinct value
  /// is judged once. Puts no string together.
  package func mark(_ isWanted: (Bytes) -> Bool, _ predicate: (Bytes) -> Bool) -> [Bool] {
    var marks = [Bool](repeating: false, count: count)
    var wanted = [Bool](repeating: false, count: pieces.count)
    var isAny = false
    unsafe arena.withUnsafeBytes { arena in
      for (path, values) in zip(paths, values) where isWanted(path) {
        for piece in values {
          let place = Int(pieces[piece])..<Int(pieces[piece + 1])
          let value = unsafe Bytes(borrowing: UnsafeRawBufferPointer(rebasing: arena[place]))
          guard predicate(value) else { continue }
          wanted[piece] = true
          isAny = true
        }
      }
    }
    guard isAny else { return marks }
    for string in marks.indices {
      for slot in Int(firstSlots[string])..<Int(firstSlots[string + 1]) where wanted[Int(slots[slot])] {
        marks[string] = true
        break
      }
    }
    return marks
  }

  /// Appends string `index`.
  package func append(_ index: Int, to output: inout [UInt8]) {
    var scratch: [UInt8] = []
    let length = write(index, to: &scratch)
    output.append(contentsOf: scratch[..<length])
  }

  /// Writes string `index` at the start of `scratch`, which is made larger where it has to be; the length.
  package func write(_ index: Int, to scratch: inout [UInt8]) -> Int {
    let length = Int(lengths[index])
    if scratch.count < length + Self.slack { scratch = [UInt8](repeating: 0, count: 2 * length + 64) }
    let slots = Int(firstSlots[index])..<Int(firstSlots[index + 1])
    var piece = Int(literals[Int(templates[index])])
    unsafe scratch.withUnsafeMutableBytes { target in
      unsafe arena.withUnsafeBytes { source in
        guard let output = target.baseAddress, let input = source.baseAddress else { return }
        var cursor = unsafe copy(piece, input, output)
        for slot in slots {
          piece += 1
          unsafe cursor = copy(Int(self.slots[slot]), input, cursor)
          unsafe cursor = copy(piece, input, cursor)
        }
      }
    }
    return length
  }

  /// Copies a piece, most often a short one, by words: both sides have room for a word behind their end, and what is
  /// written too much there is written over by the next piece.
  @inline(__always) @unsafe
  private func copy(
    _ piece: Int, _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    let from = Int(pieces[piece])
    let length = Int(pieces[piece + 1]) - from
    if length > 64 {
      unsafe output.copyMemory(from: input + from, byteCount: length)
    } else {
      var offset = 0
      repeat {
        let word = unsafe input.loadUnaligned(fromByteOffset: from &+ offset, as: UInt64.self)
        unsafe output.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
        offset &+= 8
      } while offset < length
    }
    return unsafe output + length
  }
}

/// What the columns of a page of templates tell of the value that a string has under a path.
package enum TemplateValue: Sendable, Equatable {
  /// The value of its column with this number; `isString` where it stands between quotes.
  case value(Int, isString: Bool)
  /// No value in a column: the same as another string of the page has, perhaps itself, and all strings of its template.
  case sameAs(Int)
  /// Only its text tells.
  case unknown
}

extension TemplateStrings {
  /// Where values under a path stand, which must be one of keys alone: template by template, as it is found out.
  package struct ValueFinder: Sendable {
    fileprivate enum Shape: Sendable {
      case slot(Int, isString: Bool)
      case sameAs(Int)
      case unknown
    }

    /// The pieces of the path's column.
    fileprivate let own: Range<Int>
    /// Those of columns below the path, and of whole texts.
    fileprivate let others: [Range<Int>]
    /// By template.
    fileprivate var shapes: [Shape?]

    /// The number of values of the path's column.
    package var count: Int { own.count }
  }

  /// Begins to look for values under a path, a pointer as columns have it.
  package func finder(_ pointer: [UInt8]) -> ValueFinder {
    let (path, above) = (Bytes(pointer), Bytes(pointer + [UInt8(ascii: "/")]))
    var own = 0..<0
    var others: [Range<Int>] = []
    for (known, values) in zip(paths, values) {
      if known == path {
        own = values
      } else if known.isEmpty || (known.count > above.count && known.slice(0, above.count) == above) {
        others.append(values)
      }
    }
    return ValueFinder(own: own, others: others, shapes: [ValueFinder.Shape?](repeating: nil, count: templateCount))
  }

  /// The value that string `index` has under the path of a finder.
  package func find(_ index: Int, _ finder: inout ValueFinder) -> TemplateValue {
    let template = Int(templates[index])
    let shape: ValueFinder.Shape
    if let known = finder.shapes[template] {
      shape = known
    } else {
      shape = self.shape(ofTemplate: template, of: index, finder)
      finder.shapes[template] = shape
    }
    switch shape {
    case .slot(let slot, let isString):
      return .value(Int(slots[Int(firstSlots[index]) + slot]) - finder.own.lowerBound, isString: isString)
    case .sameAs(let other): return .sameAs(other)
    case .unknown: return .unknown
    }
  }

  /// A value of the path's column.
  package func value(_ number: Int, _ finder: ValueFinder) -> Bytes {
    let piece = finder.own.lowerBound + number
    return Bytes([UInt8](arena[Int(pieces[piece])..<Int(pieces[piece + 1])]))
  }

  /// What holds for all strings of a template, of which `index` is one.
  private func shape(ofTemplate template: Int, of index: Int, _ finder: ValueFinder) -> ValueFinder.Shape {
    var isKnown = true
    for (slot, piece) in slots[Int(firstSlots[index])..<Int(firstSlots[index + 1])].enumerated() {
      if finder.own.contains(Int(piece)) {
        let before = Int(literals[template]) + slot
        let end = Int(pieces[before + 1])
        return .slot(slot, isString: end > Int(pieces[before]) && arena[end - 1] == UInt8(ascii: "\""))
      }
      if finder.others.contains(where: { $0.contains(Int(piece)) }) { isKnown = false }
    }
    // What is there without a value in any column is in the literals: an object or array without members.
    return isKnown ? .sameAs(index) : .unknown
  }
}
