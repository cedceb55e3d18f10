import StorageIO
import Testing

/// The controls of the simulated disk: faults, counting, replay.
@Suite struct SimulatedDiskTests {
  private typealias Expect = DiskConformanceTests

  /// A run over every kind of call, each of which may fail.
  @discardableResult
  private func workload(_ disk: SimulatedDisk, seed: UInt64) throws -> [any DiskLock] {
    var random = SeededGenerator(seed: seed)
    try disk.createDirectory("/store/log")
    let lock = try disk.tryLock("/store/lock")
    for round in 0..<6 {
      let file = try disk.open("/store/log/tmp-\(round)", .create)
      try file.write((0..<random.below(3000)).map { UInt8(truncatingIfNeeded: $0) }, at: random.below(600))
      try file.truncate(to: random.below(3000))
      if !random.oneIn(3) { try file.sync() }
      try disk.rename("/store/log/tmp-\(round)", "/store/log/\(round)")
      if random.oneIn(2) { try disk.link("/store/log/\(round)", "/store/\(round)") }
      if !random.oneIn(3) { try disk.syncDirectory("/store/log") }
      if round > 2 { try disk.remove("/store/log/\(round - 2)") }
    }
    return [lock].compactMap { $0 }
  }

  @Test func sameSeedAndCallsGiveTheSameDisk() throws {
    var digests: Set<UInt64> = []
    for seed in UInt64(0)..<40 {
      func run() throws -> (UInt64, UInt64, [String]) {
        let disk = SimulatedDisk(seed: seed, tracing: true)
        disk.crash(atCall: 20 + Int(seed) % 10)
        Expect.expect(.crashed) { try workload(disk, seed: seed) }
        return (disk.digest(), disk.afterCrash(seed: seed).digest(), disk.trace)
      }
      let (first, second) = (try run(), try run())
      #expect(first == second)
      digests.insert(first.1)
    }
    #expect(digests.count > 20)
  }

  @Test func aCrashIsPossibleAtEveryCall() throws {
    let whole = SimulatedDisk(seed: 3)
    try workload(whole, seed: 3)
    #expect(whole.callCount > 30)
    for call in 1...whole.callCount {
      let disk = SimulatedDisk(seed: 3)
      disk.crash(atCall: call)
      Expect.expect(.crashed) { try workload(disk, seed: 3) }
      #expect(disk.callCount == call)
      #expect(disk.isCrashed)
      // What is left is a disk that works.
      let after = disk.afterCrash(seed: UInt64(call))
      #expect(!after.isCrashed && after.callCount == 0)
      try after.createDirectory("/again")
      #expect(try after.tryLock("/again/lock") != nil)
    }
    let untouched = SimulatedDisk(seed: 3)
    untouched.crash(atCall: whole.callCount + 1)
    try workload(untouched, seed: 3)
    #expect(untouched.digest() == whole.digest())
  }

  @Test func everyCallIsRefusedAfterACrash() throws {
    let disk = SimulatedDisk(seed: 1)
    let file = try disk.open("/f", .create)
    let closed = try disk.open("/f", .read)
    try closed.close()
    try file.write([1], at: 0)
    let mapping = try disk.map("/f")
    let lock = try disk.tryLock("/lock")
    disk.crash()
    let count = disk.callCount
    let calls: [() throws -> Void] = [
      { try disk.createDirectory("/d") }, { _ = try disk.list("/") }, { _ = try disk.exists("/f") },
      { _ = try disk.size("/f") }, { _ = try disk.open("/f", .read) }, { _ = try disk.open("/g", .create) },
      { _ = try disk.map("/f") }, { _ = try disk.read("/f") }, { try disk.rename("/f", "/g") },
      { try disk.link("/f", "/g") }, { try disk.remove("/f") }, { try disk.syncDirectory("/") },
      { _ = try disk.tryLock("/lock") }, { _ = try file.size() }, { try file.write([2], at: 0) },
      { _ = try file.read(at: 0, count: 1) }, { try file.truncate(to: 0) }, { try file.sync() },
      { try closed.sync() }, { try file.close() },
    ]
    for call in calls { Expect.expect(.crashed, call) }
    #expect(disk.callCount == count)
    lock?.release()
    #expect(mapping.bytes(0..<1) == [1])
    #expect(disk.allFiles() == ["/f", "/lock"])
  }

  @Test func onlyChangesAndSyncsAreCounted() throws {
    let disk = SimulatedDisk(seed: 1, tracing: true)
    try disk.createDirectory("/d")
    let file = try disk.open("/d/f", .create)
    try file.write([1, 2], at: 3)
    _ = try disk.list("/d")
    _ = try disk.exists("/d")
    _ = try disk.size("/d/f")
    _ = try disk.read("/d/f")
    _ = try disk.map("/d/f")
    _ = try disk.open("/d/f", .read).read(at: 0, count: 1)
    try file.truncate(to: 2)
    try file.sync()
    try file.close()
    Expect.expect(.alreadyExists) { _ = try disk.open("/d/f", .create) }
    _ = try disk.open("/d/f", .append)
    disk.failure(atCall: disk.callCount + 1, kind: .noSpace)
    Expect.expect(.noSpace) { try disk.link("/d/f", "/d/g") }
    try disk.rename("/d/f", "/d/g")
    try disk.syncDirectory("/d")
    let lock = try disk.tryLock("/d/lock")
    lock?.release()
    disk.crash(atCall: 0)
    Expect.expect(.crashed) { try disk.remove("/d/g") }
    #expect(
      disk.trace == [
        "1 createDirectory /d", "2 open /d/f", "3 write /d/f @3 +2", "4 truncate /d/f", "5 sync /d/f", "6 open /d/f",
        "7 open /d/f", "8 link /d/g -> noSpace", "9 rename /d/f", "10 syncDirectory /d", "11 tryLock /d/lock",
        "12 remove /d/g -> crashed",
      ])
    #expect(disk.callCount == 12)
  }

  @Test func aFailureComesOnce() throws {
    let disk = SimulatedDisk(seed: 1)
    disk.failure(atCall: 2, kind: .io)
    try disk.createDirectory("/d")
    let error = #expect(throws: DiskError.self) { try disk.createDirectory("/e") }
    #expect(error?.kind == .io)
    #expect(error?.description == "createDirectory /e: Input/output error")
    #expect(try !disk.exists("/e"))
    try disk.createDirectory("/e")
    disk.failure(atCall: 4, kind: .io)
    disk.clearFaults()
    try disk.createDirectory("/f")
  }

  @Test func aFailingWriteMayArriveInPart() throws {
    var counts: Set<Int> = []
    for seed in UInt64(0)..<100 {
      let disk = SimulatedDisk(seed: seed)
      let file = try disk.open("/f", .create)
      disk.failure(atCall: 2, kind: .io)
      Expect.expect(.io) { try file.write([1, 2, 3, 4], at: 0) }
      let bytes = try file.read(at: 0, count: 9)
      #expect(bytes == Array([1, 2, 3, 4].prefix(bytes.count)))
      counts.insert(bytes.count)
      #expect(disk.counters.bytesWritten == 0)
    }
    #expect(counts == [0, 1, 2, 3, 4])
  }

  @Test func theCrashingCallMayOrMayNotHaveHappened() throws {
    var outcomes: Set<Bool> = []
    for seed in UInt64(0)..<50 {
      let disk = SimulatedDisk(seed: seed)
      let file = try disk.open("/f", .create)
      try disk.syncDirectory("/")
      try file.write([1], at: 0)
      disk.crash(atCall: 4)
      Expect.expect(.crashed) { try file.sync() }
      // Under one seed of `afterCrash` that loses the unsynced, only a sync that happened makes the difference.
      let after = (UInt64(0)..<20).map { disk.afterCrash(seed: $0) }
      outcomes.insert(try after.allSatisfy { try $0.read("/f") == [1] })
    }
    #expect(outcomes == [true, false])
  }

  @Test func capacityIsKept() throws {
    let disk = SimulatedDisk(seed: 1)
    disk.capacity = 10
    let file = try disk.open("/f", .create)
    try file.write([UInt8](repeating: 1, count: 6), at: 0)
    // What fits is written, as by a real disk.
    Expect.expect(.noSpace) { try file.write([UInt8](repeating: 2, count: 6), at: 6) }
    #expect(try file.size() == 10)
    #expect(disk.usedBytes == 10)
    try file.write([UInt8](repeating: 3, count: 10), at: 0)
    Expect.expect(.noSpace) { try file.truncate(to: 11) }
    Expect.expect(.noSpace) { try file.write([4], at: 20) }
    #expect(try file.size() == 10)
    // Room comes back when the last user of a removed file has gone.
    let other = try disk.open("/g", .create)
    try disk.remove("/f")
    Expect.expect(.noSpace) { try other.write([1], at: 0) }
    try file.close()
    #expect(disk.usedBytes == 0)
    try other.write([1], at: 0)
    disk.capacity = nil
    try other.write([UInt8](repeating: 5, count: 100), at: 0)
    #expect(try other.size() == 100)
  }

  @Test func corruptionReachesEveryLayer() throws {
    let disk = SimulatedDisk(seed: 1)
    let file = try disk.open("/f", .create)
    try file.write([1, 2, 3], at: 0)
    try file.sync()
    try disk.syncDirectory("/")
    try file.write([7], at: 1)
    try disk.corrupt(path: "/f", offset: 1, xor: 0x80)
    #expect(try disk.read("/f") == [1, 0x87, 3])
    let outcomes = Set(try (UInt64(0)..<100).map { try disk.afterCrash(seed: $0).read("/f") })
    #expect(outcomes == [[1, 0x82, 3], [1, 0x87, 3]])
    Expect.expect(.notFound) { try disk.corrupt(path: "/none", offset: 0, xor: 1) }
    try disk.truncateForTest(path: "/f", to: 2)
    #expect(Set(try (UInt64(0)..<100).map { try disk.afterCrash(seed: $0).read("/f") }) == [[1, 0x87]])
  }

  @Test func digestsTellDisksApart() throws {
    func digest(_ build: (SimulatedDisk) throws -> Void) throws -> UInt64 {
      let disk = SimulatedDisk(seed: 1)
      try build(disk)
      return disk.digest()
    }
    let digests = try [
      digest { _ in },
      digest { try $0.createDirectory("/a") },
      digest { try Expect.make($0, "/a", []) },
      digest { try Expect.make($0, "/a", [0]) },
      digest { try Expect.make($0, "/a", [1]) },
      digest { try Expect.make($0, "/b", [1]) },
    ]
    #expect(Set(digests).count == digests.count)
    // How it came about does not matter.
    let slowly = try digest { disk in
      try Expect.make(disk, "/c", [9])
      try disk.rename("/c", "/b")
      try disk.open("/b", .append).write([1], at: 0)
    }
    #expect(slowly == digests[5])
  }

  @Test func relativeAndRootedPathsMeanTheSame() throws {
    let disk = SimulatedDisk(seed: 1)
    try disk.createDirectory("a/b")
    try Expect.make(disk, "./a//b/../b/f", [1])
    #expect(disk.allFiles() == ["/a/b/f"])
    #expect(try disk.read("/a/b/f") == [1])
    try disk.syncDirectory(".")
  }

  @Test func removedFilesAreForgotten() throws {
    let disk = SimulatedDisk(seed: 1)
    for round in 0..<50 {
      try Expect.make(disk, "/\(round)", [UInt8](repeating: 1, count: 1000))
      try disk.remove("/\(round)")
      try disk.syncDirectory("/")
    }
    #expect(disk.usedBytes == 0)
    #expect(disk.inodeCount == 0)
  }

  @Test func clockAndEntropyRepeat() {
    let first = StorageEnvironment.simulated(seed: 5)
    let second = StorageEnvironment.simulated(seed: 5)
    let other = StorageEnvironment.simulated(seed: 6)
    #expect(first.environment.clock.now() == 1_767_225_600_000_000)
    #expect(first.environment.clock.now() == 1_767_225_600_001_000)
    first.clock.set(50)
    first.clock.advance(by: 7)
    #expect(first.environment.clock.now() == 57)
    let draws = (0..<5).map { _ in first.environment.entropy.next() }
    #expect(draws == (0..<5).map { _ in second.environment.entropy.next() })
    #expect(draws != (0..<5).map { _ in other.environment.entropy.next() })
  }

  @Test func boundedDrawsStayInBoundsAndReachAllOfThem() {
    var random = SeededGenerator(seed: 9)
    var seen = Set((0..<200).map { _ in random.below(6) })
    #expect(seen == [0, 1, 2, 3, 4, 5])
    seen = Set((0..<20).map { _ in random.below(1) })
    #expect(seen == [0])
  }
}
