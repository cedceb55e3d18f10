import StorageIO
import Testing

/// What every disk must do, on each of them.
@Suite struct DiskConformanceTests {
  /// Expects a `DiskError` of a kind.
  static func expect(
    _ kind: DiskError.Kind, at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) {
    let error = #expect(throws: DiskError.self, sourceLocation: location, performing: body)
    #expect(error?.kind == kind, "\(String(describing: error))", sourceLocation: location)
  }

  static func make(_ disk: any Disk, _ path: String, _ bytes: [UInt8]) throws {
    let file = try disk.open(path, .create)
    try file.write(bytes, at: 0)
    try file.close()
  }

  @Test(arguments: DiskUnderTest.allCases)
  func filesReadBackWhatWasWritten(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      let file = try disk.open("\(folder)/a", .create)
      #expect(file.path == "\(folder)/a")
      #expect(try file.size() == 0)
      try file.write([1, 2, 3, 4], at: 0)
      try file.write([9, 8], at: 3)
      #expect(try file.read(at: 0, count: 100) == [1, 2, 3, 9, 8])
      #expect(try file.read(at: 1, count: 2) == [2, 3])
      #expect(try file.read(at: 5, count: 4) == [])
      #expect(try file.read(at: 50, count: 4) == [])
      #expect(try file.read(at: 0, count: Int.max / 2) == [1, 2, 3, 9, 8])
      try file.write([7], at: 8)
      #expect(try disk.read("\(folder)/a") == [1, 2, 3, 9, 8, 0, 0, 0, 7])
      #expect(try file.size() == 9)
      #expect(try disk.size("\(folder)/a") == 9)
      try file.truncate(to: 2)
      try file.truncate(to: 4)
      #expect(try disk.read("\(folder)/a") == [1, 2, 0, 0])
      try file.sync()
      try file.write([], at: 0)
      #expect(try disk.size("\(folder)/a") == 4)
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func largeWritesArriveWhole(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      try Self.make(disk, "\(folder)/large", bytes)
      #expect(try disk.read("\(folder)/large") == bytes)
      let mapping = try disk.map("\(folder)/large")
      #expect(mapping.count == bytes.count)
      #expect(mapping.bytes(0..<mapping.count) == bytes)
      let file = try disk.open("\(folder)/large", .read)
      #expect(try file.read(at: 2_999_990, count: 1_000_000) == Array(bytes[2_999_990...]))
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func modesOpenWhatTheyPromise(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      Self.expect(.notFound) { _ = try disk.open("\(folder)/a", .read) }
      Self.expect(.notFound) { _ = try disk.open("\(folder)/none/a", .create) }
      try disk.open("\(folder)/a", .append).write([1], at: 0)
      Self.expect(.alreadyExists) { _ = try disk.open("\(folder)/a", .create) }
      let again = try disk.open("\(folder)/a", .append)
      #expect(try again.read(at: 0, count: 9) == [1])
      try again.write([2], at: 1)
      let reading = try disk.open("\(folder)/a", .read)
      #expect(try reading.read(at: 0, count: 9) == [1, 2])
      Self.expect(.permission) { try reading.write([3], at: 0) }
      Self.expect(.permission) { try reading.truncate(to: 0) }
      try reading.sync()
      #expect(try disk.read("\(folder)/a") == [1, 2])
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func closedFilesSaySo(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      let file = try disk.open("\(folder)/a", .create)
      try file.close()
      try file.close()
      Self.expect(.closed) { try file.write([1], at: 0) }
      Self.expect(.closed) { _ = try file.read(at: 0, count: 1) }
      Self.expect(.closed) { _ = try file.size() }
      Self.expect(.closed) { try file.truncate(to: 0) }
      Self.expect(.closed) { try file.sync() }
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func directoriesListSortedByBytes(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      try disk.createDirectory("\(folder)/x/y/z")
      try disk.createDirectory("\(folder)/x/y/z")
      try disk.createDirectory("\(folder)/x//y/")
      #expect(try disk.list("\(folder)/x") == ["y"])
      #expect(try disk.list("\(folder)/x/y/z") == [])
      for name in ["b", "é", "Z", "a10", "a9", ".hidden"] { try Self.make(disk, "\(folder)/x/\(name)", []) }
      #expect(try disk.list("\(folder)/x") == [".hidden", "Z", "a10", "a9", "b", "y", "é"])
      #expect(try disk.exists("\(folder)/x/y"))
      #expect(try disk.exists("\(folder)/x/b"))
      #expect(try !disk.exists("\(folder)/x/c"))
      #expect(try !disk.exists("\(folder)/x/b/below a file"))
      #expect(try !disk.exists("\(folder)/none/at all"))
      try disk.syncDirectory("\(folder)/x")
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func wrongKindsOfNamesAreRefused(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      try Self.make(disk, "\(folder)/file", [1])
      try disk.createDirectory("\(folder)/directory/inner")
      Self.expect(.alreadyExists) { try disk.createDirectory("\(folder)/file") }
      Self.expect(.io) { try disk.createDirectory("\(folder)/file/below") }
      Self.expect(.io) { _ = try disk.list("\(folder)/file") }
      Self.expect(.io) { try disk.syncDirectory("\(folder)/file") }
      Self.expect(.notFound) { _ = try disk.list("\(folder)/none") }
      Self.expect(.notFound) { try disk.syncDirectory("\(folder)/none") }
      Self.expect(.notFound) { try disk.syncDirectory("") }
      Self.expect(.notFound) { _ = try disk.size("\(folder)/none") }
      Self.expect(.notFound) { _ = try disk.map("\(folder)/none") }
      Self.expect(.notFound) { _ = try disk.read("\(folder)/none") }
      for mode in [FileMode.read, .append] { Self.expect(.io) { _ = try disk.open("\(folder)/directory", mode) } }
      Self.expect(.alreadyExists) { _ = try disk.open("\(folder)/directory", .create) }
      Self.expect(.io) { _ = try disk.size("\(folder)/directory") }
      Self.expect(.io) { _ = try disk.map("\(folder)/directory") }
      Self.expect(.io) { _ = try disk.read("\(folder)/directory") }
      Self.expect(.io) { _ = try disk.read("\(folder)/file/below") }
      Self.expect(.io) { try disk.remove("\(folder)/directory") }
      Self.expect(.notFound) { try disk.remove("\(folder)/none") }
      try disk.remove("\(folder)/directory/inner")
      try disk.remove("\(folder)/directory")
      try disk.remove("\(folder)/file")
      #expect(try disk.list(folder) == [])
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func renameReplaces(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      try Self.make(disk, "\(folder)/new", [2])
      try Self.make(disk, "\(folder)/old", [1])
      let open = try disk.open("\(folder)/old", .read)
      try disk.rename("\(folder)/new", "\(folder)/old")
      #expect(try disk.list(folder) == ["old"])
      #expect(try disk.read("\(folder)/old") == [2])
      #expect(try open.read(at: 0, count: 9) == [1])
      Self.expect(.notFound) { try disk.rename("\(folder)/new", "\(folder)/old") }
      try disk.createDirectory("\(folder)/deep/er")
      try disk.rename("\(folder)/old", "\(folder)/deep/er/old")
      Self.expect(.io) { try disk.rename("\(folder)/deep", "\(folder)/deep/er/deep") }
      Self.expect(.io) { try disk.rename("\(folder)/deep/er/old", "\(folder)/deep") }
      Self.expect(.io) { try disk.rename("\(folder)/deep", "\(folder)/deep/er/old") }
      try disk.rename("\(folder)/deep", "\(folder)/moved")
      #expect(try disk.read("\(folder)/moved/er/old") == [2])
      #expect(try disk.list(folder) == ["moved"])
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func linkIsExclusive(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      try Self.make(disk, "\(folder)/one", [1])
      try Self.make(disk, "\(folder)/two", [2])
      try disk.link("\(folder)/one", "\(folder)/name")
      Self.expect(.alreadyExists) { try disk.link("\(folder)/two", "\(folder)/name") }
      Self.expect(.notFound) { try disk.link("\(folder)/none", "\(folder)/other") }
      Self.expect(.permission) { try disk.link(folder, "\(folder)/other") }
      #expect(try disk.read("\(folder)/name") == [1])
      // Both names are one file.
      try disk.open("\(folder)/one", .append).write([5, 6], at: 0)
      #expect(try disk.read("\(folder)/name") == [5, 6])
      // A rename onto another name of the same file does nothing, so a temporary name must be removed instead.
      try disk.rename("\(folder)/one", "\(folder)/name")
      #expect(try disk.list(folder) == ["name", "one", "two"])
      try disk.remove("\(folder)/one")
      #expect(try disk.read("\(folder)/name") == [5, 6])
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func openFilesAndMappingsOutliveTheirNames(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      try Self.make(disk, "\(folder)/a", [1, 2, 3])
      let file = try disk.open("\(folder)/a", .append)
      let mapping = try disk.map("\(folder)/a")
      try disk.remove("\(folder)/a")
      try disk.syncDirectory(folder)
      #expect(try !disk.exists("\(folder)/a"))
      #expect(mapping.bytes(0..<3) == [1, 2, 3])
      try file.write([4], at: 3)
      #expect(try file.read(at: 0, count: 9) == [1, 2, 3, 4])
      // The name is free for another file.
      try Self.make(disk, "\(folder)/a", [9])
      #expect(try disk.read("\(folder)/a") == [9])
      #expect(try file.read(at: 0, count: 9) == [1, 2, 3, 4])
      #expect(mapping.bytes(0..<3) == [1, 2, 3])
    }
  }

  /// Small files are copied, larger ones mapped; nobody sees a difference.
  @Test(arguments: DiskUnderTest.allCases)
  func mappingsOfAllSizesAreAlike(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      for count in [1, 4_095, 4_096, 16_383, 16_384, 16_385, 70_000] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 2) }
        try Self.make(disk, "\(folder)/\(count)", bytes)
        let mapping = try disk.map("\(folder)/\(count)")
        try disk.remove("\(folder)/\(count)")
        #expect(mapping.count == count && mapping.bytes(0..<count) == bytes)
        let last = unsafe mapping.base.load(fromByteOffset: count - 1, as: UInt8.self)
        #expect(last == bytes[count - 1])
      }
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func mappingsOfEmptyFilesAreEmpty(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      try Self.make(disk, "\(folder)/empty", [])
      let mapping = try disk.map("\(folder)/empty")
      #expect(mapping.count == 0)
      #expect(mapping.bytes(0..<0) == [])
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func mappingsGiveTheirBytesByPointer(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      try Self.make(disk, "\(folder)/a", [1, 2, 3, 4, 5, 6, 7, 8, 9])
      let mapping = try disk.map("\(folder)/a")
      let value = unsafe mapping.base.load(as: UInt64.self)
      #expect(UInt64(littleEndian: value) == 0x0807_0605_0403_0201)
      let last = unsafe mapping.base.load(fromByteOffset: 8, as: UInt8.self)
      #expect(last == 9)
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func locksExclude(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      Self.expect(.notFound) { _ = try disk.tryLock("\(folder)/none/lock") }
      let first = try disk.tryLock("\(folder)/lock")
      #expect(first != nil)
      #expect(try disk.list(folder) == ["lock"])
      #expect(try disk.tryLock("\(folder)/lock") == nil)
      #expect(try disk.tryLock("\(folder)/other") != nil)
      first?.release()
      first?.release()
      var second = try disk.tryLock("\(folder)/lock")
      #expect(second != nil)
      // What was released long ago must not unlock what somebody else holds now.
      first?.release()
      #expect(try disk.tryLock("\(folder)/lock") == nil)
      second = nil
      #expect(try disk.tryLock("\(folder)/lock") != nil)
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func countersCountWhatSucceeds(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      let before = disk.counters
      let file = try disk.open("\(folder)/a", .create)
      try file.write([1, 2, 3], at: 0)
      try file.write([1, 2], at: 1)
      try file.sync()
      try disk.syncDirectory(folder)
      Self.expect(.notFound) { try disk.syncDirectory("\(folder)/none") }
      let after = disk.counters
      #expect(after.bytesWritten - before.bytesWritten == 5)
      #expect(after.syncs - before.syncs == 2)
    }
  }

  @Test(arguments: DiskUnderTest.allCases)
  func errorsNameTheCallAndThePath(_ kind: DiskUnderTest) throws {
    try kind.run { disk, folder in
      let error = #expect(throws: DiskError.self) { _ = try disk.open("\(folder)/a", .read) }
      #expect(error?.operation == "open")
      #expect(error?.path == "\(folder)/a")
      #expect(error?.code != 0)
      #expect(error?.description == "open \(folder)/a: No such file or directory")
    }
  }
}
