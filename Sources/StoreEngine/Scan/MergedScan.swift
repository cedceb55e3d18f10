import Columnar

/// Several sorted sources as one, in the order of their keys.
///
/// Heads are kept in order of the series (rows of one key) at which they stand. While one alone stands at the smallest,
/// its whole series is taken at once; heads at the same series are merged by created_at and id. Texts are compared by
/// their first bytes once per series, and recoded once per distinct text and chunk.
package final class MergedScan: SortedSource {
  private var heads: [MergeHead] = []
  private var waiting: [MergeHead]
  private var output = EventBatch()
  /// Rows given to the output, of which the last are still in the runs of the heads.
  private var taken = 0

  /// Events that stand in several sources come out as often.
  package init(_ sources: [any SortedSource]) { waiting = sources.map { MergeHead($0) } }

  package func next() throws(StoreError) -> EventBatch? {
    while let head = waiting.popLast() {
      if try head.load() { insert(head, from: 0) }
    }
    output = EventBatch()
    taken = 0
    for head in heads { head.recoder.reset() }
    while taken < ScanChunk.rows, let first = heads.first {
      let done: Int?
      if first.equalsNext {
        done = mergeSeries()
      } else {
        let count = min(first.seriesEnd - first.position, ScanChunk.rows - taken)
        first.take(count, to: taken)
        taken += count
        done = first.isSeriesDone ? 0 : nil
      }
      if let done { try advance(done) }
    }
    settle()
    let result = output
    output = EventBatch()
    return result.isEmpty ? nil : result
  }

  /// Merges the heads that stand at the smallest series until one of them has left it, or the chunk is full; the index of
  /// the head that has left.
  private func mergeSeries() -> Int? {
    var count = 1
    while heads[count - 1].equalsNext { count += 1 }
    while taken < ScanChunk.rows {
      var winner = 0
      for index in 1..<count where MergeHead.precedes(heads[index], heads[index].position, heads[winner]) {
        winner = index
      }
      // The rows of the winner that come before all other heads: compare with the best of the others only.
      var second = winner == 0 ? 1 : 0
      for index in 0..<count
      where index != winner && MergeHead.precedes(heads[index], heads[index].position, heads[second]) { second = index }
      let head = heads[winner]
      let limit = min(head.seriesEnd, head.position + ScanChunk.rows - taken)
      var end = head.position + 1
      while end < limit, MergeHead.precedes(head, end, heads[second]) { end += 1 }
      let size = end - head.position
      head.take(size, to: taken)
      taken += size
      if head.isSeriesDone { return winner }
    }
    return nil
  }

  /// Moves a head whose series is done to its next one, and to its place among the heads.
  private func advance(_ index: Int) throws(StoreError) {
    let head = heads[index]
    if index == 0, !head.isChunkDone {
      head.beginSeries()
      // Most often it is still the first, or follows the second.
      if heads.count == 1 || (!head.equalsNext && MergeHead.compareSeries(head, heads[1]) < 0) { return }
    } else if head.isChunkDone {
      settle()
      guard try head.load() else {
        remove(index)
        return
      }
    } else {
      head.beginSeries()
    }
    remove(index)
    insert(head, from: index)
  }

  private func remove(_ index: Int) {
    let head = heads.remove(at: index)
    // What equals this head equals what this head equals.
    if index > 0, heads[index - 1].equalsNext { heads[index - 1].equalsNext = head.equalsNext }
    head.equalsNext = false
  }

  /// Inserts a head whose series is not smaller than those of the heads before `start`.
  private func insert(_ head: MergeHead, from start: Int) {
    var lower = start
    var upper = heads.count
    var equalsBefore = start > 0 && MergeHead.compareSeries(heads[start - 1], head) == 0
    while lower < upper {
      let middle = (lower + upper) / 2
      let order = MergeHead.compareSeries(heads[middle], head)
      if order <= 0 {
        lower = middle + 1
        equalsBefore = order == 0
      } else {
        upper = middle
      }
    }
    heads.insert(head, at: lower)
    head.equalsNext = false
    if lower > 0 { heads[lower - 1].equalsNext = equalsBefore }
  }

  /// Carries the rows of all runs into the output, column by column.
  private func settle() {
    let new = taken - output.count
    guard new > 0 else { return }
    for column in TextColumn.allCases {
      output.change(column) { codes, dictionary in
        codes.append(contentsOf: repeatElement(0, count: new))
        for head in heads where !head.runs.isEmpty { head.settle(column, to: &codes, &dictionary) }
      }
    }
    settle(\.createdAt)
    settle(\.eventIDHigh)
    settle(\.eventIDLow)
    settle(\.delta)
    for head in heads { head.runs.removeAll(keepingCapacity: true) }
  }

  private func settle<T: FixedWidthInteger>(_ column: WritableKeyPath<EventBatch, [T]>) {
    var target: [T] = []
    swap(&target, &output[keyPath: column])
    target.append(contentsOf: repeatElement(0, count: taken - target.count))
    for head in heads where !head.runs.isEmpty {
      let source = head.batch[keyPath: column]
      for run in head.runs {
        for index in 0..<run.count { target[run.place + index] = source[run.row + index] }
      }
    }
    swap(&target, &output[keyPath: column])
  }
}

extension MergeHead {
  fileprivate func settle(_ column: TextColumn, to codes: inout [UInt32], _ dictionary: inout ByteStringDictionary) {
    let source = batch.codes(column)
    let texts = batch.dictionary(column)
    var table: [UInt32] = []
    swap(&table, &recoder.tables[column.rawValue])
    if table.isEmpty { table = [UInt32](repeating: 0, count: texts.count) }
    var unknown: [UInt32] = []
    for run in runs {
      for row in run.row..<run.row + run.count where table[Int(source[row])] == 0 {
        table[Int(source[row])] = .max
        unknown.append(source[row])
      }
    }
    if !unknown.isEmpty { dictionary.intern(unknown, of: texts, table: &table) }
    for run in runs {
      for index in 0..<run.count { codes[run.place + index] = table[Int(source[run.row + index])] &- 1 }
    }
    swap(&table, &recoder.tables[column.rawValue])
  }
}
