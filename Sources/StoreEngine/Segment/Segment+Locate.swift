package import Columnar

extension Segment {
  /// Where events of the given keys stand, by index of the key; nil where there is none.
  ///
  /// This settles exactly what the filter only suspects. Keys of one user should stand together: then the rows of each
  /// user are looked up once, and every page of ids is read at most once.
  package func locate(_ keys: [EventKey], users: ByteStringDictionary) throws(StoreError) -> [EventLocation?] {
    var found = [EventLocation?](repeating: nil, count: keys.count)
    var tasks: [(group: Int, user: Bytes, keys: Range<Int>)] = []
    var start = 0
    while start < keys.count {
      var end = start + 1
      while end < keys.count, keys[end].user == keys[start].user { end += 1 }
      let user = Bytes(users.bytes(keys[start].user))
      for group in rowGroups(user: user) { tasks.append((group, user, start..<end)) }
      start = end
    }
    tasks.sort { $0.group < $1.group }
    var next = 0
    while next < tasks.count {
      let group = try rowGroup(tasks[next].group)
      var ranges: [(rows: Range<Int>, keys: Range<Int>)] = []
      while next < tasks.count, tasks[next].group == group.index {
        let rows = try group.rows(ofUser: tasks[next].user)
        if !rows.isEmpty { ranges.append((rows, tasks[next].keys)) }
        next += 1
      }
      // In the order of the rows, so that the page read last serves the next user too.
      ranges.sort { $0.rows.lowerBound < $1.rows.lowerBound }
      for range in ranges {
        try group.match(keys[range.keys], in: range.rows, &found)
      }
    }
    return found
  }

  /// The events at the given places, in that order.
  package func batch(at locations: [EventLocation], columns: ColumnSet) throws(StoreError) -> EventBatch {
    let order = locations.indices.sorted { locations[$0] < locations[$1] }
    var sorted = EventBatch()
    var next = 0
    while next < order.count {
      let group = try rowGroup(locations[order[next]].rowGroup)
      var recoder = RowGroupRecoder()
      while next < order.count, locations[order[next]].rowGroup == group.index {
        let page = locations[order[next]].row / SegmentLayout.rowsPerPage
        var picks: [Int32] = []
        while next < order.count, locations[order[next]].rowGroup == group.index,
          locations[order[next]].row / SegmentLayout.rowsPerPage == page
        {
          picks.append(Int32(locations[order[next]].row % SegmentLayout.rowsPerPage))
          next += 1
        }
        try group.append(page: page, picks, columns, to: &sorted, &recoder)
      }
    }
    var places = [UInt32](repeating: 0, count: order.count)
    for (place, index) in order.enumerated() { places[index] = UInt32(place) }
    return sorted.gather(places)
  }
}

extension RowGroup {
  /// Looks for keys among rows of their user.
  fileprivate func match(
    _ keys: ArraySlice<EventKey>, in range: Range<Int>, _ found: inout [EventLocation?]
  ) throws(StoreError) {
    var finder = EventKeyFinder(keys)
    for page in pages(range) {
      let ids = try eventIDs(page: page)
      let first = rows(ofPage: page).lowerBound
      for row in range.clamped(to: rows(ofPage: page)) {
        finder.match(
          high: ids.high[row - first], low: ids.low[row - first], EventLocation(rowGroup: index, row: row), in: &found)
        if finder.missing == 0 { return }
      }
    }
  }
}
