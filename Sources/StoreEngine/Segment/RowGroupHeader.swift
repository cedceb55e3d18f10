import Columnar

/// Where the pages of one row group lie. See Formats/segment.md, "Row group header page".
struct RowGroupHeader: Sendable {
  struct Text: Sendable {
    /// Strings in the dictionary.
    var size: Int
    /// The number of the first string of every dictionary page; 0 comes first, they ascend.
    var firsts: [Int] = []
    var dictionary: [PageReference] = []
    /// Where the codes may be told by those of another column.
    var model: Model?
    var codes: [PageReference] = []

    /// The strings of dictionary page `page`.
    func range(ofPage page: Int) -> Range<Int> {
      firsts[page]..<(page + 1 < firsts.count ? firsts[page + 1] : size)
    }
  }

  /// What another column, an earlier one, tells of a column. See `ConditionedModel`.
  struct Model: Sendable {
    var column: TextColumn
    var page: PageReference
  }

  struct Times: Sendable {
    var page: PageReference
    var smallest: Int64
    var largest: Int64
  }

  var rows: Int
  var texts: [Text] = []
  var times: [Times] = []
  var eventIDs: [PageReference] = []
  var deltaModel: Model?
  var deltas: [PageReference] = []

  init(rows: Int) { self.rows = rows }

  func text(_ column: TextColumn) -> Text { texts[column.rawValue] }

  /// Every page of the row group, for dumps and checks, in the order of the file's header page.
  var pages: [(name: String, page: PageReference)] {
    var all: [(name: String, page: PageReference)] = []
    for column in TextColumn.allCases {
      let text = text(column)
      for page in text.dictionary { all.append((column.name + " dictionary", page)) }
      if let model = text.model { all.append((column.name + " model", model.page)) }
      for page in text.codes { all.append((column.name + " codes", page)) }
    }
    for time in times { all.append(("created_at", time.page)) }
    for page in eventIDs { all.append(("event_id", page)) }
    if let deltaModel { all.append(("delta model", deltaModel.page)) }
    for page in deltas { all.append(("delta", page)) }
    return all
  }

  /// Bytes of memory that it takes.
  var memory: Int {
    var count = eventIDs.count + deltas.count
    for text in texts { count += text.firsts.count + text.codes.count }
    return 512 + count * MemoryLayout<PageReference>.stride + times.count * MemoryLayout<Times>.stride
      + texts.count * MemoryLayout<Text>.stride
  }

  func append(to writer: inout ByteWriter) {
    for text in texts {
      writer.appendVarint(text.size)
      writer.appendVarint(text.firsts.count)
      for (first, page) in zip(text.firsts, text.dictionary) {
        writer.appendVarint(first)
        page.append(to: &writer)
      }
      Self.append(text.model, to: &writer)
      for page in text.codes { page.append(to: &writer) }
    }
    for time in times {
      time.page.append(to: &writer)
      writer.appendSignedVarint(time.smallest)
      writer.appendSignedVarint(time.largest)
    }
    for page in eventIDs { page.append(to: &writer) }
    Self.append(deltaModel, to: &writer)
    for page in deltas { page.append(to: &writer) }
  }

  private static func append(_ model: Model?, to writer: inout ByteWriter) {
    writer.append(model.map { UInt8($0.column.rawValue + 1) } ?? 0)
    model?.page.append(to: &writer)
  }

  /// Reads a header page of a row group of `rows` rows, all of whose pages must end by `limit`, in a file of a version.
  init(_ reader: inout ByteReader, rows: Int, version: UInt16, endingBy limit: Int) throws(FormatError) {
    self.rows = rows
    let pages = SegmentLayout.pages(rows)
    let largest = SegmentLayout.largestRowsPage
    for column in TextColumn.allCases {
      texts.append(try Self.readText(&reader, column, rows: rows, version: version, endingBy: limit))
    }
    for _ in 0..<pages {
      let page = try PageReference(&reader, endingBy: limit, largest: largest)
      let smallest = try reader.readSignedVarint("smallest created_at")
      times.append(Times(page: page, smallest: smallest, largest: try reader.readSignedVarint("largest created_at")))
    }
    for _ in 0..<pages { eventIDs.append(try PageReference(&reader, endingBy: limit, largest: largest)) }
    deltaModel = try Self.readModel(&reader, version: version, before: TextColumn.allCases.count, endingBy: limit)
    for _ in 0..<pages { deltas.append(try PageReference(&reader, endingBy: limit, largest: largest)) }
    try reader.expectEnd("row group header")
  }

  private static func readText(
    _ reader: inout ByteReader, _ column: TextColumn, rows: Int, version: UInt16, endingBy limit: Int
  ) throws(FormatError) -> Text {
    let start = reader.offset
    // A dictionary holds what the rows hold, so it is never larger than they are many.
    let size = try reader.readCount("dictionary size", limit: rows)
    let pageCount = try reader.readCount("dictionary pages", limit: size)
    guard size > 0, pageCount > 0 else { throw FormatError(offset: start, "an empty dictionary") }
    var text = Text(size: size)
    for page in 0..<pageCount {
      let at = reader.offset
      let first = try reader.readCount("number of a first string", limit: size - 1)
      guard page == 0 ? first == 0 : first > text.firsts[page - 1] else {
        throw FormatError(offset: at, "the dictionary pages are not numbered on")
      }
      text.firsts.append(first)
      text.dictionary.append(try PageReference(&reader, endingBy: limit))
    }
    text.model = try readModel(&reader, version: version, before: column.rawValue, endingBy: limit)
    for _ in 0..<SegmentLayout.pages(rows) {
      text.codes.append(try PageReference(&reader, endingBy: limit, largest: SegmentLayout.largestRowsPage))
    }
    return text
  }

  /// The model of a column; only a column before it may tell it, so that no circle arises.
  private static func readModel(
    _ reader: inout ByteReader, version: UInt16, before column: Int, endingBy limit: Int
  ) throws(FormatError) -> Model? {
    guard version >= 2 else { return nil }
    let start = reader.offset
    let code = Int(try reader.read(UInt8.self, "column of a model"))
    guard code > 0 else { return nil }
    guard code <= column, let condition = TextColumn(rawValue: code - 1) else {
      throw FormatError(offset: start, "a column that is told by column \(code - 1)")
    }
    return Model(
      column: condition, page: try PageReference(&reader, endingBy: limit, largest: SegmentLayout.largestModelPage))
  }
}
