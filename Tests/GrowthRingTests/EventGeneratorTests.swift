import Columnar
import GrowthRing
import StoreEngine
import Testing

/// Generated events are the same for ever, and distributed as promised.
@Suite struct EventGeneratorTests {
  private func batch(_ options: EventGenerator.Options, chunk: Int = 100_000) -> EventBatch {
    var generator = EventGenerator(options)
    var batch = EventBatch()
    while generator.next(into: &batch, count: chunk) > 0 {}
    #expect(generator.produced == options.events)
    return batch
  }

  private func lines(_ batch: EventBatch) -> [UInt8] {
    var output: [UInt8] = []
    NDJSONEventEncoder().encode(batch, into: &output)
    return output
  }

  @Test func theBytesOfASeedNeverChange() {
    let bytes = lines(batch(.init(events: 10_000)))
    #expect(bytes.count { $0 == UInt8(ascii: "\n") } == 10_000)
    #expect(XXH3.hash(bytes) == 13_957_603_709_337_520_320)
    let other = lines(batch(.init(events: 2_000, users: 50, seed: 9, late: 0.2, idVersion: .random, scopes: true)))
    #expect(XXH3.hash(other) == 16_841_548_839_668_453_671)
  }

  @Test func theFirstEvent() {
    let first = batch(.init(events: 10_000))[0]
    #expect(first.createdAt >= EventGenerator.firstDay)
    #expect(first.eventID?.isVersion7 == true)
    #expect(first.eventID?.milliseconds == UInt64(first.createdAt.microseconds / 1000))
    #expect(first.user.utf8.count == 36)
  }

  @Test(arguments: [1, 7, 999, 4096]) func chunksDoNotMatter(chunk: Int) {
    let options = EventGenerator.Options(events: 3_000, seed: 3, late: 0.01, scopes: true)
    #expect(lines(batch(options, chunk: chunk)) == lines(batch(options)))
    // Fresh batches, as a writer uses them.
    var generator = EventGenerator(options)
    var output: [UInt8] = []
    while true {
      var part = EventBatch()
      if generator.next(into: &part, count: chunk) == 0 { break }
      NDJSONEventEncoder().encode(part, into: &output)
    }
    #expect(output == lines(batch(options)))
  }

  @Test func seedsDiffer() {
    #expect(lines(batch(.init(events: 100, seed: 1))) != lines(batch(.init(events: 100, seed: 2))))
  }

  @Test(arguments: [0, 1, 2, 100]) func fewEvents(count: Int) {
    #expect(batch(.init(events: count)).count == count)
    #expect(batch(.init(events: count, users: 1)).count == count)
    #expect(batch(.init(events: count, users: 1_000)).count == count)
  }

  @Test func countsOfAPinnedSeed() {
    let batch = batch(.init(events: 50_000))
    func counts(_ column: [UInt32], _ dictionary: ByteStringDictionary) -> [String: Int] {
      Dictionary(grouping: column, by: { dictionary.text($0) }).mapValues(\.count)
    }
    #expect(Set(zip(batch.eventIDHigh, batch.eventIDLow).map { EventID(high: $0, low: $1) }).count == 50_000)
    #expect(
      counts(batch.dimension, batch.dimensions) == [
        "self_know": 10_177, "self_act": 8_357, "self_show": 7_156, "world_know": 9_560, "world_act": 7_828,
        "world_show": 6_922,
      ])
    #expect(
      counts(batch.entityType, batch.entityTypes) == [
        "concept": 19_732, "memory_unit": 18_502, "derived_artifact": 7_667, "quest": 2_620, "skill": 1_479,
      ])
    #expect(
      counts(batch.source, batch.sources) == [
        "journal_entry": 13_056, "chat_turn": 8_050, "challenge_complete": 6_490, "quiz_answer": 5_957,
        "concept_link": 4_449, "review_session": 3_985, "daily_checkin": 2_551, "artifact_publish": 2_009,
        "peer_feedback": 1_499, "coach_note": 724, "import_backfill": 706, "decay_job": 524,
      ])
    #expect(batch.delta.reduce(0, +) == 24_725_652_000)
    #expect(batch.users.count == 41)
    #expect(batch.entities.count == 2_227)
    #expect(batch.delta.allSatisfy { $0 >= -1_000_000 && $0 <= 5_000_000 })
    // About 22.5 events fall on a pair of user and entity.
    #expect(batch.count / batch.entities.count >= 20 && batch.count / batch.entities.count <= 26)
  }

  @Test func everyEventSuitsTheStandardModel() {
    #expect(GrowthModel.standard.check(batch: batch(.init(events: 20_000, late: 0.1))).isEmpty)
  }

  @Test func metadataIsCanonical() throws {
    let batch = batch(.init(events: 5_000))
    for code in 0..<UInt32(batch.metadatas.count) {
      let text = batch.metadatas.bytes(code)
      #expect(try CanonicalJSON.bytes(of: text) == text)
    }
  }

  @Test func lateEvents() {
    let start = EventGenerator.firstDay.microseconds
    let usual = batch(.init(events: 20_000))
    #expect(usual.createdAt.allSatisfy { $0 >= start })
    let late = batch(.init(events: 20_000, late: 0.25))
    let longest: Int64 = 3 * 365 * 86_400_000_000
    #expect(late.createdAt.allSatisfy { $0 >= start - longest })
    // Seen from the latest time so far, a quarter is more than two weeks old, less those of the first weeks.
    var newest = Int64.min
    var old = 0
    for time in late.createdAt {
      newest = max(newest, time)
      if newest - time > 14 * 86_400_000_000 { old += 1 }
    }
    #expect(old == 4_964)
    #expect(batch(.init(events: 1_000, late: 1)).createdAt.contains { $0 < start })
  }

  @Test func randomIDs() {
    let batch = batch(.init(events: 1_000, idVersion: .random))
    #expect(batch.eventIDHigh.allSatisfy { $0 >> 12 & 0xF == 4 })
    #expect(batch.eventIDLow.allSatisfy { $0 >> 62 == 2 })
  }

  @Test func scopesArePaths() {
    let batch = batch(.init(events: 5_000, scopes: true))
    let with = batch.scope.count { batch.scopes.length($0) > 0 }
    #expect(with > 2_000 && with < 4_500)
    for code in 0..<UInt32(batch.scopes.count) {
      let text = batch.scopes.text(code)
      #expect(text.isEmpty || text.hasPrefix("org-"))
      #expect(EventLimits.isScope(Array(text.utf8)))
    }
  }
}
