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
  /// Of every template, and each of the first ones, with how many of the same literals they begin.
  private var common: [UInt8] = []
  /// Where the last text that was not of a template differed from it: at this literal, or in the hole behind it.
  private var difference = 0
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
    var tried = last
    if last < templates.count, unsafe match(text, last, from: 0) { return unsafe emit(text, last) }
    for template in 0..<min(templates.count, Self.triedTemplates) where template != last {
      // As far as it begins like the one that was tried before, all is known.
      let known = Int(common[tried * Self.triedTemplates + template])
      if known > difference { continue }
      if unsafe match(text, template, from: known) { return unsafe emit(text, template) }
      tried = template
    }
    unsafe emit(text, split(text))
  }

  /// Whether a text is of a template; then `holes` tells where its values are. `holes` has those behind the literals before
  /// literal `known`, which are known to be in the text.
  @unsafe
  private mutating func match(_ text: UnsafeRawBufferPointer, _ number: Int, from known: Int) -> Bool {
    let first = firsts[number]
    difference = known
    guard first >= 0, let base = text.baseAddress else { return false }
    var found: [Hole] = []
    swap(&found, &holes)
    defer { swap(&found, &holes) }
    found.removeLast(found.count - known)
    var position = found.last?.upperBound ?? 0
    var index = first + known
    defer { difference = index - first }
    return unsafe literals.withUnsafeBytes { bytes in
      guard let literals = bytes.baseAddress else { return false }
      var start = index == 0 ? 0 : ends[index - 1]
      while true {
        let end = ends[index]
        let length = end - start
        guard length <= text.count - position else { return false }
        if length > 0, unsafe !sameBytes(literals + start, base + position, length) { return false }
        position += length
        if holeColumns[index] < 0 { return position == text.count }
        start = end
        let from = position
        if unsafe bytes[end - 1] == UInt8(ascii: "\"") {
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
        index += 1
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
    noteCommon(templates.count - 1)
    return Int(keys.intern(key))
  }

  /// Compares a new template with the first ones.
  private mutating func noteCommon(_ number: Int) {
    let width = Self.triedTemplates
    common.append(contentsOf: repeatElement(0, count: width))
    for other in 0..<min(number, width) {
      let count = UInt8(commonLiterals(number, other))
      common[number * width + other] = count
      if number < width { common[other * width + number] = count }
    }
  }

  /// How many literals of two templates are the same from the first on, with a hole behind each of them.
  private func commonLiterals(_ a: Int, _ b: Int) -> Int {
    if firsts[a] < 0 || firsts[b] < 0 { return 0 }
    let (left, right) = (templates[a].literals.dropLast(), templates[b].literals.dropLast())
    return zip(left, right).prefix { $0 == $1 }.count
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
