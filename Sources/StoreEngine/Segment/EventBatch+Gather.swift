import Columnar

extension EventBatch {
  /// Appends rows in the given order until the metadata dictionary holds more than `metadataLimit` bytes; the
  /// number of rows taken, at least one.
  mutating func append(
    _ source: EventBatch, order: ArraySlice<UInt32>, recoder: inout BatchRecoder, metadataLimit: Int
  ) -> Int {
    var taken = 0
    while taken < order.count, taken == 0 || metadatas.arena.count <= metadataLimit {
      let rest = order.dropFirst(taken)
      let count = rowsBelow(metadataLimit, source, rest)
      append(source, rows: rest.prefix(count), recoder: &recoder)
      taken += count
    }
    return taken
  }

  /// How many of the rows, at least one, surely do not bring the metadata above a limit before the last of them.
  private func rowsBelow(_ limit: Int, _ source: EventBatch, _ rows: ArraySlice<UInt32>) -> Int {
    if metadatas.arena.count + source.metadatas.arena.count <= limit { return rows.count }
    var size = metadatas.arena.count
    var count = 0
    for row in rows where size <= limit {
      size += source.metadatas.length(source.metadata[Int(row)])
      count += 1
    }
    return count
  }

  /// The order of two rows in a segment: by key, created_at and event id.
  package func compareRows(_ a: Int, _ b: Int) -> Int {
    for column in TextColumn.key {
      let codes = codes(column)
      if codes[a] == codes[b] { continue }
      let order = dictionary(column).compare(codes[a], codes[b])
      if order != 0 { return order }
    }
    if createdAt[a] != createdAt[b] { return createdAt[a] < createdAt[b] ? -1 : 1 }
    let idA = EventID(high: eventIDHigh[a], low: eventIDLow[a])
    let idB = EventID(high: eventIDHigh[b], low: eventIDLow[b])
    return idA == idB ? 0 : idA < idB ? -1 : 1
  }
}
