import Columnar

/// Turns the rows of one row group into pages and hands each to `store`.
struct RowGroupEncoder {
  typealias Store = (_ raw: [UInt8], _ content: PageContent) throws(StoreError) -> PageReference

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
    var random = PageContent.random
    while first < dictionary.count {
      let from = dictionary.start(UInt32(first))
      var end = first + 1
      while end < dictionary.count, end - first < SegmentLayout.dictionaryPageStrings,
        Int(dictionary.ends[end]) - from <= SegmentLayout.dictionaryPageLength
      { end += 1 }
      var writer = ByteWriter()
      let mayCompress = TextPage.encode(dictionary, codes[first..<end], into: &writer)
      text.firsts.append(first)
      let page = try store(writer.bytes, mayCompress ? .texts : random)
      if !mayCompress { random = random.next(after: page) }
      text.dictionary.append(page)
      first = end
    }
    let values = rows.codes(column)
    for index in 0..<pages {
      var writer = ByteWriter()
      IntegerPage.encode(values[range(index)].map { Int64($0) }, extended: true, into: &writer)
      text.codes.append(try store(writer.bytes, .numbers))
    }
    return text
  }

  /// Metadata: their texts are split into templates and values, and their codes are told by the source where that pays.
  private mutating func storeMetadata(_ store: Store) throws(StoreError) -> RowGroupHeader.Text {
    let dictionary = rows.metadatas
    var text = RowGroupHeader.Text(size: dictionary.count)
    var codes = [UInt32](0..<UInt32(dictionary.count))
    var values = rows.metadata.map { Int64($0) }
    let found = findModel(values, 0...Int64(max(1, dictionary.count) - 1), countsUp: true)
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
        text.dictionary.append(try store(writer.bytes, .texts))
      }
    }
    (text.model, text.codes) = try storePages(values, condition, firstNew: Int64(listed), findScale: false, store)
    return text
  }

  /// The filter of the metadata, which were stored before; nil where there are too many values.
  func storeMetadataFilter(_ store: Store) throws(StoreError) -> MetadataFilterReference? {
    guard let (kind, bytes) = filter.build() else { return nil }
    return MetadataFilterReference(page: try store(bytes, .noise), kind: kind)
  }

  /// The statistics of the metadata, which were stored before.
  func storeMetadataStatistics(_ store: Store) throws(StoreError) -> MetadataStatisticsReference {
    guard let statistics = filter.statistics() else { return .unknown }
    return statistics == .empty ? .empty : .page(try store(statistics.encoded(), .texts))
  }

  // MARK: Numbers

  func storeTimes(_ store: Store) throws(StoreError) -> [RowGroupHeader.Times] {
    var times: [RowGroupHeader.Times] = []
    var random = PageContent.random
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
      let page = try store(writer.bytes, plan.mayCompress ? .numbers : random)
      if !plan.mayCompress { random = random.next(after: page) }
      times.append(RowGroupHeader.Times(page: page, smallest: smallest, largest: largest))
    }
    return times
  }

  func storeEventIDs(_ store: Store) throws(StoreError) -> [PageReference] {
    var references: [PageReference] = []
    var random = PageContent.random
    for index in 0..<pages {
      var writer = ByteWriter()
      let isRandom = EventIDPage.encode(
        high: rows.eventIDHigh, low: rows.eventIDLow, createdAt: rows.createdAt, range(index), into: &writer)
      let page = try store(writer.bytes, isRandom ? random : .numbers)
      if isRandom { random = random.next(after: page) }
      references.append(page)
    }
    return references
  }

  func storeDeltas(_ store: Store) throws(StoreError) -> (RowGroupHeader.Model?, [PageReference]) {
    let deltas = rows.delta
    var (smallest, largest) = (Int64.max, Int64.min)
    for delta in deltas {
      smallest = min(smallest, delta)
      largest = max(largest, delta)
    }
    let model = smallest > largest ? nil : findModel(deltas, smallest...largest, countsUp: false)
    return try storePages(deltas, model, firstNew: nil, findScale: true, store)
  }

  // MARK: Conditioned columns

  private struct Condition {
    var column: TextColumn
    var model: ConditionedModel
  }

  /// The column that tells most of these values, which are within `bounds`, if any does.
  private func findModel(_ values: [Int64], _ bounds: ClosedRange<Int64>, countsUp: Bool) -> Condition? {
    let candidates = Self.conditions.filter { column in
      let classCount = rows.dictionary(column).count
      return classCount <= Self.mostClasses && (classCount > 1 || column == Self.conditions[0])
    }
    var best: (bits: Double, column: TextColumn)?
    for column in candidates {
      let size = candidates.count > 1 ? ConditionedModelBuilder.roughSampleSize : ConditionedModelBuilder.sampleSize
      guard let builder = builder(values, bounds, column, countsUp, size) else { continue }
      if candidates.count == 1 { return Condition(column: column, model: builder.model) }
      if builder.bitsPerRow < best?.bits ?? .infinity { best = (builder.bitsPerRow, column) }
    }
    guard let best, let builder = builder(values, bounds, best.column, countsUp, ConditionedModelBuilder.sampleSize)
    else {
      return nil
    }
    return Condition(column: best.column, model: builder.model)
  }

  private func builder(
    _ values: [Int64], _ bounds: ClosedRange<Int64>, _ column: TextColumn, _ countsUp: Bool, _ sampleSize: Int
  ) -> ConditionedModelBuilder? {
    ConditionedModelBuilder(
      values, bounds: bounds, classes: rows.codes(column), classCount: rows.dictionary(column).count,
      countsUp: countsUp, sampleSize: sampleSize)
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
        references.append(try store(writer.bytes, .numbers))
      }
      return (nil, references)
    }
    var modelPage = ByteWriter()
    condition.model.append(to: &modelPage)
    let model = RowGroupHeader.Model(column: condition.column, page: try store(modelPage.bytes, .numbers))
    let classes = rows.codes(condition.column)
    var encoder = ConditionedPage.Encoder(condition.model, firstNew: firstNew)
    var random = PageContent.random
    for index in 0..<pages {
      let plain = IntegerPage.Plan(values, range(index), findScale: findScale, extended: true)
      let page = encoder.encode(values, classes: classes, range(index))
      if page.count < plain.length {
        let reference = try store(page, random)
        random = random.next(after: reference)
        references.append(reference)
      } else {
        var writer = ByteWriter()
        plain.encode(values, range(index), into: &writer)
        references.append(try store(writer.bytes, .numbers))
      }
    }
    return (model, references)
  }

  private func range(_ page: Int) -> Range<Int> { SegmentLayout.rows(ofPage: page, of: rows.count) }
}
