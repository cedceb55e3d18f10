import StorageIO
import Testing

/// What survives a power loss: what must, in every seed, and what may be lost, in some.
@Suite struct PowerLossTests {
  static let seeds: Range<UInt64> = 0..<300

  /// What a file reads as after a power loss under each seed; an empty string of bytes for an empty file, nil for none.
  private func outcomes(of path: String, on disk: SimulatedDisk) throws -> [[UInt8]?] {
    try Self.seeds.map { seed in
      let after = disk.afterCrash(seed: seed)
      return try after.exists(path) ? try after.read(path) : nil
    }
  }

  /// A disk with a durable file `/f`.
  private func diskWithFile(_ bytes: [UInt8]) throws -> (SimulatedDisk, any DiskFile) {
    let disk = SimulatedDisk(seed: 7)
    let file = try disk.open("/f", .create)
    try file.write(bytes, at: 0)
    try file.sync()
    try disk.syncDirectory("/")
    return (disk, file)
  }

  @Test func syncedDataAlwaysSurvives() throws {
    let (disk, file) = try diskWithFile([1, 2, 3])
    try file.write([4, 5], at: 2)
    try file.sync()
    try file.truncate(to: 3)
    try file.sync()
    for outcome in try outcomes(of: "/f", on: disk) { #expect(outcome == [1, 2, 4]) }
  }

  @Test func unsyncedDataMayBeKeptLostOrTorn() throws {
    let (disk, file) = try diskWithFile([1])
    try file.write([2, 3, 4], at: 1)
    let outcomes = Set(try outcomes(of: "/f", on: disk))
    #expect(outcomes.contains([1, 2, 3, 4]))
    #expect(outcomes.contains([1]))
    // Torn at a byte, with and without the size.
    #expect(outcomes.contains([1, 2]))
    #expect(outcomes.contains([1, 2, 0, 0]))
    #expect(outcomes.contains([1, 0, 0, 0]))
    for outcome in outcomes { #expect(outcome?.first == 1) }
  }

  @Test func laterWritesMaySurviveEarlierOnes() throws {
    let (disk, file) = try diskWithFile([0, 0])
    try file.write([1], at: 0)
    try file.write([2], at: 1)
    let outcomes = Set(try outcomes(of: "/f", on: disk))
    #expect(outcomes == [[0, 0], [1, 0], [0, 2], [1, 2]])
  }

  @Test func sectorsOfAWriteSurviveOnTheirOwn() throws {
    let (disk, file) = try diskWithFile([UInt8](repeating: 0, count: 2048))
    try file.write([UInt8](repeating: 1, count: 1024), at: 256)
    let outcomes = try outcomes(of: "/f", on: disk).compactMap { $0 }
    // The middle sector of three is lost while both others arrived; borders are at multiples of 512.
    let holed =
      [UInt8](repeating: 0, count: 256) + [UInt8](repeating: 1, count: 256) + [UInt8](repeating: 0, count: 512)
      + [UInt8](repeating: 1, count: 256) + [UInt8](repeating: 0, count: 768)
    #expect(outcomes.contains(holed))
    // Only what the write covered may differ.
    for outcome in outcomes {
      #expect(outcome.count == 2048)
      #expect(outcome[..<256].allSatisfy { $0 == 0 } && outcome[1280...].allSatisfy { $0 == 0 })
    }
  }

  @Test func unsyncedTruncationMayBeUndone() throws {
    let (disk, file) = try diskWithFile([1, 2, 3])
    try file.truncate(to: 1)
    #expect(Set(try outcomes(of: "/f", on: disk)) == [[1, 2, 3], [1]])
  }

  @Test func entriesNeedASyncOfTheirDirectory() throws {
    let disk = SimulatedDisk(seed: 7)
    try disk.createDirectory("/d")
    try disk.syncDirectory("/")
    let file = try disk.open("/d/f", .create)
    try file.write([1], at: 0)
    try file.sync()
    // Syncing the file, or another directory, does not save its name.
    try disk.syncDirectory("/")
    #expect(Set(try outcomes(of: "/d/f", on: disk)) == [nil, [1]])
    try disk.syncDirectory("/d")
    #expect(Set(try outcomes(of: "/d/f", on: disk)) == [[1]])
  }

  @Test func aDirectoryLostTakesItsFilesAlong() throws {
    let disk = SimulatedDisk(seed: 7)
    try disk.createDirectory("/d")
    try DiskConformanceTests.make(disk, "/d/f", [])
    try disk.syncDirectory("/d")
    #expect(Set(try outcomes(of: "/d/f", on: disk)) == [nil, []])
    for seed in Self.seeds {
      let after = disk.afterCrash(seed: seed)
      #expect(try after.exists("/d") == after.exists("/d/f"))
    }
  }

  @Test func renameIsAtomic() throws {
    let (disk, _) = try diskWithFile([1])
    let file = try disk.open("/new", .create)
    try file.write([2], at: 0)
    try file.sync()
    try disk.rename("/new", "/f")
    var states: Set<[String]> = []
    for seed in Self.seeds {
      let after = disk.afterCrash(seed: seed)
      let content = try after.read("/f")
      states.insert(after.allFiles() + ["\(content)"])
    }
    // Not created, created but not renamed, renamed; never both names or none.
    #expect(states == [["/f", "[1]"], ["/f", "/new", "[1]"], ["/f", "[2]"]])
    try disk.syncDirectory("/")
    #expect(Set(try outcomes(of: "/f", on: disk)) == [[2]])
    #expect(Set(try outcomes(of: "/new", on: disk)) == [nil])
  }

  @Test func renameBetweenDirectoriesNeedsBothSynced() throws {
    let disk = SimulatedDisk(seed: 7)
    for name in ["/a", "/b"] { try disk.createDirectory(name) }
    try disk.syncDirectory("/")
    try DiskConformanceTests.make(disk, "/a/f", [])
    try disk.syncDirectory("/a")
    try disk.rename("/a/f", "/b/f")
    for synced in ["/b", "/b"] {
      try disk.syncDirectory(synced)
      let places = Set(Self.seeds.map { disk.afterCrash(seed: $0).allFiles() })
      #expect(places == [["/a/f"], ["/b/f"]])
    }
    try disk.syncDirectory("/a")
    #expect(Set(Self.seeds.map { disk.afterCrash(seed: $0).allFiles() }) == [["/b/f"]])
  }

  @Test func linksAndRemovalsMayBeUndoneUntilSynced() throws {
    let (disk, _) = try diskWithFile([1])
    try disk.link("/f", "/g")
    #expect(Set(try outcomes(of: "/g", on: disk)) == [nil, [1]])
    try disk.syncDirectory("/")
    try disk.remove("/f")
    #expect(Set(try outcomes(of: "/f", on: disk)) == [nil, [1]])
    #expect(Set(try outcomes(of: "/g", on: disk)) == [[1]])
    try disk.syncDirectory("/")
    #expect(Set(try outcomes(of: "/f", on: disk)) == [nil])
  }

  @Test func operationsOnANameKeepTheirOrder() throws {
    // A file moved out of the way of a new one is never lost: the new one does not survive without the move.
    let (disk, _) = try diskWithFile([1])
    try disk.rename("/f", "/old")
    let file = try disk.open("/f", .create)
    try file.write([2], at: 0)
    try file.sync()
    let states = Set(
      try Self.seeds.map { seed in
        let after = disk.afterCrash(seed: seed)
        return try after.allFiles().map { "\($0)\(try after.read($0))" }
      })
    #expect(states == [["/f[1]"], ["/old[1]"], ["/f[2]", "/old[1]"]])
  }

  @Test func hardLinksStayOneFile() throws {
    let (disk, file) = try diskWithFile([1])
    try disk.link("/f", "/g")
    try disk.syncDirectory("/")
    try file.write([2], at: 0)
    for seed in Self.seeds {
      let after = disk.afterCrash(seed: seed)
      #expect(try after.read("/f") == after.read("/g"))
      try after.open("/f", .append).write([9], at: 0)
      #expect(try after.read("/g") == [9])
    }
  }

  @Test func aFailedSyncLeavesItsWritesInDoubtForEver() throws {
    let (disk, file) = try diskWithFile([1, 1, 1])
    try file.write([2], at: 0)
    disk.failure(atCall: disk.callCount + 1, kind: .io)
    DiskConformanceTests.expect(.io) { try file.sync() }
    // It reads as if it were there, and the next sync succeeds, and saves only what was written since.
    try file.write([3], at: 1)
    try file.sync()
    #expect(try file.read(at: 0, count: 9) == [2, 3, 1])
    #expect(Set(try outcomes(of: "/f", on: disk)) == [[1, 3, 1], [2, 3, 1]])
    // Writing the bytes once more does help, and what was in doubt never comes back over it.
    try file.write([4], at: 0)
    try file.sync()
    #expect(Set(try outcomes(of: "/f", on: disk)) == [[4, 3, 1]])
  }

  @Test func aFailedDirectorySyncLeavesItsEntriesInDoubtForEver() throws {
    let disk = SimulatedDisk(seed: 7)
    try DiskConformanceTests.make(disk, "/f", [])
    disk.failure(atCall: disk.callCount + 1, kind: .io)
    DiskConformanceTests.expect(.io) { try disk.syncDirectory("/") }
    try DiskConformanceTests.make(disk, "/g", [])
    try disk.syncDirectory("/")
    #expect(Set(Self.seeds.map { disk.afterCrash(seed: $0).allFiles() }) == [["/g"], ["/f", "/g"]])
  }

  @Test func whatSurvivedIsDurable() throws {
    let (disk, file) = try diskWithFile([1])
    try file.write([2, 3], at: 1)
    try disk.rename("/f", "/g")
    for seed in Self.seeds {
      let once = disk.afterCrash(seed: seed)
      #expect(once.afterCrash(seed: seed &+ 1).digest() == once.digest())
    }
  }

  @Test func aKilledProcessLosesNothingUntilThePowerGoes() throws {
    let (disk, file) = try diskWithFile([1])
    let lock = try disk.tryLock("/lock")
    try file.write([2], at: 0)
    let after = disk.afterKill(seed: 1)
    #expect(after.digest() == disk.digest())
    #expect(try after.tryLock("/lock") != nil)
    #expect(Set(try outcomes(of: "/f", on: after)) == [[1], [2]])
    lock?.release()
  }

  @Test func logsKeepTheirSyncedPrefix() throws {
    // An append-only log under random sizes of writes: whatever is lost, the synced prefix is not.
    for seed in Self.seeds {
      var random = SeededGenerator(seed: seed)
      let (disk, file) = try diskWithFile([])
      var written: [UInt8] = []
      var synced = 0
      for _ in 0..<40 {
        let bytes = (0..<random.below(700)).map { _ in UInt8(random.below(255) + 1) }
        try file.write(bytes, at: written.count)
        written += bytes
        if random.oneIn(5) {
          try file.sync()
          synced = written.count
        }
      }
      let after = try disk.afterCrash(seed: seed).read("/f")
      #expect(after.count >= synced && after.count <= written.count)
      #expect(after.prefix(synced) == written.prefix(synced))
      // Beyond it there is what was written, or zeros, and nothing else.
      for index in synced..<max(synced, after.count) { #expect(after[index] == 0 || after[index] == written[index]) }
    }
  }
}
