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
  /// Rows of the chunk at the most.
  private var largest = ScanChunk.rows
  /// So many rows are given to the output before their texts are looked at.
  private var stride = Int.max
  private var metadataLimit = Int.max
  /// What the last chunk took, so that the next one need not grow.
  private var room = EventBatch.Room()

  /// Where there is one source alone: its chunks are handed on as they are.
  private let only: (any SortedSource)?

  /// Events that stand in several sources come out as often.
  package init(_ sources: [any SortedSource]) {
    only = sources.count == 1 ? sources[0] : nil
    waiting = sources.map { MergeHead($0) }
  }

  package func next() throws(StoreError) -> EventBatch? {
    if let only { return try only.next() }
    return try next(limit: ScanChunk.rows, metadataLimit: .max)
  }

  package var keepsTexts: Bool { only?.keepsTexts ?? false }

  /// A chunk of at most `limit` rows, which ends where its distinct metadata have outgrown `metadataLimit` bytes.
  func next(limit: Int, metadataLimit: Int) throws(StoreError) -> EventBatch? {
    self.metadataLimit = metadataLimit
    while let head = waiting.popLast() {
      if try load(head) { insert(head, from: 0) }
    }
    largest = limit
    output = EventBatch()
    output.reserve(room)
    taken = 0
    for head in heads { head.recoder.reset() }
    while taken < limit, output.metadatas.arena.count <= metadataLimit, let first = heads.first {
      let done: Int?
      if first.equalsNext {
        done = mergeSeries()
      } else {
        let count = min(first.seriesEnd - first.position, limit - taken)
        first.take(count, to: taken)
        taken += count
        done = first.isSeriesDone ? 0 : nil
      }
      if let done { try advance(done) }
      if taken - output.count >= stride { settle() }
    }
    settle()
    output.measure(&room)
    let result = output
    output = EventBatch()
    return result.isEmpty ? nil : result
  }

  /// Merges the heads that stand at the smallest series until one of them has left it, or enough rows are taken; the index
  /// of the head that has left.
  private func mergeSeries() -> Int? {
    var count = 1
    while heads[count - 1].equalsNext { count += 1 }
    while taken < largest, taken - output.count < stride {
      var winner = 0
      for index in 1..<count where MergeHead.precedes(heads[index], heads[index].position, heads[winner]) {
        winner = index
      }
      // The rows of the winner that come before all other heads: compare with the best of the others only.
      var second = winner == 0 ? 1 : 0
      for index in 0..<count
      where index != winner && MergeHead.precedes(heads[index], heads[index].position, heads[second]) { second = index }
      let head = heads[winner]
      let limit = min(head.seriesEnd, head.position + largest - taken)
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
      guard try load(head) else {
        remove(index)
        return
      }
    } else {
      head.beginSeries()
    }
    remove(index)
    insert(head, from: index)
  }

  /// Loads the next chunk of a head. What its metadata are long decides how often texts are looked at, so that a chunk
  /// outgrows its limit by a quarter only.
  private func load(_ head: MergeHead) throws(StoreError) -> Bool {
    guard try head.load() else { return false }
    let metadatas = head.batch.metadatas
    let length = metadatas.arena.count / max(1, metadatas.count) + 1
    stride = min(stride, max(256, metadataLimit / 4 / length))
    return true
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
    // The codes of a chunk are within its dictionary, and runs within the chunk and the output.
    unsafe source.withUnsafeBufferPointer { source in
      unsafe table.withUnsafeMutableBufferPointer { table in
        for run in runs {
          for row in run.row..<run.row + run.count {
            let code = unsafe source[row]
            if unsafe table[Int(code)] == 0 {
              unsafe table[Int(code)] = .max
              unknown.append(code)
            }
          }
        }
      }
    }
    if !unknown.isEmpty { dictionary.intern(unknown, of: texts, table: &table) }
    unsafe source.withUnsafeBufferPointer { source in
      unsafe table.withUnsafeBufferPointer { table in
        unsafe codes.withUnsafeMutableBufferPointer { codes in
          for run in runs {
            for index in 0..<run.count {
              unsafe codes[run.place + index] = table[Int(source[run.row + index])] &- 1
            }
          }
        }
      }
    }
    swap(&table, &recoder.tables[column.rawValue])
  }
}
