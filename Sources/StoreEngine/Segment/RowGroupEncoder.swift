import Columnar

/// Turns the rows of one row group into pages and hands each to `store`.
struct RowGroupEncoder {
  typealias Store = (_ raw: [UInt8]) throws(StoreError) -> PageReference

  private let rows: EventBatch
  private let pages: Int

  init(_ rows: EventBatch) {
    self.rows = rows
    pages = SegmentLayout.pages(rows.count)
  }

  func storeText(_ column: TextColumn, _ store: Store) throws(StoreError) -> RowGroupHeader.Text {
    let dictionary = rows.dictionary(column)
    var text = RowGroupHeader.Text(size: dictionary.count, firsts: [], dictionary: [], codes: [])
    var first = 0
    while first < dictionary.count {
      let from = dictionary.start(UInt32(first))
      var end = first + 1
      while end < dictionary.count, end - first < SegmentLayout.dictionaryPageStrings,
        Int(dictionary.ends[end]) - from <= SegmentLayout.dictionaryPageLength
      { end += 1 }
      var writer = ByteWriter()
      DictionaryPage.encode(dictionary, first..<end, into: &writer)
      text.firsts.append(first)
      text.dictionary.append(try store(writer.bytes))
      first = end
    }
    let codes = rows.codes(column)
    var page: [Int64] = []
    for index in 0..<pages {
      page.removeAll(keepingCapacity: true)
      for code in codes[range(index)] { page.append(Int64(code)) }
      var writer = ByteWriter()
      IntegerPage.encode(page, into: &writer)
      text.codes.append(try store(writer.bytes))
    }
    return text
  }

  func storeTimes(_ store: Store) throws(StoreError) -> [RowGroupHeader.Times] {
    var times: [RowGroupHeader.Times] = []
    for index in 0..<pages {
      var writer = ByteWriter()
      IntegerPage.encode(rows.createdAt, range(index), findScale: true, into: &writer)
      var smallest = Int64.max
      var largest = Int64.min
      for value in rows.createdAt[range(index)] {
        smallest = min(smallest, value)
        largest = max(largest, value)
      }
      times.append(RowGroupHeader.Times(page: try store(writer.bytes), smallest: smallest, largest: largest))
    }
    return times
  }

  func storeEventIDs(_ store: Store) throws(StoreError) -> [PageReference] {
    var references: [PageReference] = []
    for index in 0..<pages {
      var writer = ByteWriter()
      EventIDPage.encode(
        high: rows.eventIDHigh, low: rows.eventIDLow, createdAt: rows.createdAt, range(index), into: &writer)
      references.append(try store(writer.bytes))
    }
    return references
  }

  func storeDeltas(_ store: Store) throws(StoreError) -> [PageReference] {
    var references: [PageReference] = []
    for index in 0..<pages {
      var writer = ByteWriter()
      IntegerPage.encode(rows.delta, range(index), findScale: true, into: &writer)
      references.append(try store(writer.bytes))
    }
    return references
  }

  private func range(_ page: Int) -> Range<Int> { SegmentLayout.rows(ofPage: page, of: rows.count) }
}
