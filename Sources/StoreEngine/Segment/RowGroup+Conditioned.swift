import Columnar

/// A page of codes or deltas, in either kind of encoding, for looking at single rows.
enum CodePage: Sendable {
  case plain(IntegerPageView)
  case conditioned(ConditionedPage.View)

  init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
    try reader.need(1, "encoding")
    if reader.bytes[reader.offset] == ConditionedPage.encoding {
      self = .conditioned(try ConditionedPage.View(&reader, count: count))
    } else {
      self = .plain(try IntegerPageView(&reader, count: count))
    }
  }

  /// The value of a row of a plain page.
  func plainValue(_ row: Int) -> Int64? {
    if case .plain(let view) = self { view[row] } else { nil }
  }

  /// Asks for what a look at a row waits for.
  func prefetch(_ row: Int) {
    switch self {
    case .plain(let view): view.prefetch(row)
    case .conditioned(let view): view.prefetch(row)
    }
  }

  /// Bytes of memory held, beside those of the page itself.
  var memory: Int {
    switch self {
    case .plain(let view): view.memory
    case .conditioned(let view): view.others.memory
    }
  }
}

/// Pages whose values another column tells.
extension RowGroup {
  /// Reads the lists of a model.
  func read(_ model: RowGroupHeader.Model) throws(StoreError) -> ConditionedModel {
    let classCount = dictionarySize(model.column)
    return try source.read(model.page, "model") { (reader) throws(FormatError) in
      try ConditionedModel(&reader, classCount: classCount)
    }
  }

  /// Reads a page of rows of integers, into memory that is used again.
  func readNumbers(
    _ reference: PageReference, _ page: Int, _ model: RowGroupHeader.Model?, _ place: Int, _ what: StaticString,
    into values: inout [Int64]
  ) throws(StoreError) {
    let count = rows(ofPage: page).count
    let condition: (classes: [UInt32], lists: ConditionedModel)? =
      if let model { (try codes(model.column, page: page), try self.model(model, place)) } else { nil }
    // Taken out for the time of the call, so that nothing is copied.
    var table: ConditionedTable?
    if condition != nil { swap(&table, &tables[place]) }
    var rest: [Int64] = []
    swap(&rest, &others)
    try source.read(reference, what) { (reader) throws(FormatError) in
      try reader.need(1, "encoding")
      guard reader.bytes[reader.offset] == ConditionedPage.encoding, let condition else {
        try IntegerPage.decode(&reader, count: count, replacing: &values)
        return
      }
      let view = try ConditionedPage.View(&reader, count: count)
      try view.decode(classes: condition.classes, condition.lists, &table, &rest, replacing: &values)
    }
    if condition != nil { swap(&table, &tables[place]) }
    swap(&rest, &others)
  }

  /// The codes of one page of rows, each checked to be in the dictionary, in memory that is used again.
  func readCodes(_ column: TextColumn, page: Int, into codes: inout [UInt32]) throws(StoreError) {
    let text = header.texts[column.rawValue]
    var numbers: [Int64] = []
    swap(&numbers, &self.numbers)
    try readNumbers(text.codes[page], page, text.model, column.rawValue, "codes", into: &numbers)
    if codes.count > numbers.count { codes.removeLast(codes.count - numbers.count) }
    if codes.count < numbers.count { codes.append(contentsOf: repeatElement(0, count: numbers.count - codes.count)) }
    let last = Int64(dictionarySize(column)) - 1
    // Negative where a code is, or is above the last one.
    var outside: Int64 = 0
    unsafe codes.withUnsafeMutableBufferPointer { codes in
      unsafe numbers.withUnsafeBufferPointer { numbers in
        for row in 0..<numbers.count {
          let number = unsafe numbers[row]
          outside |= number | (last &- number)
          unsafe codes[row] = UInt32(truncatingIfNeeded: number)
        }
      }
    }
    swap(&numbers, &self.numbers)
    guard outside >= 0 else { throw codeOutside(column, page) }
  }

  /// The same as runs of equal codes.
  func readRuns(_ column: TextColumn, page: Int, into runs: inout IntegerRuns) throws(StoreError) {
    let text = header.texts[column.rawValue]
    if text.model == nil {
      let count = rows(ofPage: page).count
      try source.read(text.codes[page], "codes") { (reader) throws(FormatError) in
        try runs.read(&reader, count: count)
      }
    } else {
      var numbers: [Int64] = []
      try readNumbers(text.codes[page], page, text.model, column.rawValue, "codes", into: &numbers)
      runs.replace(by: numbers)
    }
    let last = Int64(dictionarySize(column)) - 1
    var outside: Int64 = 0
    for code in runs.values { outside |= code | (last &- code) }
    guard outside >= 0 else { throw codeOutside(column, page) }
  }

  private func codeOutside(_ column: TextColumn, _ page: Int) -> StoreError {
    StoreError(
      .corruption, file: source.path, offset: header.texts[column.rawValue].codes[page].offset,
      "a code is not in the dictionary of \(dictionarySize(column))")
  }

  /// Errors of a page's content, as errors of the file.
  func placed<R>(
    _ page: PageReference, _ body: () throws(FormatError) -> R
  ) throws(StoreError) -> R {
    do throws(FormatError) {
      return try body()
    } catch {
      throw StoreError(.corruption, file: source.path, offset: page.offset, error.reason)
    }
  }

  /// The value of one row of a page; `place` is the place of its column's model.
  func value(
    of page: CodePage, _ inPage: Int, row: Int, _ model: RowGroupHeader.Model?, _ place: Int, _ reference: PageReference
  ) throws(StoreError) -> Int64 {
    switch page {
    case .plain(let view): return view[inPage]
    case .conditioned(let view):
      guard let model else {
        throw StoreError(
          .corruption, file: source.path, offset: reference.offset, "a conditioned page of a column without a model")
      }
      let classCode = try code(model.column, row: row)
      let lists = try self.model(model, place)
      return try placed(reference) { () throws(FormatError) in try view.value(inPage, class: classCode, lists) }
    }
  }
}
