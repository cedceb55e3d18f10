/// What a test turns and reads. None of this counts as a call, and all of it works after a power loss.
extension SimulatedDisk {
  // MARK: Counting

  /// The number of counted calls made so far. Counted, whatever becomes of them, are the calls that may change or sync
  /// something: `createDirectory`, `open` with `.create` or `.append`, `rename`, `link`, `remove`, `syncDirectory` and
  /// `tryLock`, and on files `write`, `truncate` and `sync`. Reading, closing and releasing are not. The first call is 1;
  /// calls after a power loss do not count.
  package var callCount: Int { inspect { $0.callCount } }

  /// One line a counted call, such as `3 write /log/1 @0 +512`, if tracing was asked for.
  package var trace: [String] { inspect { $0.trace } }

  // MARK: Faults

  package var isCrashed: Bool { inspect { $0.isCrashed } }

  /// The power goes now; everything afterwards throws `.crashed`.
  package func crash() { inspect { $0.crash() } }

  /// The power goes in a counted call, or in the next one if that is past. That call takes effect wholly, not at all, or,
  /// for a write, in part; it and everything afterwards throws `.crashed`.
  package func crash(atCall call: Int) { inspect { $0.faults.crashCall = call } }

  /// Lets one counted call fail. A write may have taken effect in part; other calls do nothing. A sync that fails puts all
  /// that was unsynced in doubt: it can still be read, may be lost, and no later sync makes it durable.
  package func failure(atCall call: Int, kind: DiskError.Kind) {
    inspect { $0.faults.failures[call] = kind }
  }

  /// Takes back every planned crash and failure.
  package func clearFaults() { inspect { $0.faults = SimulatedFaults() } }

  /// How many bytes of file contents fit; more is `.noSpace`, after writing what fits. Nil is without limit.
  package var capacity: Int? {
    get { inspect { $0.capacity } }
    set { inspect { $0.capacity = newValue } }
  }

  /// The bytes in files that have a name or are open, as `capacity` counts them.
  package var usedBytes: Int { inspect { $0.usedBytes } }

  /// How many files the simulation still holds, including those that only a power loss could bring back.
  package var inodeCount: Int { inspect { $0.contents.count } }

  /// Flips bits of one byte of a file on the medium, durably. Throws `.notFound` for a missing file; the offset must lie
  /// inside of the file.
  package func corrupt(path: String, offset: Int, xor mask: UInt8) throws(DiskError) {
    try altering("corrupt", path) { content in
      precondition(content.visible.indices.contains(offset), "offset outside of the file")
      content.corrupt(at: offset, xor: mask)
    }
  }

  /// Cuts a file durably, as if its tail had never been written; what is left becomes durable too.
  package func truncateForTest(path: String, to size: Int) throws(DiskError) {
    try altering("truncateForTest", path) { content in
      precondition(size >= 0 && size <= content.visible.count, "can only cut")
      content = SimulatedContent(durable: Array(content.visible.prefix(size)))
    }
  }

  private func altering(
    _ operation: String, _ path: String, _ body: (inout SimulatedContent) -> Void
  ) throws(DiskError) {
    try perform { state throws(DiskError) in
      try naming(operation, path) { () throws(ErrorNumber) in
        let inode = try state.namespace.file(path)
        if var content = state.contents.removeValue(forKey: inode) {
          body(&content)
          state.contents[inode] = content
        }
      }
    }
  }

  // MARK: Going on

  /// The disk after a power loss now or earlier: a new one, holding what the seed lets survive, with no locks, no faults
  /// and its counts at 0. This disk stays as it is, so one run can be followed into many outcomes.
  package func afterCrash(seed: UInt64) -> SimulatedDisk { SimulatedDisk(inspect { $0.surviving(seed: seed) }) }

  /// The disk after the process has died but the machine has not: a new one with all that was written, of which what was
  /// unsynced still is; no locks, no faults, counts at 0.
  package func afterKill(seed: UInt64) -> SimulatedDisk { SimulatedDisk(inspect { $0.afterKill(seed: seed) }) }

  // MARK: Comparing

  /// The paths of all files from the root, in bytewise order of their names at every level.
  package func allFiles() -> [String] { entries().filter { $0.content != nil }.map(\.path) }

  /// A hash over all paths and contents that can be read, the same in every process; for comparing replays.
  package func digest() -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    func add(_ number: Int) { for shift in 0..<8 { add(UInt8(truncatingIfNeeded: number >> (8 * shift))) } }
    for entry in entries() {
      add(entry.path.utf8.count)
      entry.path.utf8.forEach(add)
      // A directory must differ from an empty file.
      add(entry.content?.count ?? -1)
      entry.content?.forEach(add)
    }
    return hash
  }

  /// All files and directories, the latter without content.
  private func entries() -> [(path: String, content: [UInt8]?)] {
    inspect { state in
      var result: [(path: String, content: [UInt8]?)] = []
      func visit(_ directory: Int, _ prefix: String) {
        for name in state.namespace.names(in: directory) {
          guard let inode = state.namespace.visible[directory]?[name] else { continue }
          let path = prefix + "/" + name
          if state.namespace.isDirectory(inode) {
            result.append((path, nil))
            visit(inode, path)
          } else {
            result.append((path, state.content(inode)))
          }
        }
      }
      visit(SimulatedNamespace.root, "")
      return result
    }
  }
}
