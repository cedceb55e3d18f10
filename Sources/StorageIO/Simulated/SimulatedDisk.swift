import Synchronization

/// A disk in memory that loses what a real one may lose, decided by a seed.
///
/// It keeps what reading sees apart from what is durable. A power loss (`crash`, `crash(atCall:)`) ends the disk, and
/// `afterCrash` draws what survives: all that was synced, and of the rest any of nothing, everything, the first part, or
/// some with others missing; single writes may be torn at a byte or lose any of their 512-byte sectors, and the file's
/// size may arrive without the data. Directory entries are durable after `syncDirectory` alone; syncing a file does not
/// save its name. An operation on a name never survives without earlier ones on that name, and a rename is never half.
///
/// The same seed and the same calls give the same disk. Calls from several threads are safe, but their order is then part
/// of the run. Names are compared as Swift strings; paths from the root and relative ones mean the same. A mapping is a
/// copy, so unlike a real one it does not show later writes.
package final class SimulatedDisk: Disk {
  private let state: Mutex<SimulatedState>

  /// An empty disk. The seed decides how much of failing and crashing calls takes effect.
  /// - Parameter tracing: whether to keep a line for each counted call in `trace`.
  package convenience init(seed: UInt64, tracing: Bool = false) {
    self.init(SimulatedState(seed: seed, isTracing: tracing))
  }

  init(_ state: SimulatedState) { self.state = Mutex(state) }

  package var counters: DiskCounters { inspect { $0.counters } }

  package func createDirectory(_ path: String) throws(DiskError) {
    try perform { state throws(DiskError) in try state.createDirectory(path) }
  }

  package func list(_ path: String) throws(DiskError) -> [String] {
    try looking("list", path) { state throws(ErrorNumber) in
      state.namespace.names(in: try state.namespace.directory(path))
    }
  }

  package func exists(_ path: String) throws(DiskError) -> Bool {
    try looking("exists", path) { state throws(ErrorNumber) in (try? state.namespace.inode(path)) != nil }
  }

  package func size(_ path: String) throws(DiskError) -> Int {
    try looking("size", path) { state throws(ErrorNumber) in try state.content(path).count }
  }

  package func open(_ path: String, _ mode: FileMode) throws(DiskError) -> any DiskFile {
    let inode = try perform { state throws(DiskError) in try state.open(path, mode) }
    return SimulatedFile(inode: inode, path: path, isWritable: mode != .read, disk: self)
  }

  package func map(_ path: String) throws(DiskError) -> Mapping {
    Mapping(copying: try looking("map", path) { state throws(ErrorNumber) in try state.content(path) })
  }

  package func read(_ path: String) throws(DiskError) -> [UInt8] {
    try looking("read", path) { state throws(ErrorNumber) in try state.content(path) }
  }

  package func rename(_ from: String, _ to: String) throws(DiskError) {
    try perform { state throws(DiskError) in try state.rename(from, to) }
  }

  package func link(_ existing: String, _ new: String) throws(DiskError) {
    try perform { state throws(DiskError) in try state.link(existing, new) }
  }

  package func remove(_ path: String) throws(DiskError) {
    try perform { state throws(DiskError) in try state.remove(path) }
  }

  package func syncDirectory(_ path: String) throws(DiskError) {
    try perform { state throws(DiskError) in try state.syncDirectory(path) }
  }

  package func tryLock(_ path: String) throws(DiskError) -> (any DiskLock)? {
    guard let inode = try perform({ state throws(DiskError) in try state.lock(path) }) else { return nil }
    return SimulatedLock(inode: inode, disk: self)
  }

  // MARK: For the types of this folder

  /// Runs a call of a disk or file on the state, alone.
  func perform<Result: Sendable>(
    _ body: (inout SimulatedState) throws(DiskError) -> Result
  ) throws(DiskError) -> Result {
    try state.withLock { state throws(DiskError) in try body(&state) }
  }

  /// Reads or turns the simulation itself, which works after a power loss too.
  func inspect<Result: Sendable>(_ body: (inout SimulatedState) -> Result) -> Result {
    state.withLock { body(&$0) }
  }

  private func looking<Result: Sendable>(
    _ operation: String, _ path: String, _ body: (borrowing SimulatedState) throws(ErrorNumber) -> Result
  ) throws(DiskError) -> Result {
    try perform { state throws(DiskError) in
      try state.looking(operation, path) { () throws(ErrorNumber) in try body(state) }
    }
  }
}
