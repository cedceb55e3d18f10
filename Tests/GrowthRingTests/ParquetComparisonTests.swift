import Columnar
import GrowthRing
import StoreEngine
import Testing

/// A file is compared with what was written to it.
struct ParquetComparisonTests {
  private func event(_ number: Int) -> GrowthEvent {
    let uuid = UUIDText.format(high: UInt64(number / 9), low: 5, uppercase: number % 2 == 0)
    return GrowthEvent(
      eventID: EventID(high: 0x0198_0000_0000_7000, low: UInt64(number) | 1 << 63),
      user: number % 3 == 0 ? uuid : "user \(number / 20)", entity: "entity \(number / 4)",
      entityType: number % 5 == 0 ? "quest" : "skill", dimension: number % 2 == 0 ? "b" : "a",
      delta: Delta(millionths: Int64(number)), source: number % 7 == 0 ? "" : "quiz",
      scope: number % 4 == 0 ? "a/b" : "",
      createdAt: Timestamp(microseconds: Int64(number) * 1_000_003),
      metadata: number % 3 == 0 ? #"{"n":\#(number)}"# : "")
  }

  private func batch(_ events: some Sequence<GrowthEvent>) throws(EventRejection) -> EventBatch {
    var batch = EventBatch()
    for event in events { try batch.append(event) }
    return batch
  }

  private func file(_ events: [GrowthEvent], rowGroupRows: Int) throws -> ParquetEventReader {
    var writer = ParquetEventWriter(rowGroupRows: rowGroupRows)
    var bytes: [UInt8] = []
    try writer.append(batch(events), into: &bytes)
    try writer.finish(into: &bytes)
    return try ParquetEventReader(Bytes(bytes))
  }

  private func difference(
    _ events: [GrowthEvent], _ reader: ParquetEventReader, cut: Int
  ) throws -> EventDifference? {
    var comparison = ParquetEventComparison(reader)
    for start in stride(from: 0, to: events.count, by: cut) {
      let part = try batch(events[start..<min(start + cut, events.count)])
      if let difference = try comparison.compare(part) { return difference }
    }
    let difference = try comparison.finish()
    if difference == nil { #expect(comparison.count == events.count) }
    return difference
  }

  @Test(arguments: [1, 7, 60, 1000], [1, 11, 1000])
  func equalInAnyOrderOfTheWriter(rowGroupRows: Int, cut: Int) throws {
    let events = (0..<100).map { event($0) }
    let reader = try file(events, rowGroupRows: rowGroupRows)
    #expect(try difference(events, reader, cut: cut) == nil)
  }

  @Test func nothing() throws {
    let reader = try file([], rowGroupRows: 10)
    #expect(try difference([], reader, cut: 1) == nil)
    let found = try #require(try difference([event(1)], reader, cut: 1))
    #expect(found.row == 0 && found.expected == event(1) && found.found == nil)
  }

  @Test func everyFieldIsCompared() throws {
    // In the order of the file, so that rows have the same place in both.
    let unordered = (0..<60).map { event($0) }
    let reader = try file(unordered, rowGroupRows: 1000)
    let batch = try reader.events(rowGroup: 0)
    let events = (0..<batch.count).map { batch.event(at: $0) }
    #expect(try difference(events, reader, cut: 13) == nil)
    let changes: [(inout GrowthEvent) -> Void] = [
      { $0.eventID = EventID(high: 0x0198_0000_0000_7001, low: 1 << 63) },
      { $0.eventID = EventID(high: 0x0198_0000_0000_7000, low: 1 << 63 | 99_999) },
      { $0.user += "x" }, { $0.entity += "x" }, { $0.entityType += "x" }, { $0.dimension += "x" },
      { $0.delta = Delta(millionths: -1) }, { $0.source += "x" }, { $0.scope = "c" },
      { $0.createdAt = Timestamp(microseconds: 1) }, { $0.metadata = #"{"other":1}"# },
    ]
    for (number, change) in changes.enumerated() {
      var other = events
      change(&other[41])
      let found = try #require(try difference(other, reader, cut: 13), "change \(number)")
      // A change of a key gives the row another place.
      #expect(found.row <= 60 && found.expected != found.found)
      if [1, 4, 7, 8, 10].contains(number) {
        #expect(found.row == 41 && found.expected == other[41] && found.found == events[41], "change \(number)")
        #expect(found.description.hasPrefix("row 41: expected "))
      }
    }
  }

  @Test func anotherNumberOfEvents() throws {
    let events = (0..<50).map { event($0) }
    let reader = try file(events, rowGroupRows: 20)
    #expect(try difference(events + [event(50)], reader, cut: 9)?.found == nil)
    #expect(try difference(events + [event(50)], reader, cut: 9)?.row == 50)
    let short = try #require(try difference(Array(events.dropLast()), reader, cut: 9))
    #expect(short.expected == nil && short.row == 49)
    #expect(try difference(Array(events.prefix(20)), reader, cut: 9)?.row == 20)
  }
}
