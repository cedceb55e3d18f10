import Synchronization

/// An open file of the machine, the owner of one descriptor.
///
/// Calls run side by side, so that a write need not wait for a sync. Closing while a call runs takes effect for new
/// calls at once, but the descriptor lives until the last running call has ended: a number that the kernel has given to
/// another file must never be written to.
final class POSIXFile: DiskFile {
  private struct State {
    /// Nil once closed.
    var descriptor: Int32?
    /// Set by `close`; the last running call then closes the descriptor.
    var isClosing = false
    var running = 0
  }

  let path: String
  private let isWritable: Bool
  private let counters: POSIXCounters
  private let state: Mutex<State>

  /// Takes over an open descriptor.
  init(descriptor: Int32, path: String, isWritable: Bool, counters: POSIXCounters) {
    self.path = path
    self.isWritable = isWritable
    self.counters = counters
    state = Mutex(State(descriptor: descriptor))
  }

  deinit { try? close() }

  func size() throws(DiskError) -> Int {
    try using("size") { descriptor throws(ErrorNumber) in try SystemCall.status(of: descriptor).size }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
    precondition(offset >= 0, "negative offset")
    try using("write", writing: true) { descriptor throws(ErrorNumber) in
      try SystemCall.write(descriptor, bytes, at: offset)
    }
    counters.addWritten(bytes.count)
  }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    precondition(offset >= 0 && count >= 0, "negative offset or count")
    return try using("read") { descriptor throws(ErrorNumber) in
      // A large wish against a small file must not become a large allocation.
      let wanted = count <= 65536 ? count : min(count, max(0, try SystemCall.status(of: descriptor).size - offset))
      return try SystemCall.read(descriptor, at: offset, count: wanted)
    }
  }

  func truncate(to size: Int) throws(DiskError) {
    precondition(size >= 0, "negative size")
    try using("truncate", writing: true) { descriptor throws(ErrorNumber) in
      try SystemCall.truncate(descriptor, to: size)
    }
  }

  func sync() throws(DiskError) {
    try using("sync") { descriptor throws(ErrorNumber) in try SystemCall.syncData(descriptor) }
    counters.addSync()
  }

  func close() throws(DiskError) {
    let idle = state.withLock { state -> Int32? in
      state.isClosing = true
      return state.running == 0 ? state.descriptor.take() : nil
    }
    guard let idle else { return }
    try naming("close", path) { () throws(ErrorNumber) in try SystemCall.closeDescriptor(idle) }
  }

  /// Runs a call with the descriptor, which stays open meanwhile.
  private func using<Result>(
    _ operation: String, writing: Bool = false, _ body: (Int32) throws(ErrorNumber) -> Result
  ) throws(DiskError) -> Result {
    let begun = state.withLock { state -> Int32? in
      guard !state.isClosing else { return nil }
      state.running += 1
      return state.descriptor
    }
    guard let descriptor = begun else { throw DiskError(.closed, operation: operation, path: path) }
    defer { end() }
    guard isWritable || !writing else { throw DiskError(.permission, operation: operation, path: path) }
    return try naming(operation, path) { () throws(ErrorNumber) in try body(descriptor) }
  }

  private func end() {
    let idle = state.withLock { state -> Int32? in
      state.running -= 1
      return state.isClosing && state.running == 0 ? state.descriptor.take() : nil
    }
    // Whoever called `close` has left, so an error has nobody to go to.
    if let idle { try? SystemCall.closeDescriptor(idle) }
  }
}
