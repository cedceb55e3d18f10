import Columnar

/// Rows of memtables, which come in no order, and their union with those of the runs.
extension GrowthRows {
  /// Puts entities in the order of their keys, and those of one key together.
  mutating func sortItems() {
    guard keyEnds.count > 1 else { return }
    let bytes = Bytes(keys)
    var items: [(key: KeySpan, rows: Range<Int>)] = []
    items.reserveCapacity(keyEnds.count)
    var row = 0
    for item in keyEnds.indices {
      let first = row
      while row < rows.count, Int(rows[row].item) == item { row += 1 }
      let start = item == 0 ? 0 : keyEnds[item - 1]
      items.append((KeySpan(bytes, start, keyEnds[item] - start), first..<row))
    }
    items.sort { KeySpan.compare($0.key, $1.key) < 0 }
    var sorted = GrowthRows()
    sorted.begin(texts)
    sorted.rows.reserveCapacity(rows.count)
    var previous: KeySpan?
    var start = 0
    for item in items {
      if let previous, KeySpan.compare(previous, item.key) == 0 {
        sorted.add(older: rows[item.rows], from: start)
      } else {
        start = sorted.rows.count
        sorted.append(item.key, rows[item.rows])
      }
      previous = item.key
    }
    self = sorted
  }

  /// Adds what a newer source says, of the same texts and sorted as this is.
  mutating func merge(newer: GrowthRows) {
    if newer.isEmpty { return }
    if isEmpty {
      self = newer
      return
    }
    let (ownKeys, newKeys) = (Bytes(keys), Bytes(newer.keys))
    var merged = GrowthRows()
    merged.begin(texts)
    merged.rows.reserveCapacity(rows.count + newer.rows.count)
    var (left, right) = (0, 0)
    while left < rows.count || right < newer.rows.count {
      let own = left < rows.count ? Self.span(ownKeys, self, Int(rows[left].item)) : nil
      let new = right < newer.rows.count ? Self.span(newKeys, newer, Int(newer.rows[right].item)) : nil
      let order = own.flatMap { own in new.map { KeySpan.compare(own, $0) } } ?? (own == nil ? 1 : -1)
      let start = merged.rows.count
      if order >= 0, let new {
        let end = newer.end(from: right)
        merged.append(new, newer.rows[right..<end])
        right = end
      }
      if order <= 0, let own {
        let end = self.end(from: left)
        if order < 0 {
          merged.append(own, rows[left..<end])
        } else {
          merged.add(older: rows[left..<end], from: start)
        }
        left = end
      }
    }
    self = merged
  }

  /// Where the rows of the entity of a row end.
  private func end(from row: Int) -> Int {
    var end = row + 1
    while end < rows.count, rows[end].item == rows[row].item { end += 1 }
    return end
  }

  private mutating func append(_ key: KeySpan, _ more: ArraySlice<Row>) {
    beginItem(key)
    for row in more {
      var row = row
      row.item = UInt32(keyEnds.count - 1)
      rows.append(row)
    }
  }

  /// Adds rows of the last entity, which begins at `start`.
  private mutating func add(older more: ArraySlice<Row>, from start: Int) {
    var hint = start
    for row in more { add(older: row.measures, order: row.order, isReset: row.isFinal, hint: &hint) }
  }

  private static func span(_ bytes: Bytes, _ rows: GrowthRows, _ item: Int) -> KeySpan {
    let start = item == 0 ? 0 : rows.keyEnds[item - 1]
    return KeySpan(bytes, start, rows.keyEnds[item] - start)
  }
}
