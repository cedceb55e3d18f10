import Columnar

/// The dictionary of one column of one row group; its pages are read when a string of theirs is asked for.
struct PagedDictionary {
  private let segment: Segment
  private let text: RowGroupHeader.Text
  private var pages: [TextStrings?]
  /// For single strings, where a page has a form for that.
  private var views: [TextPageView?] = []
  private var last = 0
  private var scratch: [UInt8] = []
  /// Bytes that pages have taken since it was last asked.
  private var loaded = 0

  init(_ segment: Segment, _ text: RowGroupHeader.Text) {
    self.segment = segment
    self.text = text
    pages = [TextStrings?](repeating: nil, count: text.firsts.count)
  }

  var count: Int { text.size }

  mutating func takeLoaded() -> Int {
    defer { loaded = 0 }
    return loaded
  }

  /// String `code`, which is less than `count`.
  mutating func string(_ code: UInt32) throws(StoreError) -> Bytes {
    let code = Int(code)
    if !text.range(ofPage: last).contains(code) { last = page(of: code) }
    return try load(last)[code - text.firsts[last]]
  }

  /// String `code`, which is less than `count`, as a text. Puts no other string of a page together.
  mutating func text(_ code: UInt32, _ scratch: inout TemplateView.Scratch) throws(StoreError) -> String {
    let code = Int(code)
    if !text.range(ofPage: last).contains(code) { last = page(of: code) }
    let index = code - text.firsts[last]
    switch try view(last) {
    case .strings(let strings): return strings[index].text
    case .templates(let view):
      do throws(FormatError) {
        try view.write(index, to: &scratch)
      } catch {
        throw StoreError(.corruption, file: segment.path, offset: text.dictionary[last].offset, error.reason)
      }
      return scratch.string
    }
  }

  /// The page of templates that has string `code`, which is less than `count`, and its place there; nil where it is on another page.
  mutating func templates(_ code: UInt32) throws(StoreError) -> (page: Int, index: Int, strings: TemplateStrings)? {
    let code = Int(code)
    if !text.range(ofPage: last).contains(code) { last = page(of: code) }
    guard case .templates(let strings) = try load(last) else { return nil }
    return (last, code - text.firsts[last], strings)
  }

  private mutating func view(_ page: Int) throws(StoreError) -> TextPageView {
    if views.isEmpty { views = [TextPageView?](repeating: nil, count: text.firsts.count) }
    if let view = views[page] { return view }
    let expected = text.range(ofPage: page).count
    let isPlain = segment.version < 2
    let view: TextPageView = try segment.read(text.dictionary[page], "dictionary page") {
      (reader) throws(FormatError) in
      let view =
        isPlain
        ? .strings(.plain(try DictionaryPage.decode(&reader, limit: expected)))
        : try TextPageView(&reader, limit: expected)
      try Self.check(view.count, expected)
      return view
    }
    views[page] = view
    note(page, view.memory)
    return view
  }

  private static func check(_ count: Int, _ expected: Int) throws(FormatError) {
    guard count == expected else {
      throw FormatError(offset: 0, "a dictionary page of \(count) strings where \(expected) belong")
    }
  }

  private mutating func note(_ page: Int, _ memory: Int) {
    loaded += 256 + memory + (text.dictionary[page].codec == .none ? 0 : text.dictionary[page].rawLength)
  }

  /// The order of string `code`, which is less than `count`, against `key`: negative, zero or positive.
  mutating func compare(_ code: UInt32, _ key: Bytes) throws(StoreError) -> Int {
    let code = Int(code)
    if !text.range(ofPage: last).contains(code) { last = page(of: code) }
    if pages[last] == nil { _ = try load(last) }
    return pages[last]?.compare(code - text.firsts[last], key) ?? 0
  }

  /// Interns string `code`, which is less than `count`.
  mutating func intern(_ code: UInt32, into dictionary: inout ByteStringDictionary) throws(StoreError) -> UInt32 {
    let code = Int(code)
    if !text.range(ofPage: last).contains(code) { last = page(of: code) }
    return try load(last).intern(code - text.firsts[last], into: &dictionary, &scratch)
  }

  /// All strings, to be read in their order. Keeps no page.
  mutating func all() throws(StoreError) -> ByteStringDictionary {
    var arena: [UInt8] = []
    var ends: [UInt32] = []
    ends.reserveCapacity(count)
    var endsOfPage: [Int] = []
    for page in pages.indices {
      endsOfPage.removeAll(keepingCapacity: true)
      try load(page).appendAll(to: &arena, ends: &endsOfPage)
      for end in endsOfPage { ends.append(UInt32(truncatingIfNeeded: end)) }
      pages[page] = nil
      guard arena.count <= Int(UInt32.max) else {
        throw StoreError(
          .corruption, file: segment.path, offset: text.dictionary[page].offset, "a dictionary of more than 4 GiB")
      }
    }
    return ByteStringDictionary(unindexed: arena, ends: ends)
  }

  /// The code of a string of an ascending dictionary, as users are; nil where it is not there.
  mutating func findAscending(_ key: Bytes) throws(StoreError) -> UInt32? {
    var lower = 0
    var upper = count
    while lower < upper {
      let middle = (lower + upper) / 2
      let order = try compare(UInt32(middle), key)
      if order == 0 { return UInt32(middle) }
      if order < 0 { lower = middle + 1 } else { upper = middle }
    }
    return nil
  }

  /// For every string whether it satisfies `predicate`.
  mutating func mark(_ predicate: (Bytes) -> Bool) throws(StoreError) -> [Bool] {
    var marks: [Bool] = []
    marks.reserveCapacity(count)
    for page in pages.indices {
      let strings = try load(page)
      for index in 0..<strings.count { marks.append(predicate(strings[index])) }
    }
    return marks
  }

  /// For every string whether it satisfies a condition on metadata. Only what the values in the columns of a page leave is put
  /// together.
  mutating func mark(_ predicate: MetadataPredicate) throws(StoreError) -> [Bool] {
    var marks: [Bool] = []
    marks.reserveCapacity(count)
    for page in pages.indices {
      let strings = try load(page)
      guard case .templates(let templates) = strings else {
        for index in 0..<strings.count { marks.append(predicate.matches(strings[index])) }
        continue
      }
      let candidates = predicate.candidates(of: templates)
      for index in 0..<templates.count {
        guard candidates?[index] ?? true else {
          marks.append(false)
          continue
        }
        let length = templates.write(index, to: &scratch)
        marks.append(
          unsafe scratch.withUnsafeBytes { predicate.matches(unsafe Bytes(borrowing: .init(rebasing: $0[..<length]))) })
      }
    }
    return marks
  }

  /// Appends all strings, and where each of them ends.
  mutating func append(to arena: inout [UInt8], ends: inout [Int]) throws(StoreError) {
    for page in pages.indices { try load(page).appendAll(to: &arena, ends: &ends) }
  }

  /// What a dump says of the form of a page.
  mutating func form(_ page: Int) throws(StoreError) -> String {
    switch try load(page) {
    case .plain: return ""
    case .uuids: return ", UUIDs"
    case .templates(let strings):
      let paths = strings.paths.map { $0.count == 0 ? "whole texts" : String(decoding: $0.array, as: UTF8.self) }
      return ", \(strings.templateCount) templates of \(paths.joined(separator: " "))"
    }
  }

  private func page(of code: Int) -> Int {
    var lower = 0
    var upper = text.firsts.count
    while upper - lower > 1 {
      let middle = (lower + upper) / 2
      if text.firsts[middle] <= code { lower = middle } else { upper = middle }
    }
    return lower
  }

  private mutating func load(_ page: Int) throws(StoreError) -> TextStrings {
    if let strings = pages[page] { return strings }
    let expected = text.range(ofPage: page).count
    let isPlain = segment.version < 2
    let strings: TextStrings = try segment.read(text.dictionary[page], "dictionary page") {
      (reader) throws(FormatError) in
      let strings =
        isPlain
        ? .plain(try DictionaryPage.decode(&reader, limit: expected)) : try TextPage.decode(&reader, limit: expected)
      try Self.check(strings.count, expected)
      return strings
    }
    pages[page] = strings
    note(page, strings.memory)
    return strings
  }
}
