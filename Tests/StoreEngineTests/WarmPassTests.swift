import StorageIO
import StoreEngine
import TestSupport
import Testing

/// Hot segments that come of age, in one partition.
@Suite struct WarmPassTests {
  private static let day: Int64 = 86_400_000_000
  private static let now = 2_000 * day
  private static let identity = StoreIdentity(partitions: 1, hashSeed: 42, createdAt: Timestamp(microseconds: 0))

  private let environment = StorageEnvironment(
    disk: SimulatedDisk(seed: 1), clock: SimulatedClock(start: now, step: 0), entropy: SimulatedEntropy(seed: 1))
  private let engine: Engine

  init() throws {
    try Engine.prepareFolders(StoreLayout(root: "/store"), partitions: 1, environment: environment)
    engine = try Engine.openWriter(
      environment, path: "/store", identity: Self.identity,
      options: EngineOptions(memtableBytes: 1 << 20, fanIn: 4, segmentFanIn: 4, largestSegmentRows: 1_000))
  }

  private var partition: Partition { engine.partitions[0] }
  private var segments: [Manifest.SegmentEntry] {
    get throws { try partition.view().files.manifest.segments }
  }

  private func moment(_ rules: [AgeingRule] = []) -> AgeingMoment {
    AgeingMoment(AgeingRules(rules, rest: AgeingRule(warmAfter: Age(days: 90)), warmLevel: 3), at: Self.now)
  }

  /// A segment with events of these ages in days, with `type` as their entity type.
  private func flush(_ ages: [Int], type: String = "skill") throws {
    var batch = EventBatch()
    for (index, age) in ages.enumerated() {
      try batch.append(
        GrowthEvent(
          user: "u\(index % 5)", entity: "e\(index)", entityType: type, dimension: "d", delta: Delta(millionths: 7),
          createdAt: Timestamp(microseconds: Self.now - Int64(age) * Self.day),
          metadata: #"{"note":"the same text again and again and again, at age \#(age)"}"#))
    }
    _ = try engine.commit([batch])
    _ = partition.freeze()
    try engine.flushFrozen(0)
  }

  private func events() throws -> [GrowthEvent] { try StoreComparison.events(engine.snapshot()) }

  private func run(_ moment: AgeingMoment) throws -> AgeingMove {
    var pass = WarmPass(partition, moment)
    var sum = AgeingMove()
    while let move = try pass.next() { sum.add(move) }
    return sum
  }

  @Test func wholeSegmentsAge() throws {
    try flush((0..<300).map { 100 + $0 })
    try flush((0..<300).map { $0 % 80 })
    let before = try events()
    let move = try run(moment())
    #expect(move.rows == 300)
    #expect(move.bytesAfter < move.bytesBefore)
    #expect(try Set(segments.map(\.tier)) == [.hot, .warm] && segments.count == 2)
    #expect(try events() == before)
    #expect(try run(moment()) == AgeingMove())
    for segment in try partition.view().files.segments { try segment.verify(hashSeed: Self.identity.hashSeed) }
  }

  @Test func mixedSegmentsAreSeparatedOnceHalfIsDue() throws {
    // A third is of age: it waits.
    try flush((0..<300).map { $0 < 100 ? 200 : 10 })
    #expect(try run(moment()).rows == 0)
    #expect(try segments.map(\.tier) == [.hot])
    // Half is.
    try flush((0..<300).map { $0 < 150 ? 200 : 10 })
    let before = try events()
    #expect(try run(moment()).rows == 150)
    #expect(try segments.count == 3)
    #expect(try segments.filter { $0.tier == .warm }.map(\.rows) == [150])
    #expect(try Set(events()) == Set(before))
  }

  @Test func rulesDecideByRow() throws {
    try flush([Int](repeating: 40, count: 60), type: "task")
    try flush([Int](repeating: 40, count: 50), type: "skill")
    let rules = [AgeingRule(entityTypes: ["task"], warmAfter: Age(days: 30))]
    #expect(try run(moment(rules)).rows == 60)
    #expect(try segments.filter { $0.tier == .warm }.map(\.rows) == [60])
  }

  @Test func givingUpLeavesEverything() throws {
    try flush((0..<300).map { 100 + $0 })
    let names = try environment.disk.list("/store/partitions/00").filter { !$0.hasSuffix(".lock") }
    var pass = WarmPass(partition, moment())
    #expect(try pass.next { _ in false } == nil)
    #expect(try environment.disk.list("/store/partitions/00").filter { !$0.hasSuffix(".lock") } == names)
    #expect(try segments.map(\.tier) == [.hot])
  }

  /// What Zstandard would not make smaller is warm without being written again.
  @Test func segmentsWithoutGainStayAsTheyAre() throws {
    var random = SimulationRandom(seed: 5)
    var batch = EventBatch()
    for _ in 0..<2_000 {
      try batch.append(
        GrowthEvent(
          eventID: EventID(high: random.next() | 1, low: random.next()), user: "u",
          entity: "\(EventID(high: random.next(), low: random.next()))", entityType: "skill", dimension: "d",
          delta: Delta(millionths: Int64(random.next() >> 2)),
          createdAt: Timestamp(microseconds: Self.now - 100 * Self.day - Int64(random.next() >> 20))))
    }
    _ = try engine.commit([batch])
    _ = partition.freeze()
    try engine.flushFrozen(0)
    let before = try segments[0]
    let move = try run(moment())
    #expect(move == AgeingMove(rows: 2_000, bytesBefore: before.length, bytesAfter: before.length))
    #expect(try segments.map(\.fileID) == [before.fileID] && segments[0].tier == .warm)
    let reader = try Engine.openReader(environment, path: "/store", identity: Self.identity)
    try reader.refresh()
    #expect(try reader.partitions[0].view().files.manifest.segments == segments)
    #expect(try environment.disk.list("/store/partitions/00").filter { $0.hasSuffix(".seg") }.count == 1)
  }

  /// Hot and warm segments are never merged with each other.
  @Test func tiersAreMergedApart() throws {
    for round in 0..<4 {
      try flush((0..<50).map { 100 + $0 + round })
      _ = try run(moment())
      try flush((0..<50).map { $0 + round })
    }
    #expect(try segments.count == 8)
    while try partition.compact() {}
    #expect(try segments.map(\.tier).sorted { $0.rawValue < $1.rawValue } == [.hot, .warm])
    #expect(try segments.reduce(0) { $0 + $1.rows } == 400)
    let warm = try segments.first { $0.tier == .warm }
    #expect(warm?.largestCreatedAt == Self.now - 100 * Self.day)
  }

  /// A merge of more rows than one segment holds divides them by age, so that they come of age as a whole later.
  @Test func largeMergesSeparateByAge() throws {
    for round in 0..<4 { try flush((0..<500).map { ($0 * 7 + round) % 180 }) }
    engine.setAgeing(moment().rules)
    while try partition.compact() {}
    let warm = try segments.filter { $0.tier == .warm }
    #expect(warm.reduce(0) { $0 + $1.rows } > 900)
    #expect(warm.allSatisfy { $0.largestCreatedAt <= Self.now - 90 * Self.day })
    let hot = try segments.filter { $0.tier == .hot }
    #expect(hot.count == 2)
    let spans = hot.sorted { $0.smallestCreatedAt < $1.smallestCreatedAt }
    #expect(spans[0].largestCreatedAt < spans[1].smallestCreatedAt)
    #expect(try run(moment()).rows == 0)
    #expect(try Set(events()).count == 2_000)
  }

  @Test func surveysCountByRuleAndStage() throws {
    try flush([1, 100, 400, 800])
    let rules = AgeingRules(
      [AgeingRule(dimensions: ["other"], warmAfter: Age(days: 1))],
      rest: AgeingRule(warmAfter: Age(days: 90), archiveAfter: Age(days: 365), expireAfter: Age(days: 730)),
      warmLevel: 3)
    let survey = try SegmentSurvey(partition.view().files.segments[0], AgeingMoment(rules, at: Self.now))
    #expect(survey.counts == [[0, 0, 0, 0], [1, 1, 1, 1]])
    #expect(survey.rows(from: .warm) == 3)
  }
}
