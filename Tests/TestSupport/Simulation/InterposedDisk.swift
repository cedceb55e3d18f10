package import StorageIO
import Synchronization

/// A disk that lets something else happen in the middle of a run of calls: just before any one of them, reads included.
///
/// What happens there stands for another process; it uses the disk beneath.
package final class InterposedDisk: Disk {
  private struct State {
    var calls = 0
    var target = 0
    var action: (@Sendable () -> Void)?
  }

  private let base: any Disk
  private let state = Mutex(State())

  package init(_ base: any Disk) { self.base = base }

  /// Before call number `call` from now on, the first being 1, `action` happens, once.
  package func interpose(atCall call: Int, _ action: @escaping @Sendable () -> Void) {
    state.withLock { $0 = State(calls: 0, target: call, action: action) }
  }

  /// Takes back what has not happened; whether it has.
  package func finish() -> Bool {
    state.withLock { state in
      defer { state.action = nil }
      return state.action == nil
    }
  }

  /// Lets something happen at every call of a run in turn, from the first one on. `body` is one run on a disk of its own, in which
  /// it happens at the given call, and says what `finish` says: a run that has fewer calls is the last. Returns how many there
  /// were.
  package static func atEveryCall(_ body: (_ call: Int) throws -> Bool) rethrows -> Int {
    var call = 1
    while try body(call) { call += 1 }
    return call
  }

  fileprivate func pass() {
    let action: (@Sendable () -> Void)? = state.withLock { state in
      state.calls += 1
      guard state.calls == state.target else { return nil }
      defer { state.action = nil }
      return state.action
    }
    action?()
  }

  package var counters: DiskCounters { base.counters }

  package func createDirectory(_ path: String) throws(DiskError) {
    pass()
    try base.createDirectory(path)
  }

  package func list(_ path: String) throws(DiskError) -> [String] {
    pass()
    return try base.list(path)
  }

  package func exists(_ path: String) throws(DiskError) -> Bool {
    pass()
    return try base.exists(path)
  }

  package func size(_ path: String) throws(DiskError) -> Int {
    pass()
    return try base.size(path)
  }

  package func open(_ path: String, _ mode: FileMode) throws(DiskError) -> any DiskFile {
    pass()
    return InterposedFile(try base.open(path, mode), disk: self)
  }

  package func map(_ path: String) throws(DiskError) -> Mapping {
    pass()
    return try base.map(path)
  }

  package func read(_ path: String) throws(DiskError) -> [UInt8] {
    pass()
    return try base.read(path)
  }

  package func rename(_ from: String, _ to: String) throws(DiskError) {
    pass()
    try base.rename(from, to)
  }

  package func link(_ existing: String, _ new: String) throws(DiskError) {
    pass()
    try base.link(existing, new)
  }

  package func remove(_ path: String) throws(DiskError) {
    pass()
    try base.remove(path)
  }

  package func syncDirectory(_ path: String) throws(DiskError) {
    pass()
    try base.syncDirectory(path)
  }

  package func tryLock(_ path: String) throws(DiskError) -> (any DiskLock)? {
    pass()
    return try base.tryLock(path)
  }
}

/// A file of such a disk.
private final class InterposedFile: DiskFile {
  private let base: any DiskFile
  private let disk: InterposedDisk

  init(_ base: any DiskFile, disk: InterposedDisk) {
    self.base = base
    self.disk = disk
  }

  var path: String { base.path }

  func size() throws(DiskError) -> Int { try base.size() }

  func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
    disk.pass()
    try base.write(bytes, at: offset)
  }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    disk.pass()
    return try base.read(at: offset, count: count)
  }

  func truncate(to size: Int) throws(DiskError) {
    disk.pass()
    try base.truncate(to: size)
  }

  func sync() throws(DiskError) {
    disk.pass()
    try base.sync()
  }

  func close() throws(DiskError) { try base.close() }
}
