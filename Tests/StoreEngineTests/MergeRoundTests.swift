import StorageIO
import TestSupport
import Testing

@testable import StoreEngine

/// Everything of a partition is merged in rounds of few files, and is what one merge would make of it.
@Suite struct MergeRoundTests {
  private static let identity = StoreIdentity(partitions: 1, hashSeed: 42, createdAt: Timestamp(microseconds: 0))

  private struct World {
    let disk = SimulatedDisk(seed: 1)
    let environment: StorageEnvironment
    let engine: Engine
    var model = ModelStore()

    /// So many files of events and of memory units, and nothing that is due.
    init(files: Int, mostInputs: Int, ofOneEntity: Bool = false) throws {
      environment = StorageEnvironment(disk: disk, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 1))
      var options = EngineOptions(
        memtableBytes: 1 << 20, fanIn: 1_000, segmentFanIn: 1_000, largestSegmentRows: 30)
      options.mostInputs = mostInputs
      options.largestUnitBytes = 4_000
      try Engine.prepareFolders(StoreLayout(root: "/store"), partitions: 1, environment: environment)
      engine = try Engine.openWriter(
        environment, path: "/store", identity: MergeRoundTests.identity, options: options)
      var maker = EventMaker(seed: 5)
      var unitMaker = UnitMaker(seed: 5)
      for _ in 0..<files {
        var batch = EventBatch()
        var events = maker.batch(12)
        if ofOneEntity {
          for index in events.indices {
            (events[index].user, events[index].entity, events[index].entityType) = ("ada", "swift", "skill")
            events[index].dimension = "d"
          }
        }
        for event in events { try batch.append(event) }
        _ = try engine.commit([batch])
        var fresh: [GrowthEvent] = []
        _ = model.append(events, fresh: &fresh)
        let units = unitMaker.batch(3)
        _ = try engine.commit(units: try units.map { try UnitVersion($0) }, counts: [units.count], sync: true)
        var freshUnits: [MemoryUnit] = []
        _ = model.append(units, fresh: &freshUnits)
        _ = partition.freeze()
        try engine.flushFrozen(0)
      }
    }

    var partition: Partition { engine.partitions[0] }
    var files: PartitionFiles { get throws { try partition.view().files } }

    func check() throws {
      var random = SimulationRandom(seed: 2)
      #expect(try StoreComparison.problems(engine.snapshot(), identity, model, &random) == [])
      for segment in try files.segments { try segment.verify(hashSeed: identity.hashSeed) }
      for segment in try files.unitSegments { try segment.verify(hashSeed: identity.hashSeed) }
    }

    /// Segments of which each begins behind the last row of the one before, one run, and one small file of units at the most.
    func checkMerged(_ rows: Int) throws {
      let parts = try files.segments.map { try allRows($0) }.sorted { $0[0] < $1[0] }
      let all = parts.flatMap { $0 }
      #expect(all == all.sorted() && all.count == rows)
      #expect(try files.manifest.segments.map(\.rows).sorted().dropFirst().allSatisfy { $0 == 30 })
      #expect(try files.manifest.runs.count == 1)
      #expect(try files.manifest.unitSegments.filter { $0.length <= 2_000 }.count <= 1)
    }
  }

  @Test(arguments: [(2, false), (3, false), (7, true), (2, true), (100, true)])
  func roundsMakeOne(mostInputs: Int, ofOneEntity: Bool) throws {
    let world = try World(files: 25, mostInputs: mostInputs, ofOneEntity: ofOneEntity)
    #expect(try world.files.segments.count == 25 && world.files.runs.count == 25)
    #expect(try world.partition.compact(.everything))
    try world.check()
    try world.checkMerged(world.model.events.count)
    // Once more, of files that follow each other.
    _ = try world.partition.compact(.everything)
    try world.check()
    try world.checkMerged(world.model.events.count)
  }

  /// Given up at any question, what earlier rounds have done stands, and the next call goes on.
  @Test func roundsThatAreGivenUp() throws {
    var questions = 0
    var isDone = false
    while !isDone {
      questions += 1
      let world = try World(files: 7, mostInputs: 2)
      var asked = 0
      _ = try world.partition.compact(.everything) { _ in
        asked += 1
        return asked != questions
      }
      isDone = asked < questions
      try world.check()
      _ = try world.partition.compact(.everything)
      try world.check()
      try world.checkMerged(world.model.events.count)
    }
    #expect(questions > 10)
  }

  /// No merge takes on more than the most, all but the first take on as many, and the last one takes the rest.
  @Test func roundsAreFull() {
    for most in 2...20 {
      for count in 0...150 {
        var files = Array(0..<count)
        var rounds: [Int] = []
        while case let round = MergePick.round(files, most: most, { ($0, UInt64($0)) }), !round.isEmpty {
          rounds.append(round.count)
          #expect(round == Array(files.sorted().prefix(round.count)))
          files.removeAll { round.contains($0) }
          files.append(round.reduce(0, +) + 1_000)
        }
        #expect(files.count <= most)
        #expect(rounds.allSatisfy { (2...most).contains($0) } && rounds.dropFirst().allSatisfy { $0 == most })
        if !rounds.isEmpty { #expect(files.count == most) }
      }
    }
  }
}
