import Foundation
import StorageIO
import StoreEngine
import Synchronization
import TestSupport
import Testing

@testable import GrowthRing

/// Several processes that create, open or change the same store at the same time.
@Suite struct StoreCreationTests {
  private enum Outcome: Equatable, Sendable {
    case created([UInt8])
    case refused(StoreError.Kind)
  }

  /// What the other process did, handed out of the middle.
  private final class Box: Sendable {
    let state = Mutex<Outcome?>(nil)
  }

  private static func create(_ environment: StorageEnvironment) -> Outcome {
    var options = StoreOptions()
    options.partitions = 2
    do throws(StoreError) {
      try GrowthStore.create("/a/store", options: options, environment: environment)
      return .created((try? environment.disk.read("/a/store/store.json")) ?? [])
    } catch {
      return .refused(error.kind)
    }
  }

  /// Another process creates the store at every call of the disk: one of both does, and the seed of that one stays. Were it
  /// replaced, events that were stored meanwhile would be looked for in other partitions.
  @Test func oneOfTwoCreates() throws {
    let calls = try InterposedDisk.atEveryCall { call in
      let disk = SimulatedDisk(seed: 1)
      let interposed = InterposedDisk(disk)
      let other = Box()
      interposed.interpose(atCall: call) {
        let outcome = Self.create(
          StorageEnvironment(disk: disk, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 2)))
        other.state.withLock { $0 = outcome }
      }
      let own = Self.create(
        StorageEnvironment(disk: interposed, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 1)))
      let happened = interposed.finish()
      let bytes = try disk.read("/a/store/store.json")
      switch (own, other.state.withLock { $0 }) {
      case (.created(let own), .refused(let kind)?):
        #expect(own == bytes && (kind == .locked || kind == .alreadyExists), "before call \(call)")
      case (.refused(let kind), .created(let other)?):
        #expect(other == bytes && kind == .alreadyExists, "before call \(call)")
      case (.created(let own), nil): #expect(own == bytes && !happened)
      case let outcome: Issue.record("before call \(call): \(outcome)")
      }
      return happened
    }
    #expect(calls > 20)
  }

  /// Whoever creates the store where it is missing goes on with that of a faster one.
  @Test func opensWhatAnotherHasCreated() async throws {
    var call = 0
    var happened = true
    while happened {
      call += 1
      let disk = SimulatedDisk(seed: 1)
      let interposed = InterposedDisk(disk)
      interposed.interpose(atCall: call) {
        _ = Self.create(StorageEnvironment(disk: disk, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 2)))
      }
      var options = StoreOptions()
      options.partitions = 2
      options.createIfMissing = true
      let environment = StorageEnvironment(
        disk: interposed, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 1))
      let store = try GrowthStore.open("/a/store", options: options, environment: environment)
      happened = interposed.finish()
      #expect(try await store.verify().isSound)
      try await store.close()
      if call > 40 { break }
    }
    #expect(call > 20)
  }

  /// Months that are brought back by several processes at once are all held, and the policy is whole at any moment.
  @Test func changesOfThePolicyAreNotLost() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("creation-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = StoreOptions()
    options.partitions = 1
    try await GrowthStore.create(folder, options: options)
    options.access = .readOnly
    let months = (1...12).map { "2024-" + ($0 < 10 ? "0" : "") + "\($0)" }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for month in months {
        group.addTask { [options] in
          let store = try await GrowthStore.open(folder, options: options)
          _ = try await store.rehydrate(month: month)
          try await store.close()
        }
      }
      try await group.waitForAll()
    }
    let store = try await GrowthStore.open(folder, options: options)
    #expect(try store.policy().archive.heldMonths == months)
    try await store.close()
  }

  /// Whoever opens the store for appending while maintenance flushes what a crash has left waits; for anybody else he does not.
  @Test func waitsForAFlushOfMaintenance() async throws {
    let world = StorageEnvironment.simulated(seed: 1)
    var options = StoreOptions()
    options.partitions = 1
    try GrowthStore.create("store", options: options, environment: world.environment)
    let folder = JobFolder(layout: StoreLayout(root: "store"), environment: world.environment)
    let append = try #require(try world.disk.tryLock("store/append.lock"))
    let jobs = try #require(try folder.lock())
    var job = folder.begin(.command)
    job.steps = [.init(step: .compact, startedAt: job.startedAt)]
    try folder.write(job)
    #expect(throws: StoreError.self) {
      try GrowthStore.open("store", options: options, environment: world.environment)
    }
    job.steps = [.init(step: .flush, startedAt: job.startedAt)]
    try folder.write(job)
    // Not in a task, since whoever waits keeps a thread.
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(200)) { append.release() }
    let store = try GrowthStore.open("store", options: options, environment: world.environment)
    try await store.close()
    jobs.release()
  }

  /// The archive's folder is claimed by one of two stores, whenever the other one has put its name where that is written first.
  @Test func oneOfTwoClaimsAnArchive() throws {
    let calls = try InterposedDisk.atEveryCall { call in
      let disk = SimulatedDisk(seed: 1)
      let interposed = InterposedDisk(disk)
      interposed.interpose(atCall: call) {
        let temporary = "/archive/_store/owner.tmp"
        try? disk.createDirectory("/archive/_store")
        try? disk.remove(temporary)
        let file = try? disk.open(temporary, .create)
        try? file?.write(Array("2222222222222222\n".utf8), at: 0)
        try? file?.close()
      }
      let isOurs = Self.claim("1111111111111111", interposed)
      let happened = interposed.finish()
      let isOthers = Self.claim("2222222222222222", disk)
      #expect(isOurs != isOthers, "before call \(call)")
      let owner = String(decoding: try disk.read("/archive/_store/owner"), as: UTF8.self)
      #expect(owner == (isOurs ? "1111111111111111\n" : "2222222222222222\n"), "before call \(call)")
      return happened
    }
    #expect(calls > 5)
  }

  private static func claim(_ seed: String, _ disk: any Disk) -> Bool {
    (try? archive("/archive", "/units", seed, disk).claim()) != nil
  }

  private static func archive(_ events: String, _ units: String, _ seed: String, _ disk: any Disk) -> Archive {
    Archive(
      storage: ArchiveFolder(events, disk: disk), unitStorage: ArchiveFolder(units, disk: disk),
      format: ParquetArchive(profile: .compatible), hashSeed: UInt64(seed, radix: 16) ?? 0, cacheBytes: 1 << 20)
  }

  /// Events and memory units in one folder, by whatever two names: refused before anything is archived, also where a crash has
  /// left something of looking.
  @Test func oneFolderByTwoNames() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("archives-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(atPath: root + "/a/b", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: root + "/a")
    let disk = StorageEnvironment.posix.disk
    for (events, units, isOne) in [
      ("/a", "/link", true), ("/link", "/a", true), ("/a/b", "/link/b", true), ("/a/../a/b", "/a/b", true),
      ("/a/b", "/a", false), ("/link/b", "/a", false), ("/c", "/d", false),
    ] {
      for isLeft in [false, true] {
        let archive = Self.archive(root + events, root + units, "1111111111111111", disk)
        if isLeft, !isOne {
          for folder in [events, units] {
            try? disk.createDirectory(root + folder + "/_store")
            try disk.open(root + folder + "/_store/probe", .create).close()
          }
        }
        for one in [archive, archive.units] {
          if isOne {
            let error = #expect(throws: StoreError.self, "\(events) and \(units)") { try one.claim() }
            #expect(error?.kind == .invalidArgument && error?.file?.hasPrefix(root) == true)
          } else {
            try one.claim()
          }
        }
        for folder in [events, units] {
          #expect((try? disk.list(root + folder + "/_store")) ?? ["owner"] == ["owner"], "\(events) and \(units)")
        }
      }
    }
  }
}
