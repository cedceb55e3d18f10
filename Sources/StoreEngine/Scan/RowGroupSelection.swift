import Columnar

/// The rows of one row group that a filter may want, after everything that prunes without reading rows.
struct RowGroupSelection {
  let group: RowGroup
  /// The rows within which the wanted ones lie.
  let range: Range<Int>
  /// For the columns that still have to be looked at: which codes are wanted.
  private let tests: [(column: TextColumn, wanted: [Bool])]
  private let times: ClosedRange<Int64>

  /// The row groups of a segment that the keys of the footer leave.
  static func groups(of segment: Segment, _ filter: EventFilter) -> Range<Int> {
    guard segment.smallestCreatedAt <= filter.times.upperBound, segment.largestCreatedAt >= filter.times.lowerBound
    else { return 0..<0 }
    guard let user = filter.user else { return segment.rowGroups(users: filter.users) }
    guard let entity = filter.entity else { return segment.rowGroups(user: Bytes(user)) }
    return segment.rowGroups(user: Bytes(user), entity: Bytes(entity))
  }

  /// Looks at a row group's bounds, its filter of metadata and its dictionaries; nil where no row can satisfy the filter.
  init?(_ segment: Segment, _ index: Int, _ filter: EventFilter) throws(StoreError) {
    let entry = segment.footer.rowGroups[index]
    guard entry.smallest <= filter.times.upperBound, entry.largest >= filter.times.lowerBound else { return nil }
    if let metadata = filter.metadata, !(try segment.mayMatch(metadata, rowGroup: index)) { return nil }
    group = try segment.rowGroup(index)
    times = filter.times
    var open: [TextColumn] = [.entityType, .dimension, .source, .scope]
    if let user = filter.user {
      let rows = try group.rows(ofUser: Bytes(user))
      if let entity = filter.entity {
        range = try group.rows(of: .entity, equalTo: Bytes(entity), in: rows)
      } else {
        range = rows
      }
    } else {
      range = try group.rows(ofUsers: filter.users)
      open.append(.entity)
    }
    guard !range.isEmpty else { return nil }
    var tests: [(column: TextColumn, wanted: [Bool])] = []
    for column in open {
      guard let predicate = filter.predicate(column) else { continue }
      let wanted = try group.mark(column, predicate)
      guard wanted.contains(true) else { return nil }
      if wanted.contains(false) { tests.append((column, wanted)) }
    }
    if let metadata = filter.metadata {
      let wanted = try group.mark(metadata, rows: range)
      guard wanted.contains(true) else { return nil }
      // Looked at first: it leaves the fewest.
      if wanted.contains(false) { tests.insert((.metadata, wanted), at: 0) }
    }
    self.tests = tests
  }

  var pages: Range<Int> { group.pages(range) }

  /// Whether all rows of the range are wanted but for their times.
  var isRange: Bool { tests.isEmpty }

  /// Whether created_at of some row of the page may be wanted.
  func mayMatch(page: Int) -> Bool {
    let zone = group.header.times[page]
    return zone.smallest <= times.upperBound && zone.largest >= times.lowerBound
  }

  /// Whether all rows of a page are wanted, as far as is known without reading it.
  func takesAll(ofPage page: Int) -> Bool {
    let rows = group.rows(ofPage: page)
    let zone = group.header.times[page]
    return tests.isEmpty && range.lowerBound <= rows.lowerBound && range.upperBound >= rows.upperBound
      && times.contains(zone.smallest) && times.contains(zone.largest)
  }

  /// The wanted rows of a page, as indices within it.
  func picks(page: Int) throws(StoreError) -> [Int32] {
    guard mayMatch(page: page) else { return [] }
    let ofPage = group.rows(ofPage: page)
    let part = range.clamped(to: ofPage)
    var picks = [Int32](Int32(part.lowerBound - ofPage.lowerBound)..<Int32(part.upperBound - ofPage.lowerBound))
    for (column, wanted) in tests where !picks.isEmpty {
      let codes = try group.codes(column, page: page)
      picks.removeAll { !wanted[Int(codes[Int($0)])] }
    }
    let zone = group.header.times[page]
    if !picks.isEmpty, !(times.contains(zone.smallest) && times.contains(zone.largest)) {
      let createdAt = try group.createdAt(page: page)
      picks.removeAll { !times.contains(createdAt[Int($0)]) }
    }
    return picks
  }
}
