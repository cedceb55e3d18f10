import Columnar
import Testing

@testable import StoreEngine

/// Events on their way to the archive, divided while they come.
@Suite struct EventsByMonthTests {
  @Test(arguments: [1, 7, 500, 8_192]) func chunksAreDivided(chunk: Int) {
    var generator = EventGenerator(seed: UInt64(chunk))
    generator.span = 400 * 86_400_000_000
    let batch = generator.batch(3_000)
    var months = EventsByMonth()
    var expected: [ArchiveMonth: [Row]] = [:]
    for start in stride(from: 0, to: batch.count, by: chunk) {
      let part = batch.gather([UInt32](UInt32(start)..<UInt32(min(batch.count, start + chunk))))
      let isTaken = (0..<part.count).map { ($0 + start) % 5 != 0 }
      months.append(part, isTaken)
      for (row, value) in part.values.enumerated() where isTaken[row] {
        expected[ArchiveMonth(of: part.createdAt[row]), default: []].append(value)
      }
    }
    #expect(months.count == expected.values.reduce(0) { $0 + $1.count } && months.memory > 0)
    #expect(expected.count > 10)
    for month in expected.keys.sorted() {
      let next = months.popFirst()
      #expect(next?.month == month && next?.events.values == expected[month])
      // No text is there that no event of the month has.
      #expect(next.map { Set($0.events.metadata).count == $0.events.metadatas.count } == true)
    }
    #expect(months.popFirst() == nil && months.count == 0)
  }

  @Test func orderIsToldWithoutSorting() {
    var generator = EventGenerator(seed: 12)
    generator.users = 5
    generator.entities = 3
    var batch = generator.batch(400)
    for row in stride(from: 0, to: batch.count, by: 2) { batch.createdAt[row] = 1_000 }
    let sorted = batch.gather(batch.sortedOrder())
    #expect(sorted.isInSortedOrder && !batch.isInSortedOrder && EventBatch().isInSortedOrder)
    for row in 1..<sorted.count {
      var rows = [UInt32](0..<UInt32(sorted.count))
      rows.swapAt(row - 1, row)
      let swapped = sorted.gather(rows)
      #expect(swapped.isInSortedOrder == (sorted.compareRows(row - 1, row) == 0))
    }
  }

  /// What a merge hands on without looking at it is what it would have merged.
  @Test func oneSourceIsHandedOn() throws {
    var generator = EventGenerator(seed: 3)
    let batch = generator.batch(20_000)
    let order = batch.sortedOrder()
    func drain(_ sources: [any SortedSource]) throws -> [Row] {
      let scan = MergedScan(sources)
      var rows: [Row] = []
      while let chunk = try scan.next() {
        #expect(chunk.count > 0 && chunk.count <= ScanChunk.rows)
        rows += chunk.values
      }
      return rows
    }
    let nothing = BatchScan(EventBatch(), order: [])
    #expect(try drain([BatchScan(batch, order: order)]) == drain([BatchScan(batch, order: order), nothing]))
  }
}
