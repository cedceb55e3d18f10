import Synchronization

/// An open file of a simulated disk.
final class SimulatedFile: DiskFile {
  let path: String
  private let inode: Int
  private let isWritable: Bool
  private let disk: SimulatedDisk
  private let isClosed = Mutex(false)

  init(inode: Int, path: String, isWritable: Bool, disk: SimulatedDisk) {
    self.inode = inode
    self.path = path
    self.isWritable = isWritable
    self.disk = disk
  }

  deinit { try? close() }

  func size() throws(DiskError) -> Int {
    try looking("size") { $0.content(inode).count }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
    precondition(offset >= 0, "negative offset")
    try changing("write", writing: true) { state throws(DiskError) in
      try state.write(inode, bytes, at: offset, path: path)
    }
  }

  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    precondition(offset >= 0 && count >= 0, "negative offset or count")
    return try looking("read") { Array($0.content(inode).dropFirst(offset).prefix(count)) }
  }

  func truncate(to size: Int) throws(DiskError) {
    precondition(size >= 0, "negative size")
    try changing("truncate", writing: true) { state throws(DiskError) in
      try state.truncate(inode, to: size, path: path)
    }
  }

  func sync() throws(DiskError) {
    try changing("sync") { state throws(DiskError) in try state.sync(inode, path: path) }
  }

  func close() throws(DiskError) {
    let wasClosed = isClosed.withLock { closed in
      defer { closed = true }
      return closed
    }
    try disk.perform { state throws(DiskError) in
      if !wasClosed { state.close(inode) }
      if state.isCrashed { throw DiskError(.crashed, operation: "close", path: path) }
    }
  }

  private func looking<Result: Sendable>(
    _ operation: String, _ body: (borrowing SimulatedState) -> Result
  ) throws(DiskError) -> Result {
    try changing(operation) { state throws(DiskError) in
      if state.isCrashed { throw DiskError(.crashed, operation: operation, path: path) }
      return body(state)
    }
  }

  private func changing<Result: Sendable>(
    _ operation: String, writing: Bool = false, _ body: (inout SimulatedState) throws(DiskError) -> Result
  ) throws(DiskError) -> Result {
    let wasClosed = isClosed.withLock { $0 }
    return try disk.perform { state throws(DiskError) in
      // After a power loss everything says so, whatever else is wrong.
      if !state.isCrashed {
        if wasClosed { throw DiskError(.closed, operation: operation, path: path) }
        if writing && !isWritable { throw DiskError(.permission, operation: operation, path: path) }
      }
      return try body(&state)
    }
  }
}
