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
    return try segment.read(model.page, "model") { (reader) throws(FormatError) in
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
    try segment.read(reference, what) { (reader) throws(FormatError) in
      try reader.need(1, "encoding")
      guard reader.bytes[reader.offset] == ConditionedPage.encoding, let condition else {
        try IntegerPage.decode(&reader, count: count, replacing: &values)
        return
      }
      let view = try ConditionedPage.View(&reader, count: count)
      try view.decode(classes: condition.classes, condition.lists, replacing: &values)
    }
  }

  /// Errors of a page's content, as errors of the file.
  func placed<R>(
    _ page: PageReference, _ body: () throws(FormatError) -> R
  ) throws(StoreError) -> R {
    do throws(FormatError) {
      return try body()
    } catch {
      throw StoreError(.corruption, file: segment.path, offset: page.offset, error.reason)
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
          .corruption, file: segment.path, offset: reference.offset, "a conditioned page of a column without a model")
      }
      let classCode = try code(model.column, row: row)
      let lists = try self.model(model, place)
      return try placed(reference) { () throws(FormatError) in try view.value(inPage, class: classCode, lists) }
    }
  }
}
