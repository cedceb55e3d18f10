import Columnar

/// Splits metadata into templates and values, for the pages of a row group's dictionary.
///
/// In canonical JSON the members of an object have one order, so texts with the same keys are one template whose holes
/// are the scalars, and every hole is under one path. A text is always exactly its literals and its values in turn,
/// whatever it is; so nothing depends on it being well-formed but how small it becomes.
struct MetadataShredder {
  /// Where a value lies in its text.
  private typealias Hole = Range<Int>

  private var templates: [TemplatePage.Template] = []
  /// The literals of all templates in one piece of memory, and where each ends.
  private var literals: [UInt8] = []
  private var ends: [Int] = []
  /// The column of the hole behind each literal; -1 behind the last of a template.
  private var holeColumns: [Int] = []
  /// Of every template its first literal, or -1 where its literals do not tell it.
  private var firsts: [Int] = []
  /// The literals of every template with a mark for each hole, by which it is known.
  private var keys = ByteStringDictionary()
  /// The values of every path; of the empty one the texts that were not split.
  private(set) var columns: [TemplatePage.Column] = []
  /// The paths of objects and arrays without members.
  private(set) var emptyPaths: [[UInt8]] = []
  private var paths = ByteStringDictionary()
  private var numbers: [Int64] = []
  private var last = 0
  private var holes: [Hole] = []
  private var splitter = JSONSplitter()
  private(set) var count = 0
  private var valueBytes = 0
  private var textBytes = 0

  private static let mostTemplates = 256
  private static let triedTemplates = 8
  private static let mostHoles = 64
  /// Bytes of texts in a page.
  private static let pageTextLength = 4 << 20

  /// Whether the page is as large as a page should be that is read for one string.
  var isFull: Bool {
    count >= SegmentLayout.dictionaryPageStrings || valueBytes > SegmentLayout.dictionaryPageLength
      || textBytes > Self.pageTextLength
  }

  /// Adds string `code` of a dictionary.
  mutating func append(_ code: UInt32, of dictionary: ByteStringDictionary) {
    let start = dictionary.start(code)
    let length = dictionary.length(code)
    unsafe dictionary.arena.withUnsafeBytes { arena in
      unsafe append(UnsafeRawBufferPointer(rebasing: arena[start..<start + length]))
    }
  }

  /// The page of what was added; then the shredder is empty again.
  mutating func finish(into writer: inout ByteWriter) {
    TemplatePage.encode(templates, numbers, columns, into: &writer)
    self = MetadataShredder()
  }

  @unsafe
  private mutating func append(_ text: UnsafeRawBufferPointer) {
    count += 1
    textBytes += text.count
    // Most texts are of a template that is already known, which is checked faster than it is found.
    if last < templates.count, unsafe match(text, last) { return unsafe emit(text, last) }
    for template in 0..<min(templates.count, Self.triedTemplates) where template != last {
      if unsafe match(text, template) { return unsafe emit(text, template) }
    }
    unsafe emit(text, split(text))
  }

  /// Whether a text is of a template; then `holes` tells where its values are.
  @unsafe
  private mutating func match(_ text: UnsafeRawBufferPointer, _ number: Int) -> Bool {
    let first = firsts[number]
    guard first >= 0, let base = text.baseAddress else { return false }
    var found: [Hole] = []
    swap(&found, &holes)
    defer { swap(&found, &holes) }
    found.removeAll(keepingCapacity: true)
    return unsafe literals.withUnsafeBytes { known in
      guard let literals = known.baseAddress else { return false }
      var position = 0
      var index = first
      var start = index == 0 ? 0 : ends[index - 1]
      while true {
        let end = ends[index]
        let length = end - start
        guard length <= text.count - position else { return false }
        if length > 0, unsafe !sameBytes(literals + start, base + position, length) { return false }
        position += length
        if holeColumns[index] < 0 { return position == text.count }
        start = end
        index += 1
        let from = position
        if unsafe known[end - 1] == UInt8(ascii: "\"") {
          while position < text.count {
            let byte = unsafe text[position]
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") { return false }
            position += 1
          }
        } else {
          while position < text.count, unsafe JSONWalk.isScalar(text[position]) { position += 1 }
          if position == from { return false }
        }
        found.append(from..<position)
      }
    }
  }

  /// Splits a text and gives it a template, a new one where it needs one and there are not too many.
  @unsafe
  private mutating func split(_ text: UnsafeRawBufferPointer) -> Int {
    if unsafe splitter.split(text, mostHoles: Self.mostHoles) {
      let known = unsafe splitter.key.withUnsafeBytes { unsafe keys.find($0) }
      if known != nil || templates.count < Self.mostTemplates {
        holes = splitter.holes
        if let known { return Int(known) }
        emptyPaths += splitter.emptyPaths
        return add(splitter.key, paths: splitter.paths, literals: unsafe splitter.literals(of: text))
      }
    }
    // The whole text is one value.
    holes = [0..<text.count]
    let whole: [UInt8] = [JSONSplitter.mark]
    if let known = keys.find(whole) { return Int(known) }
    return add(whole, paths: [[]], literals: [[], []])
  }

  private mutating func add(_ key: [UInt8], paths wanted: [[UInt8]], literals texts: [[UInt8]]) -> Int {
    var numbers: [Int] = []
    for path in wanted {
      let column = Int(paths.intern(path))
      if column == columns.count { columns.append(TemplatePage.Column(path: path)) }
      numbers.append(column)
    }
    // A value is found by the literal before it, so there has to be one.
    firsts.append(texts.dropLast().contains { $0.isEmpty } ? -1 : ends.count)
    for (index, text) in texts.enumerated() {
      literals += text
      ends.append(literals.count)
      holeColumns.append(index < numbers.count ? numbers[index] : -1)
    }
    templates.append(TemplatePage.Template(literals: texts, columns: numbers))
    return Int(keys.intern(key))
  }

  @unsafe
  private mutating func emit(_ text: UnsafeRawBufferPointer, _ number: Int) {
    last = number
    numbers.append(Int64(number))
    let wanted = templates[number].columns
    for index in holes.indices {
      let column = wanted[index]
      let value = unsafe UnsafeRawBufferPointer(rebasing: text[holes[index]])
      let known = columns[column].values.count
      let code = unsafe columns[column].values.intern(value)
      if Int(code) == known { valueBytes += value.count }
      columns[column].codes.append(Int64(code))
    }
  }
}
