import GrowthRing
import StorageIO
import StoreEngine
import TestSupport
import Testing

extension InTurn {
  /// One fixed story, hit at every call of the disk in turn.
  @Suite struct SystematicFaultTests {
    enum Fault: String, CaseIterable {
      case powerLoss, kill, io, noSpace
    }

    /// What the story has come to.
    private struct Telling {
      var store: SmallStore?
      /// After each commit that returned.
      var acknowledged = ModelStore()
      /// With the commit that was under way.
      var possible = ModelStore()
      /// What the step of expiry under way may have removed.
      var expiring: ModelStore.Expiring = [:]
      var expiringUnits: Set<ModelStore.UnitKey> = []
    }

    enum Story: String, CaseIterable {
      /// Append, flush, append, flush, compact, append, close.
      case compacting
      /// Append, flush, warm, twice; merge, append twice, stop.
      case warming
      /// Append, flush, archive, twice, so that months are written again; bring a month back, merge, append, stop.
      case archiving
      /// The same of memory units, which are sent again once they are archived.
      case archivingUnits
      /// Append, flush, expire, twice; merge, append, stop.
      case expiring
      /// Append memory units, and events between, flush, three times; merge, warm, append, stop.
      case units
      /// Append memory units, flush, expire, twice; merge, warm, append the same once more, stop.
      case expiringUnits
    }

    private static func tell(_ story: Story, _ telling: inout Telling, on disk: SimulatedDisk) throws {
      var store = try SmallStore(disk: disk, seed: 5)
      telling.store = store
      func append(_ store: inout SmallStore) throws {
        telling.possible = store.model
        let events = store.nextEvents(1)
        var fresh: [GrowthEvent] = []
        _ = telling.possible.append(events, fresh: &fresh)
        try store.append(events)
        telling.acknowledged = store.model
        telling.store = store
      }
      func appendUnits(_ store: inout SmallStore) throws {
        telling.possible = store.model
        let units = store.nextUnits()
        var fresh: [MemoryUnit] = []
        _ = telling.possible.append(units, fresh: &fresh)
        try store.append(units)
        telling.acknowledged = store.model
        telling.store = store
      }
      if story == .units { return try tellUnits(&store, append, appendUnits) }
      if story == .expiringUnits {
        for _ in 0..<2 {
          try appendUnits(&store)
          try store.flush()
          telling.expiringUnits = SmallStore.expiringUnits(store.model)
          try store.expireUnits()
          telling.expiringUnits = []
          (telling.acknowledged, telling.possible) = (store.model, store.model)
        }
        try store.compact(.everything)
        try store.warm()
        try appendUnits(&store)
        return store.engine.close()
      }
      if story == .archivingUnits { return try tellArchivingUnits(&store, appendUnits) }
      if story == .warming { return try tellWarming(&store, append) }
      if story == .archiving { return try tellArchiving(&store, append) }
      if story == .expiring {
        for _ in 0..<2 {
          try append(&store)
          try store.flush()
          telling.expiring = SmallStore.expiring(store.model)
          try store.expire()
          telling.expiring = [:]
          (telling.acknowledged, telling.possible) = (store.model, store.model)
        }
        try store.compact(.everything)
        try append(&store)
        return store.engine.close()
      }
      try append(&store)
      try store.flush()
      try append(&store)
      try append(&store)
      try store.flush()
      try store.compact()
      try append(&store)
      try store.flush()
      try store.compact(.everything)
      try append(&store)
      try store.flush()
      try store.engine.endLog()
      store.engine.close()
    }

    private static func tellUnits(
      _ store: inout SmallStore, _ append: (inout SmallStore) throws -> Void,
      _ appendUnits: (inout SmallStore) throws -> Void
    ) throws {
      for round in 0..<3 {
        try appendUnits(&store)
        if round == 1 { try append(&store) }
        try store.flush()
      }
      try store.compact(.everything)
      try store.warm()
      try appendUnits(&store)
      store.engine.close()
    }

    private static func tellArchivingUnits(
      _ store: inout SmallStore, _ appendUnits: (inout SmallStore) throws -> Void
    ) throws {
      for _ in 0..<2 {
        try appendUnits(&store)
        try store.flush()
        try store.archive()
      }
      try store.rehydrate("2026-01")
      try store.archive()
      try store.compact(.everything)
      try store.append(store.model.units.values.map(\.unit).sorted { "\($0)" < "\($1)" })
      try appendUnits(&store)
      store.engine.close()
    }

    private static func tellWarming(
      _ store: inout SmallStore, _ append: (inout SmallStore) throws -> Void
    ) throws {
      for _ in 0..<2 {
        try append(&store)
        try store.flush()
        try store.warm()
      }
      try store.compact(.everything)
      for _ in 0..<2 { try append(&store) }
      store.engine.close()
    }

    private static func tellArchiving(
      _ store: inout SmallStore, _ append: (inout SmallStore) throws -> Void
    ) throws {
      for _ in 0..<2 {
        try append(&store)
        try store.flush()
        try store.archive()
      }
      try store.rehydrate("2026-01")
      try store.compact(.everything)
      try append(&store)
      store.engine.close()
    }

    @Test(arguments: Story.allCases) func faultAtEveryCall(_ story: Story) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for fault in Fault.allCases { group.addTask { try Self.faultAtEveryCall(fault, story) } }
        try await group.waitForAll()
      }
    }

    private static func faultAtEveryCall(_ fault: Fault, _ story: Story) throws {
      let whole = SimulatedDisk(seed: 1)
      var undisturbed = Telling()
      try Self.tell(story, &undisturbed, on: whole)
      let calls = whole.callCount
      #expect(calls > 60)
      var survived: Set<Int> = []
      for call in 1...calls {
        let disk = SimulatedDisk(seed: UInt64(call), tracing: true)
        switch fault {
        case .powerLoss, .kill: disk.crash(atCall: call)
        case .io: disk.failure(atCall: call, kind: .io)
        case .noSpace: disk.failure(atCall: call, kind: .noSpace)
        }
        var telling = Telling()
        var failed = false
        do {
          try Self.tell(story, &telling, on: disk)
        } catch {
          failed = true
        }
        #expect(failed, "\(fault) at call \(call) goes unnoticed: \(disk.trace.last ?? "")")
        telling.store?.engine.close()
        for outcome in UInt64(0)..<(fault == .powerLoss ? 2 : 1) {
          let next =
            switch fault {
            case .powerLoss: disk.afterCrash(seed: outcome &* 977 &+ UInt64(call))
            case .kill: disk.afterKill(seed: UInt64(call))
            case .io, .noSpace: disk
            }
          next.clearFaults()
          survived.insert(try Self.recover(telling, on: next, "\(fault) at call \(disk.trace.last ?? "") \(outcome)"))
        }
      }
      #expect(survived.count > 3, "every fault leaves the same events: the story is too short")
    }

    /// Opens, checks, tells that it works by going on, and opens once more.
    private static func recover(_ telling: Telling, on disk: SimulatedDisk, _ place: String) throws -> Int {
      let environment = StorageEnvironment(disk: disk, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 99))
      let layout = StoreLayout(root: SmallStore.path)
      do {
        // A store is made before anything is appended; half-made, it is made again.
        try Engine.prepareFolders(layout, partitions: SmallStore.identity.partitions, environment: environment)
        var engine = try SmallStore.writer(environment)
        let found = try StoreComparison.events(engine.snapshot())
        var (acknowledged, possible) = (telling.acknowledged, telling.possible)
        acknowledged.expire(telling.expiring, unless: found)
        possible.expire(telling.expiring, unless: found)
        let units = try StoreComparison.units(engine.snapshot())
        let gone = telling.expiringUnits.subtracting(units.map { ModelStore.UnitKey($0) })
        acknowledged.expire(gone)
        possible.expire(gone)
        var model = ModelStore(found, units: units, expiredAs: acknowledged)
        let isPromised = model == acknowledged || model == possible
        #expect(
          isPromised && found.count == model.events.count && units.count == model.units.count,
          "\(place): \(found.count) events of \(acknowledged.events.count) or \(possible.events.count), \(units.count) units of \(acknowledged.units.count) or \(possible.units.count)"
        )
        #expect(try SmallStore.audit(engine.snapshot()) == [], "\(place)")
        #expect(try SmallStore.orphans(engine) == [], "\(place)")
        #expect(try SmallStore.problems(engine.snapshot(), model) == [], "\(place)")
        try engine.settleArchive()
        #expect(try SmallStore.archiveProblems(engine) == [], "\(place)")
        let reader = try SmallStore.reader(environment)
        #expect(try Set(StoreComparison.events(reader.refreshedSnapshot())) == Set(found), "a reader, \(place)")
        var maker = EventMaker(seed: 1234)
        let events = maker.batch(4)
        var batch = EventBatch()
        for event in events { try batch.append(event) }
        _ = try engine.commit([batch])
        var fresh: [GrowthEvent] = []
        _ = model.append(events, fresh: &fresh)
        engine.close()
        engine = try SmallStore.writer(environment)
        let later = try StoreComparison.events(engine.snapshot())
        #expect(try SmallStore.problems(engine.snapshot(), model) == [], "\(place), after going on")
        #expect(Set(later) == Set(model.events.values) && later.count == model.events.count, "\(place), after going on")
        engine.close()
        return found.count + units.count
      } catch {
        Issue.record("\(place): \(error)")
        return -1
      }
    }
  }
}
