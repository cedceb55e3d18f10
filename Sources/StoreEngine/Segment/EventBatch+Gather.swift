import Columnar

/// Carries rows from one batch to another: which code of the source is which code of the target.
///
/// Every distinct text is looked up once, every further row costs one table access. Good for one source and one target as
/// long as the target's dictionaries only grow; `reset` when the target starts anew.
package struct BatchRecoder: Sendable {
  /// For every text column, by code of the source: the target's code + 1, or 0 where it is not yet known.
  var tables: [[UInt32]]

  package init(_ source: EventBatch) {
    tables = TextColumn.allCases.map { [UInt32](repeating: 0, count: source.dictionary($0).count) }
  }

  package mutating func reset() {
    for column in tables.indices {
      tables[column] = [UInt32](repeating: 0, count: tables[column].count)
    }
  }
}

extension EventBatch {
  /// Appends rows of `source` in the given order.
  package mutating func append(
    _ source: EventBatch, order: ArraySlice<UInt32>, recoder: inout BatchRecoder
  ) {
    for column in TextColumn.allCases {
      let codes = source.codes(column)
      let dictionary = source.dictionary(column)
      change(column) { target, targetDictionary in
        _ = Self.recode(
          codes, dictionary, order, &recoder.tables[column.rawValue], &target, &targetDictionary, limit: Int.max)
      }
    }
    appendNumbers(of: source, order: order)
  }

  /// Appends rows in the given order until the metadata dictionary holds more than `metadataLimit` bytes; the number
  /// of rows taken, at least one.
  mutating func append(
    _ source: EventBatch, order: ArraySlice<UInt32>, recoder: inout BatchRecoder, metadataLimit: Int
  ) -> Int {
    let taken = Self.recode(
      source.metadata, source.metadatas, order, &recoder.tables[TextColumn.metadata.rawValue], &metadata, &metadatas,
      limit: metadataLimit)
    let rows = order.prefix(taken)
    for column in TextColumn.allCases where column != .metadata {
      let codes = source.codes(column)
      let dictionary = source.dictionary(column)
      change(column) { target, targetDictionary in
        _ = Self.recode(
          codes, dictionary, rows, &recoder.tables[column.rawValue], &target, &targetDictionary, limit: Int.max)
      }
    }
    appendNumbers(of: source, order: rows)
    return taken
  }

  private mutating func appendNumbers(of source: EventBatch, order: ArraySlice<UInt32>) {
    Self.gather(source.eventIDHigh, order, to: &eventIDHigh)
    Self.gather(source.eventIDLow, order, to: &eventIDLow)
    Self.gather(source.delta, order, to: &delta)
    Self.gather(source.createdAt, order, to: &createdAt)
  }

  private static func gather<T>(_ values: [T], _ order: ArraySlice<UInt32>, to target: inout [T]) {
    for row in order { target.append(values[Int(row)]) }
  }

  private static func recode(
    _ codes: [UInt32], _ dictionary: ByteStringDictionary, _ order: ArraySlice<UInt32>, _ table: inout [UInt32],
    _ target: inout [UInt32], _ targetDictionary: inout ByteStringDictionary, limit: Int
  ) -> Int {
    var taken = 0
    for row in order {
      let code = codes[Int(row)]
      var mapped = table[Int(code)]
      taken += 1
      if mapped == 0 {
        mapped = targetDictionary.intern(code, of: dictionary) + 1
        table[Int(code)] = mapped
        target.append(mapped - 1)
        if limit != Int.max, targetDictionary.arena.count > limit { break }
      } else {
        target.append(mapped - 1)
      }
    }
    return taken
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
