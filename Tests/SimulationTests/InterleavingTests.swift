import StorageIO
import StoreEngine
import Synchronization
import TestSupport
import Testing

extension InTurn {
  /// Two processes on one store: the second does its work in the middle of the first one's, at every call of the disk.
  @Suite struct InterleavingTests {
    /// What the other process did, handed out of the middle.
    private final class Other: Sendable {
      private struct State {
        var store: SmallStore
        var models: [ModelStore]
        var failure: String?
      }

      private let state: Mutex<State>

      init(_ store: SmallStore) { state = Mutex(State(store: store, models: [store.model])) }

      /// The model at the start, and after each commit.
      var models: [ModelStore] { state.withLock { $0.models } }
      var failure: String? { state.withLock { $0.failure } }

      func perform(_ work: (inout SmallStore, inout [ModelStore]) throws -> Void) {
        state.withLock { state in
          do { try work(&state.store, &state.models) } catch { state.failure = "\(error)" }
        }
      }
    }

    private static func other(of disk: SimulatedDisk, _ disks: any Disk) -> StorageEnvironment {
      StorageEnvironment(disk: disks, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 77))
    }

    /// A reader brings itself up to date while the writer appends, flushes, trims and compacts.
    @Test(arguments: [false, true])
    func readerWhileWriting(isFirstRead: Bool) throws {
      let calls = try InterposedDisk.atEveryCall { call in
        var store = try SmallStore(seed: 11)
        try store.appendBoth()
        try store.flush()
        try store.appendBoth()
        let interposed = InterposedDisk(store.disk)
        let reader = try SmallStore.reader(Self.other(of: store.disk, interposed))
        if !isFirstRead { try reader.refresh() }
        try store.appendBoth()
        try store.flush()
        try store.appendBoth()
        let other = Other(store)
        interposed.interpose(atCall: call) {
          other.perform { store, models in
            for _ in 0..<2 {
              try store.append()
              models.append(store.model)
              try store.appendUnits()
              models.append(store.model)
              _ = store.engine.partitions[0].freeze()
              try store.engine.flushFrozen(0)
              try store.engine.trimLog()
            }
            try store.flush()
            try store.warm()
            try store.compact(.everything)
            try store.appendUnits()
            models.append(store.model)
            try store.append()
            models.append(store.model)
            _ = store.engine.partitions[1].freeze()
            try store.engine.flushFrozen(1)
          }
        }
        let views = try reader.refreshedSnapshot()
        let happened = interposed.finish()
        #expect(other.failure == nil)
        let events = try StoreComparison.events(views)
        var found = ModelStore()
        found.adopt(events)
        found.adopt(try StoreComparison.units(views))
        let moment = other.models.firstIndex(of: found)
        #expect(
          moment != nil, "before call \(call): \(events.count) events, moments have \(other.models.map(\.events.count))"
        )
        if moment != nil { #expect(try SmallStore.problems(views, found) == [], "before call \(call)") }
        // What was acknowledged is in the next read.
        if let last = other.models.last {
          #expect(try SmallStore.problems(reader.refreshedSnapshot(), last) == [], "next read, call \(call)")
        }
        return happened
      }
      #expect(calls > 8)
    }

    /// The writer flushes while another process compacts, and others commit and clean up more than once.
    @Test(arguments: [false, true])
    func flushWhileCompacting(commitsTwice: Bool) throws {
      try interleave { store in
        try store.appendBoth()
        try store.flush()
      } during: { environment in
        let reader = try SmallStore.reader(environment)
        for partition in reader.partitions {
          _ = try partition.compact(.everything)
          if commitsTwice { try Self.commitTwice(partition) }
        }
      }
    }

    /// The writer flushes while another process moves events to warm segments.
    @Test func flushWhileWarming() throws {
      try interleave { store in
        try store.appendBoth()
        try store.flush()
      } during: { environment in
        try SmallStore.warm(try SmallStore.reader(environment))
      }
    }

    /// The writer flushes while another process removes what has expired from the files.
    @Test func flushWhileExpiring() throws {
      try interleave { store in
        try store.appendBoth()
        try store.flush()
      } during: { environment in
        try SmallStore.expire(try SmallStore.reader(environment))
      } after: { store in
        // The writer takes over what the other process has committed. What came with its flush has expired, or not yet.
        for partition in store.engine.partitions { try partition.reloadFiles() }
        let views = try store.engine.snapshot()
        store.model.expire(SmallStore.expiring(store.model), unless: try StoreComparison.events(views))
        #expect(try SmallStore.audit(views) == [])
      }
    }

    /// Another process compacts while the writer appends and flushes.
    @Test(arguments: [false, true])
    func compactWhileFlushing(commitsTwice: Bool) throws {
      let calls = try InterposedDisk.atEveryCall { call in
        var store = try SmallStore(seed: 13)
        for _ in 0..<3 {
          try store.appendBoth()
          try store.flush()
        }
        let interposed = InterposedDisk(store.disk)
        let reader = try SmallStore.reader(Self.other(of: store.disk, interposed))
        try reader.refresh()
        let other = Other(store)
        interposed.interpose(atCall: call) {
          other.perform { store, models in
            for _ in 0..<2 {
              try store.appendBoth()
              try store.flush()
            }
            if commitsTwice { for partition in store.engine.partitions { try Self.commitTwice(partition) } }
            models.append(store.model)
          }
        }
        for partition in reader.partitions { _ = try partition.compact(.everything) }
        let happened = interposed.finish()
        #expect(other.failure == nil, "before call \(call)")
        let model = try #require(other.models.last)
        other.perform { store, _ in
          #expect(try SmallStore.problems(store.engine.snapshot(), model) == [], "the writer, call \(call)")
          #expect(try SmallStore.problems(reader.refreshedSnapshot(), model) == [], "the reader, call \(call)")
          store.engine.close()
          let reopened = try SmallStore.writer(store.environment)
          #expect(try SmallStore.problems(reopened.snapshot(), model) == [], "reopened, call \(call)")
          reopened.close()
        }
        #expect(other.failure == nil, "before call \(call)")
        return happened
      }
      #expect(calls > 20)
    }

    /// One thread trims the log while another commits, and begins new log files.
    @Test func trimWhileCommitting() throws {
      let calls = try InterposedDisk.atEveryCall { call in
        let disk = SimulatedDisk(seed: 1)
        let interposed = InterposedDisk(disk)
        var store = try SmallStore(disk: disk, other: interposed, seed: 14)
        for _ in 0..<2 { try store.appendBoth() }
        for number in store.engine.partitions.indices {
          _ = store.engine.partitions[number].freeze()
          try store.engine.flushFrozen(number)
        }
        let other = Other(store)
        interposed.interpose(atCall: call) {
          other.perform { store, models in
            for _ in 0..<2 { try store.appendBoth() }
            models.append(store.model)
          }
        }
        try store.engine.trimLog()
        let happened = interposed.finish()
        #expect(other.failure == nil)
        store.engine.close()
        let reopened = try SmallStore.writer(store.environment)
        let model = other.models[other.models.count - 1]
        #expect(try SmallStore.problems(reopened.snapshot(), model) == [], "before call \(call)")
        reopened.close()
        return happened
      }
      #expect(calls > 1)
    }

    /// Commits without a change, as compactions that race would, and deletes the manifests before them.
    private static func commitTwice(_ partition: Partition) throws {
      for _ in 0..<2 {
        var isDone = false
        let committed = try partition.manifests.commit { _ in
          defer { isDone = true }
          return !isDone
        }
        if let committed { try partition.manifests.removeManifests(before: committed.number) }
      }
    }

    /// The writer works while something else happens at each call in turn.
    private func interleave(
      _ work: (inout SmallStore) throws -> Void, during: @escaping @Sendable (StorageEnvironment) throws -> Void,
      after: (inout SmallStore) throws -> Void = { _ in }
    ) throws {
      let calls = try InterposedDisk.atEveryCall { call in
        let disk = SimulatedDisk(seed: 1)
        let interposed = InterposedDisk(disk)
        var store = try SmallStore(disk: disk, other: interposed, seed: 12)
        for _ in 0..<2 {
          try store.appendBoth()
          try store.flush()
        }
        let failure = FailureBox()
        let environment = Self.other(of: disk, disk)
        interposed.interpose(atCall: call) {
          do { try during(environment) } catch { failure.set("\(error)") }
        }
        do { try work(&store) } catch { failure.set("the writer: \(error)") }
        let happened = interposed.finish()
        #expect(failure.text == nil, "before call \(call)")
        try after(&store)
        #expect(try SmallStore.problems(store.engine.snapshot(), store.model) == [], "before call \(call)")
        store.engine.close()
        let reopened = try SmallStore.writer(store.environment)
        #expect(try SmallStore.problems(reopened.snapshot(), store.model) == [], "reopened, call \(call)")
        reopened.close()
        return happened
      }
      #expect(calls > 20)
    }

    private final class FailureBox: Sendable {
      private let state = Mutex<String?>(nil)
      var text: String? { state.withLock { $0 } }
      func set(_ text: String) { state.withLock { $0 = $0 ?? text } }
    }
  }
}
