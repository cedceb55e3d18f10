import Columnar

/// All rows of a segment in the order of their keys, a page at a time, with the codes and dictionaries of their row group:
/// nothing is recoded. The dictionaries can only be read.
final class SegmentPages: SortedSource {
  private let segment: Segment
  private var group: RowGroup?
  private var texts: [ByteStringDictionary] = []
  private var nextGroup = 0
  private var nextPage = 0
  private(set) var keepsTexts = false

  init(_ segment: Segment) { self.segment = segment }

  func next() throws(StoreError) -> EventBatch? {
    keepsTexts = true
    while true {
      if let group, nextPage < group.pageCount {
        defer { nextPage += 1 }
        return try rows(of: group, page: nextPage)
      }
      guard nextGroup < segment.footer.rowGroups.count else { return nil }
      let opened = try segment.rowGroup(nextGroup)
      nextGroup += 1
      nextPage = 0
      keepsTexts = false
      group = opened
      texts.removeAll()
      for column in TextColumn.allCases { texts.append(try opened.texts(column)) }
    }
  }

  private func rows(of group: RowGroup, page: Int) throws(StoreError) -> EventBatch {
    var codes: [[UInt32]] = []
    for column in TextColumn.allCases { codes.append(try group.codes(column, page: page)) }
    let ids = try group.eventIDs(page: page)
    return EventBatch(
      eventIDHigh: ids.high, eventIDLow: ids.low, codeColumns: codes, dictionaries: texts,
      delta: try group.delta(page: page), createdAt: try group.createdAt(page: page))
  }
}
