import StorageIO
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What only the machine's own disk can show.
@Suite struct POSIXDiskTests {
  /// Runs a program without a shell and answers its exit status, or nil if it does not exist.
  private static func run(_ arguments: [String]) -> Int32? {
    var words = unsafe arguments.map { unsafe strdup($0) }
    defer { while let word = unsafe words.popLast() { unsafe free(word) } }
    unsafe words.append(nil)
    var process: pid_t = 0
    guard unsafe posix_spawnp(&process, arguments[0], nil, nil, &words, environ) == 0 else { return nil }
    var status: Int32 = 0
    guard unsafe waitpid(process, &status, 0) == process else { return nil }
    return (status >> 8) & 0xFF
  }

  @Test(.enabled(if: run(["flock", "--version"]) == 0, "needs the program that locks files for shell scripts"))
  func locksExcludeOtherProcesses() throws {
    try DiskUnderTest.posix.run { disk, folder in
      let probe = ["flock", "--nonblock", "\(folder)/lock", "true"]
      #expect(Self.run(probe) == 0)
      let lock = try #require(try disk.tryLock("\(folder)/lock"))
      #expect(Self.run(probe) == 1)
      lock.release()
      #expect(Self.run(probe) == 0)
    }
  }

  /// A child of the process has its descriptors until it runs another program; a lock is given up all the same.
  @Test func locksAreGivenUpWhoeverElseHasTheirDescriptor() throws {
    try DiskUnderTest.posix.run { disk, folder in
      let path = "\(folder)/lock"
      let lock = try #require(try disk.tryLock(path))
      var (wanted, found) = (stat(), stat())
      #expect(unsafe stat(path, &wanted) == 0)
      let descriptor = (0..<Int32(4096)).first { number in
        unsafe fstat(number, &found) == 0 && found.st_ino == wanted.st_ino && found.st_dev == wanted.st_dev
      }
      let copy = dup(try #require(descriptor))
      defer { close(copy) }
      #expect(try disk.tryLock(path) == nil)
      lock.release()
      #expect(try disk.tryLock(path) != nil)
    }
  }

  /// Hints change nothing, whatever they say.
  @Test func hintsAreHarmless() throws {
    try DiskUnderTest.posix.run { disk, folder in
      let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
      for (name, content) in [("full", bytes), ("empty", [])] {
        let file = try disk.open("\(folder)/\(name)", .create)
        try file.write(content, at: 0)
        try file.close()
        disk.expect(["\(folder)/\(name)", "\(folder)/none", folder])
        let mapping = try disk.map("\(folder)/\(name)")
        mapping.expect(.scattered)
        for range in [0..<1, -5..<3, 69_000..<80_000, 5_000..<5_000, 90_000..<95_000] { mapping.expect(range) }
        #expect(mapping.bytes(0..<content.count) == content)
        mapping.expect(.ordinary)
        #expect(mapping.bytes(0..<content.count) == content)
      }
    }
  }

  @Test func systemClockAndEntropyMove() {
    let environment = StorageEnvironment.posix
    let time = environment.clock.now()
    // Between 2020 and 2200, in microseconds.
    #expect(time > 1_577_836_800_000_000 && time < 7_258_118_400_000_000)
    #expect(environment.clock.now() - time < 60_000_000)
    let draws = Set((0..<8).map { _ in environment.entropy.next() })
    #expect(draws.count == 8)
  }

  @Test(.enabled(if: (try? POSIXDisk().exists("/dev/full")) == true, "needs the device that is always full"))
  func fullDiskIsNoSpace() throws {
    let file = try POSIXDisk().open("/dev/full", .append)
    DiskConformanceTests.expect(.noSpace) { try file.write([1], at: 0) }
  }

  @Test func closingWhileCallsRunNeverTouchesAnotherFile() async throws {
    // Files are closed under writers while others are opened and get the freed descriptors. A write through a stale
    // descriptor would land in a file that is never written to.
    let disk = POSIXDisk()
    let folder = "/tmp/storageio-race-\(UInt64.random(in: 0...UInt64.max))"
    try disk.createDirectory(folder)
    defer { try? disk.remove(folder) }
    for round in 0..<200 {
      let file = try disk.open("\(folder)/written-\(round)", .create)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          do {
            while true { try file.write([1], at: 0) }
          } catch let error as DiskError {
            #expect(error.kind == .closed)
          }
        }
        group.addTask {
          try file.close()
          let other = try disk.open("\(folder)/empty-\(round)", .create)
          for _ in 0..<20 { #expect(try other.size() == 0) }
        }
        try await group.waitForAll()
      }
      #expect(try disk.size("\(folder)/empty-\(round)") == 0)
      try disk.remove("\(folder)/empty-\(round)")
      try disk.remove("\(folder)/written-\(round)")
    }
  }

  @Test func oneOfManyLinksWins() async throws {
    let disk = POSIXDisk()
    let folder = "/tmp/storageio-link-\(UInt64.random(in: 0...UInt64.max))"
    try disk.createDirectory(folder)
    let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<16 {
        group.addTask {
          try DiskConformanceTests.make(disk, "\(folder)/\(task)", [UInt8(task)])
          do throws(DiskError) {
            try disk.link("\(folder)/\(task)", "\(folder)/winner")
            return true
          } catch {
            #expect(error.kind == .alreadyExists)
            return false
          }
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(wins == 1)
    for name in try disk.list(folder) { try disk.remove("\(folder)/\(name)") }
    try disk.remove(folder)
  }
}
