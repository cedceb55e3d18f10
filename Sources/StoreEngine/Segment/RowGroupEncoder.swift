import Columnar

/// Turns the rows of one row group into pages and hands each to `store`.
struct RowGroupEncoder {
  /// Stores a page; `mayCompress` is false where a codec would only waste time.
  typealias Store = (_ raw: [UInt8], _ mayCompress: Bool) throws(StoreError) -> PageReference

  private let rows: EventBatch
  private let pages: Int
  private var filter: MetadataFilterBuilder

  /// Columns that may tell what others hold, by the order in which they are tried.
  private static let conditions: [TextColumn] = [.source, .dimension]
  /// More classes than this tell nothing that is worth a list.
  private static let mostClasses = 256

  init(_ rows: EventBatch) {
    self.rows = rows
    pages = SegmentLayout.pages(rows.count)
    filter = MetadataFilterBuilder(rows: rows.count)
  }

  // MARK: Texts

  mutating func storeText(_ column: TextColumn, _ store: Store) throws(StoreError) -> RowGroupHeader.Text {
    if column == .metadata { return try storeMetadata(store) }
    let dictionary = rows.dictionary(column)
    var text = RowGroupHeader.Text(size: dictionary.count)
    let codes = [UInt32](0..<UInt32(dictionary.count))
    var first = 0
    while first < dictionary.count {
      let from = dictionary.start(UInt32(first))
      var end = first + 1
      while end < dictionary.count, end - first < SegmentLayout.dictionaryPageStrings,
        Int(dictionary.ends[end]) - from <= SegmentLayout.dictionaryPageLength
      { end += 1 }
      var writer = ByteWriter()
      let mayCompress = TextPage.encode(dictionary, codes[first..<end], into: &writer)
      text.firsts.append(first)
      text.dictionary.append(try store(writer.bytes, mayCompress))
      first = end
    }
    let values = rows.codes(column).map { Int64($0) }
    for index in 0..<pages {
      var writer = ByteWriter()
      IntegerPage.encode(values, range(index), extended: true, into: &writer)
      text.codes.append(try store(writer.bytes, true))
    }
    return text
  }

  /// Metadata: their texts are split into templates and values, and their codes are told by the source where that pays.
  private mutating func storeMetadata(_ store: Store) throws(StoreError) -> RowGroupHeader.Text {
    let dictionary = rows.metadatas
    var text = RowGroupHeader.Text(size: dictionary.count)
    var codes = [UInt32](0..<UInt32(dictionary.count))
    var values = rows.metadata.map { Int64($0) }
    let found = findModel(values, countsUp: true)
    var condition = found
    var listed = 0
    if let found {
      // Listed texts come first, so that the others, numbered by first appearance, count up without a gap.
      var numbers = [Int64](repeating: -1, count: dictionary.count)
      for code in found.model.values.sorted() where numbers[Int(code)] < 0 {
        numbers[Int(code)] = Int64(listed)
        listed += 1
      }
      var next = listed
      for code in numbers.indices where numbers[code] < 0 {
        numbers[code] = Int64(next)
        next += 1
      }
      for code in numbers.indices { codes[Int(numbers[code])] = UInt32(code) }
      values = values.map { numbers[Int($0)] }
      condition?.model = found.model.mapped { numbers[Int($0)] }
    }
    var shredder = MetadataShredder()
    for (number, code) in codes.enumerated() {
      if shredder.count == 0 { text.firsts.append(number) }
      shredder.append(code, of: dictionary)
      if shredder.isFull || number == codes.count - 1 {
        var writer = ByteWriter()
        filter.add(shredder)
        shredder.finish(into: &writer)
        text.dictionary.append(try store(writer.bytes, true))
      }
    }
    (text.model, text.codes) = try storePages(values, condition, firstNew: Int64(listed), findScale: false, store)
    return text
  }

  /// The filter of the metadata, which were stored before; nil where there are too many values.
  func storeMetadataFilter(_ store: Store) throws(StoreError) -> MetadataFilterReference? {
    guard let (kind, bytes) = filter.build() else { return nil }
    return MetadataFilterReference(page: try store(bytes, false), kind: kind)
  }

  /// The statistics of the metadata, which were stored before.
  func storeMetadataStatistics(_ store: Store) throws(StoreError) -> MetadataStatisticsReference {
    guard let statistics = filter.statistics() else { return .unknown }
    return statistics == .empty ? .empty : .page(try store(statistics.encoded(), true))
  }

  // MARK: Numbers

  func storeTimes(_ store: Store) throws(StoreError) -> [RowGroupHeader.Times] {
    var times: [RowGroupHeader.Times] = []
    for index in 0..<pages {
      var writer = ByteWriter()
      let plan = IntegerPage.Plan(rows.createdAt, range(index), findScale: true, extended: true)
      plan.encode(rows.createdAt, range(index), into: &writer)
      var smallest = Int64.max
      var largest = Int64.min
      for value in rows.createdAt[range(index)] {
        smallest = min(smallest, value)
        largest = max(largest, value)
      }
      let page = try store(writer.bytes, plan.mayCompress)
      times.append(RowGroupHeader.Times(page: page, smallest: smallest, largest: largest))
    }
    return times
  }

  func storeEventIDs(_ store: Store) throws(StoreError) -> [PageReference] {
    var references: [PageReference] = []
    for index in 0..<pages {
      var writer = ByteWriter()
      let isRandom = EventIDPage.encode(
        high: rows.eventIDHigh, low: rows.eventIDLow, createdAt: rows.createdAt, range(index), into: &writer)
      references.append(try store(writer.bytes, !isRandom))
    }
    return references
  }

  func storeDeltas(_ store: Store) throws(StoreError) -> (RowGroupHeader.Model?, [PageReference]) {
    try storePages(rows.delta, findModel(rows.delta, countsUp: false), firstNew: nil, findScale: true, store)
  }

  // MARK: Conditioned columns

  private struct Condition {
    var column: TextColumn
    var model: ConditionedModel
  }

  /// The column that tells most of these values, if any does.
  private func findModel(_ values: [Int64], countsUp: Bool) -> Condition? {
    let candidates = Self.conditions.filter { column in
      let classCount = rows.dictionary(column).count
      return classCount <= Self.mostClasses && (classCount > 1 || column == Self.conditions[0])
    }
    var best: (bits: Double, column: TextColumn)?
    for column in candidates {
      let size = candidates.count > 1 ? ConditionedModelBuilder.roughSampleSize : ConditionedModelBuilder.sampleSize
      guard let builder = builder(values, column, countsUp, size) else { continue }
      if candidates.count == 1 { return Condition(column: column, model: builder.model) }
      if builder.bitsPerRow < best?.bits ?? .infinity { best = (builder.bitsPerRow, column) }
    }
    guard let best, let builder = builder(values, best.column, countsUp, ConditionedModelBuilder.sampleSize) else {
      return nil
    }
    return Condition(column: best.column, model: builder.model)
  }

  private func builder(
    _ values: [Int64], _ column: TextColumn, _ countsUp: Bool, _ sampleSize: Int
  ) -> ConditionedModelBuilder? {
    ConditionedModelBuilder(
      values, classes: rows.codes(column), classCount: rows.dictionary(column).count, countsUp: countsUp,
      sampleSize: sampleSize)
  }

  /// The pages of a column, each conditioned where that is shorter.
  private func storePages(
    _ values: [Int64], _ condition: Condition?, firstNew: Int64?, findScale: Bool, _ store: Store
  ) throws(StoreError) -> (RowGroupHeader.Model?, [PageReference]) {
    var references: [PageReference] = []
    guard let condition else {
      for index in 0..<pages {
        var writer = ByteWriter()
        IntegerPage.encode(values, range(index), findScale: findScale, extended: true, into: &writer)
        references.append(try store(writer.bytes, true))
      }
      return (nil, references)
    }
    var modelPage = ByteWriter()
    condition.model.append(to: &modelPage)
    let model = RowGroupHeader.Model(column: condition.column, page: try store(modelPage.bytes, true))
    let classes = rows.codes(condition.column)
    var encoder = ConditionedPage.Encoder(condition.model, firstNew: firstNew)
    for index in 0..<pages {
      let plain = IntegerPage.Plan(values, range(index), findScale: findScale, extended: true)
      let page = encoder.encode(values, classes: classes, range(index))
      if page.count < plain.length {
        references.append(try store(page, false))
      } else {
        var writer = ByteWriter()
        plain.encode(values, range(index), into: &writer)
        references.append(try store(writer.bytes, true))
      }
    }
    return (model, references)
  }

  private func range(_ page: Int) -> Range<Int> { SegmentLayout.rows(ofPage: page, of: rows.count) }
}
