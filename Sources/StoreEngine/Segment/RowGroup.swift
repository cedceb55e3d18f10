package import Columnar

/// A cursor over one row group: decodes the pages that it is asked for, and keeps the last of each column.
///
/// It belongs to one task at a time and is dropped with it; what lives long and is shared is the `Segment`.
package final class RowGroup {
  package let segment: Segment
  package let index: Int
  /// Where its pages are: the segment, or what was made in memory of rows that lie elsewhere.
  let source: Segment
  let header: RowGroupHeader
  private var dictionaries: [PagedDictionary]
  private var views: [[CodePage?]]
  /// By text column, and at last of delta.
  private var models: [ConditionedModel?]
  /// The same places: the models as tables.
  var tables: [ConditionedTable?]
  // Memory that is used again from page to page.
  var others: [Int64] = []
  var numbers: [Int64] = []
  private var lastCodes: [(page: Int, codes: [UInt32])]
  private var lastTimes: (page: Int, values: [Int64]) = (-1, [])
  private var lastDeltas: (page: Int, values: [Int64]) = (-1, [])
  private var lastIDs: (page: Int, high: [UInt64], low: [UInt64]) = (-1, [], [])
  // For reads of single rows, which keep the row group for the next: see `RowGroup+Rows`.
  var timeViews: [IntegerPageView?]
  var deltaViews: [CodePage?]
  var idViews: [EventIDPageView?]
  /// By code, as far as they were asked for: of columns of few texts, and of the metadata that come first.
  var texts: [[String?]]
  /// Of every user the first row, -1 where it is not known yet; empty until one is asked for.
  var firstRows: [Int32] = []
  /// Where each (user, entity) begins, once enough reads have come.
  var pairs: RowGroupPairs?
  var pairReads = 0
  /// How much memory all that takes: counted when something is kept, and when it goes.
  var heldBytes: Int
  /// Of it, views of the codes of each text column.
  private var codeBytes: [Int]
  /// For putting texts together.
  private var scratch = TemplateView.Scratch()

  /// `memory` is what the source takes for this row group, where that is in memory.
  init(_ segment: Segment, _ index: Int, _ header: RowGroupHeader, source: Segment, memory: Int = 0) {
    self.segment = segment
    self.index = index
    self.header = header
    self.source = source
    dictionaries = header.texts.map { PagedDictionary(source, $0) }
    views = header.texts.map { [CodePage?](repeating: nil, count: $0.codes.count) }
    models = [ConditionedModel?](repeating: nil, count: header.texts.count + 1)
    tables = [ConditionedTable?](repeating: nil, count: models.count)
    lastCodes = header.texts.map { _ in (-1, []) }
    timeViews = [IntegerPageView?](repeating: nil, count: header.times.count)
    deltaViews = [CodePage?](repeating: nil, count: header.deltas.count)
    idViews = [EventIDPageView?](repeating: nil, count: header.eventIDs.count)
    texts = [[String?]](repeating: [], count: header.texts.count)
    codeBytes = [Int](repeating: 0, count: header.texts.count)
    let views = header.texts.count * header.times.count + header.deltas.count
    heldBytes =
      memory + header.memory + views * MemoryLayout<CodePage?>.stride
      + header.times.count * (MemoryLayout<IntegerPageView?>.stride + MemoryLayout<EventIDPageView?>.stride)
  }

  /// Forgets the codes of a column.
  func forget(_ column: TextColumn) {
    lastCodes[column.rawValue] = (-1, [])
    (others, numbers) = ([], [])
    for page in views[column.rawValue].indices { views[column.rawValue][page] = nil }
    heldBytes -= codeBytes[column.rawValue]
    codeBytes[column.rawValue] = 0
  }

  /// Counts a page that is kept: its bytes where they were decompressed, and what was made of it.
  func note(_ page: PageReference, _ memory: Int) { heldBytes += Self.bytes(page, memory) }

  private static func bytes(_ page: PageReference, _ memory: Int) -> Int {
    128 + memory + (page.codec == .none ? 0 : page.rawLength)
  }

  package var rows: Int { header.rows }

  var pageCount: Int { header.times.count }

  /// The lists of a model, read once; `place` is the number of the text column that it tells, or behind them for delta.
  func model(_ model: RowGroupHeader.Model, _ place: Int) throws(StoreError) -> ConditionedModel {
    if let lists = models[place] { return lists }
    let lists = try read(model)
    models[place] = lists
    heldBytes += lists.starts.count * 4 + lists.values.count * 8 + 128
    return lists
  }

  func rows(ofPage page: Int) -> Range<Int> { SegmentLayout.rows(ofPage: page, of: rows) }

  /// The pages that hold rows of a range.
  func pages(_ range: Range<Int>) -> Range<Int> {
    let lower = range.lowerBound / SegmentLayout.rowsPerPage
    return range.isEmpty ? lower..<lower : lower..<(range.upperBound - 1) / SegmentLayout.rowsPerPage + 1
  }

  // MARK: Dictionaries

  package func dictionarySize(_ column: TextColumn) -> Int { dictionaries[column.rawValue].count }

  /// String `code` of a column's dictionary.
  package func string(_ column: TextColumn, _ code: UInt32) throws(StoreError) -> Bytes {
    let string = try dictionaries[column.rawValue].string(code)
    heldBytes += dictionaries[column.rawValue].takeLoaded()
    return string
  }

  /// Where string `code` of the metadata lies in a page of templates; nil where it does not.
  func templates(ofMetadata code: UInt32) throws(StoreError) -> (page: Int, index: Int, strings: TemplateStrings)? {
    let found = try dictionaries[TextColumn.metadata.rawValue].templates(code)
    heldBytes += dictionaries[TextColumn.metadata.rawValue].takeLoaded()
    return found
  }

  /// The same as a text, without a string of the dictionary but this; for columns of many texts.
  func newText(_ column: TextColumn, _ code: UInt32) throws(StoreError) -> String {
    let text = try dictionaries[column.rawValue].text(code, &scratch)
    heldBytes += dictionaries[column.rawValue].takeLoaded()
    return text
  }

  /// Whether string `code` of a column's dictionary is `text`.
  func matches(_ column: TextColumn, _ code: UInt32, _ text: Bytes) throws(StoreError) -> Bool {
    try compare(column, code, text) == 0
  }

  /// The order of string `code` of a column's dictionary against `text`.
  func compare(_ column: TextColumn, _ code: UInt32, _ text: Bytes) throws(StoreError) -> Int {
    let order = try dictionaries[column.rawValue].compare(code, text)
    heldBytes += dictionaries[column.rawValue].takeLoaded()
    return order
  }

  /// The hash of string `code` of a column's dictionary, as `QuickHash` has it.
  func hash(_ column: TextColumn, _ code: UInt32, seed: UInt64) throws(StoreError) -> UInt64 {
    let string = try self.string(column, code)
    return QuickHash.hash(string, 0, string.count, seed: seed)
  }

  /// Interns string `code` of a column's dictionary.
  func intern(
    _ column: TextColumn, _ code: UInt32, into dictionary: inout ByteStringDictionary
  ) throws(StoreError) -> UInt32 {
    try dictionaries[column.rawValue].intern(code, into: &dictionary)
  }

  /// What a dump says of the form of a dictionary page.
  func form(_ column: TextColumn, page: Int) throws(StoreError) -> String {
    try dictionaries[column.rawValue].form(page)
  }

  /// Appends all strings of a column, and where each of them ends.
  func appendTexts(_ column: TextColumn, to arena: inout [UInt8], ends: inout [Int]) throws(StoreError) {
    try dictionaries[column.rawValue].append(to: &arena, ends: &ends)
  }

  /// For every code of a column whether its string satisfies `predicate`.
  package func mark(_ column: TextColumn, _ predicate: (Bytes) -> Bool) throws(StoreError) -> [Bool] {
    try dictionaries[column.rawValue].mark(predicate)
  }

  /// For every code of the metadata whether its text satisfies a condition.
  func markMetadata(_ predicate: MetadataPredicate) throws(StoreError) -> [Bool] {
    try dictionaries[TextColumn.metadata.rawValue].mark(predicate)
  }

  /// All strings of a column.
  package func dictionary(_ column: TextColumn) throws(StoreError) -> [Bytes] {
    var strings: [Bytes] = []
    _ = try mark(column) { string in
      strings.append(string)
      return true
    }
    return strings
  }

  /// All strings of a column, to be read in their order; nothing can be found in it.
  func texts(_ column: TextColumn) throws(StoreError) -> ByteStringDictionary {
    try dictionaries[column.rawValue].all()
  }

  func findUser(_ user: Bytes) throws(StoreError) -> UInt32? {
    let code = try dictionaries[TextColumn.user.rawValue].findAscending(user)
    heldBytes += dictionaries[TextColumn.user.rawValue].takeLoaded()
    return code
  }

  // MARK: Pages

  /// The codes of one page of rows, each checked to be in the dictionary.
  func codes(_ column: TextColumn, page: Int) throws(StoreError) -> [UInt32] {
    let place = column.rawValue
    if lastCodes[place].page == page { return lastCodes[place].codes }
    var codes: [UInt32] = []
    swap(&codes, &lastCodes[place].codes)
    lastCodes[place].page = -1
    try readCodes(column, page: page, into: &codes)
    lastCodes[place] = (page, codes)
    return codes
  }

  /// The code of one row, without decoding its page where the encoding allows.
  func code(_ column: TextColumn, row: Int) throws(StoreError) -> UInt32 {
    let page = row / SegmentLayout.rowsPerPage
    let inPage = row % SegmentLayout.rowsPerPage
    if lastCodes[column.rawValue].page == page { return lastCodes[column.rawValue].codes[inPage] }
    let value: Int64
    if let known = views[column.rawValue][page]?.plainValue(inPage) {
      value = known
    } else {
      let text = header.texts[column.rawValue]
      value = try self.value(
        of: try view(column, page), inPage, row: row, text.model, column.rawValue, text.codes[page])
    }
    guard value >= 0, value < Int64(dictionarySize(column)) else {
      let place = header.texts[column.rawValue].codes[page].offset
      throw StoreError(.corruption, file: source.path, offset: place, "code \(value) is not in the dictionary")
    }
    return UInt32(value)
  }

  func view(_ column: TextColumn, _ page: Int) throws(StoreError) -> CodePage {
    if let view = views[column.rawValue][page] { return view }
    let count = rows(ofPage: page).count
    let view = try source.read(header.text(column).codes[page], "codes") { (reader) throws(FormatError) in
      try CodePage(&reader, count: count)
    }
    note(header.texts[column.rawValue].codes[page], view.memory)
    codeBytes[column.rawValue] += Self.bytes(header.texts[column.rawValue].codes[page], view.memory)
    views[column.rawValue][page] = view
    return view
  }

  /// Asks for the view of a column's codes of a page, where there is one.
  func prefetchView(_ column: TextColumn, page: Int) { views[column.rawValue].prefetchObject(page) }

  /// Asks for the code of a row, where its page has a view.
  func prefetch(_ column: TextColumn, page: Int, row inPage: Int) { views[column.rawValue][page]?.prefetch(inPage) }

  func createdAt(page: Int) throws(StoreError) -> [Int64] {
    if lastTimes.page == page { return lastTimes.values }
    var values: [Int64] = []
    swap(&values, &lastTimes.values)
    lastTimes.page = -1
    try readTimes(page: page, into: &values)
    lastTimes = (page, values)
    return values
  }

  func delta(page: Int) throws(StoreError) -> [Int64] {
    if lastDeltas.page == page { return lastDeltas.values }
    var values: [Int64] = []
    swap(&values, &lastDeltas.values)
    lastDeltas.page = -1
    try readDeltas(page: page, into: &values)
    lastDeltas = (page, values)
    return values
  }

  /// The deltas of one page of rows, in memory that is used again.
  package func readDeltas(page: Int, into values: inout [Int64]) throws(StoreError) {
    try readNumbers(header.deltas[page], page, header.deltaModel, models.count - 1, "delta", into: &values)
  }

  /// The values of created_at of one page of rows, in memory that is used again.
  package func readTimes(page: Int, into values: inout [Int64]) throws(StoreError) {
    try readNumbers(header.times[page].page, page, nil, 0, "created_at", into: &values)
  }

  func eventIDs(page: Int) throws(StoreError) -> (high: [UInt64], low: [UInt64]) {
    if lastIDs.page == page { return (lastIDs.high, lastIDs.low) }
    let times = try createdAt(page: page)
    let ids = try source.read(header.eventIDs[page], "event ids") { (reader) throws(FormatError) in
      var high: [UInt64] = []
      var low: [UInt64] = []
      try EventIDPage.decode(&reader, createdAt: times[...], high: &high, low: &low)
      return (high: high, low: low)
    }
    lastIDs = (page, ids.high, ids.low)
    return ids
  }
}
