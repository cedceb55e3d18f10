import GrowthRing
import StoreEngine
import TestSupport
import Testing

extension InTurn {
  /// Every step of maintenance, told to give up at each moment at which it asks whether it shall go on.
  @Suite struct GivingUpTests {
    enum Step: String, CaseIterable {
      case compact, warm
      /// Also of months that have files already, which are written again.
      case archive
      case rehydrate
      case archiveUnits, rehydrateUnits
      /// Of hot segments, and of the archive.
      case expire, expireArchive
      case expireUnits
    }

    /// A store in which the step has much to do.
    private static func prepare(_ step: Step) throws -> SmallStore {
      var store = try SmallStore(seed: 31)
      for round in 0..<4 {
        let isOfUnits = step == .archiveUnits || step == .rehydrateUnits
        if isOfUnits { try store.append(store.nextUnits(9)) } else { try store.append(9) }
        if step == .expireUnits { try store.append(store.nextUnits(20)) }
        try store.flush()
        let isArchived =
          step == .rehydrate || step == .expireArchive || step == .rehydrateUnits
          || ((step == .archive || step == .archiveUnits) && round == 1)
        if isArchived { try store.archive() }
      }
      return store
    }

    private static func run(_ step: Step, _ engine: Engine, _ proceed: SmallStore.Proceed) throws {
      switch step {
      case .compact:
        for partition in engine.partitions { while try partition.compact(.settled, proceed: proceed) {} }
      case .warm: try SmallStore.warm(engine, proceed: proceed)
      case .archive, .archiveUnits: try SmallStore.archive(engine, proceed: proceed)
      case .rehydrate, .rehydrateUnits: try SmallStore.rehydrate(engine, "2026-01", proceed: proceed)
      case .expire, .expireArchive:
        try SmallStore.expire(engine, proceed: proceed)
        try engine.settleArchive()
      case .expireUnits: try SmallStore.expireUnits(engine, proceed: proceed)
      }
    }

    /// Nothing is lost, nothing told wrong, and nothing lies about that is not part of the store.
    private static func check(_ store: SmallStore, _ model: ModelStore, _ place: String) throws {
      let views = try store.engine.snapshot()
      #expect(try SmallStore.problems(views, model) == [], "\(place)")
      #expect(try SmallStore.audit(views) == [], "\(place)")
      #expect(try SmallStore.orphans(store.engine) == [], "\(place)")
      #expect(try SmallStore.archiveProblems(store.engine) == [], "\(place)")
      let reader = try SmallStore.reader(store.environment)
      #expect(try SmallStore.problems(reader.refreshedSnapshot(), model) == [], "a reader, \(place)")
    }

    @Test(arguments: Step.allCases) func atEveryOffer(_ step: Step) throws {
      var offer = 0
      var isInterrupted = true
      while isInterrupted {
        offer += 1
        let store = try Self.prepare(step)
        let expires = step == .expire || step == .expireArchive
        let expiring = expires ? SmallStore.expiring(store.model) : [:]
        let expiringUnits = step == .expireUnits ? SmallStore.expiringUnits(store.model) : []
        var asked = 0
        try Self.run(step, store.engine) { _ in
          asked += 1
          return asked < offer
        }
        isInterrupted = asked >= offer
        // Whole steps before that one are done.
        var model = store.model
        model.expire(expiring, unless: try StoreComparison.events(store.engine.snapshot()))
        model.expire(expiringUnits.subtracting(try StoreComparison.unitKeys(store.engine.snapshot())))
        if !isInterrupted {
          #expect(model.expired.count == expiring.count && model.expiredUnits.count == expiringUnits.count)
        }
        try Self.check(store, model, "\(step), given up at offer \(offer)")
        // The next run does what is left.
        try Self.run(step, store.engine) { _ in true }
        model = store.model
        model.expire(expiring)
        model.expire(expiringUnits)
        try Self.check(store, model, "\(step), gone on after offer \(offer)")
        try Self.run(step, store.engine) { _ in
          Issue.record("\(step) has something to do for ever")
          return true
        }
        store.engine.close()
      }
      // One file a partition comes back.
      #expect(offer > (step == .rehydrateUnits ? 1 : 2), "\(step) asks too seldom to be interrupted")
    }
  }
}
