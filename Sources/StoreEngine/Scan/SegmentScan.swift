/// The events of a segment that satisfy a filter, in the order of their keys.
///
/// Row groups are pruned by the keys and times of the footer and by their dictionaries, pages by the times of their zone
/// maps; of what is left, the columns of the conditions are read first, and the others only where a row is wanted.
package final class SegmentScan: SortedSource {
  private let segment: Segment
  private let filter: EventFilter
  private let columns: ColumnSet
  private var groups: Range<Int>
  private var selection: RowGroupSelection?
  private var pages: Range<Int> = 0..<0

  package init(_ segment: Segment, filter: EventFilter = EventFilter(), columns: ColumnSet = .all) {
    self.segment = segment
    self.filter = filter
    self.columns = columns
    groups = RowGroupSelection.groups(of: segment, filter)
  }

  package func next() throws(StoreError) -> EventBatch? {
    var batch = EventBatch()
    // A page adds at most half a chunk, so a chunk that is less than half full has room for one.
    while batch.count <= ScanChunk.rows - SegmentLayout.rowsPerPage {
      if pages.isEmpty, !(try openNextGroup()) { break }
      guard let selection else { break }
      var recoder = RowGroupRecoder()
      while let page = pages.first, batch.count <= ScanChunk.rows - SegmentLayout.rowsPerPage {
        pages.removeFirst()
        let picks = try selection.picks(page: page)
        if !picks.isEmpty {
          try selection.group.append(page: page, picks, columns, to: &batch, &recoder)
        }
      }
    }
    return batch.isEmpty ? nil : batch
  }

  private func openNextGroup() throws(StoreError) -> Bool {
    while let index = groups.first {
      groups.removeFirst()
      if let opened = try RowGroupSelection(segment, index, filter) {
        selection = opened
        pages = opened.pages
        return true
      }
    }
    selection = nil
    return false
  }
}
