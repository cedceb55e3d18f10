#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Everything a simulated disk is: a plain value, so that a power loss is a function from one to another.
struct SimulatedState: Sendable {
  var namespace = SimulatedNamespace()
  /// The contents of files by inode; directories live in the namespace alone.
  var contents: [Int: SimulatedContent] = [:]
  /// How many open handles keep a file alive.
  private var handles: [Int: Int] = [:]
  /// The lock files that are locked.
  private var locked: Set<Int> = []
  private var nextInode = SimulatedNamespace.root + 1
  /// Whether a removal since the last sweep may have left an inode that nothing refers to.
  private var mayHaveGarbage = false

  /// Decides how much of a failing or crashing call takes effect.
  private var random: SeededGenerator
  var faults = SimulatedFaults()
  private(set) var isCrashed = false
  var capacity: Int?

  private(set) var callCount = 0
  private(set) var counters = DiskCounters()
  let isTracing: Bool
  private(set) var trace: [String] = []

  init(seed: UInt64, isTracing: Bool) {
    random = SeededGenerator(seed: seed)
    self.isTracing = isTracing
  }

  // MARK: Calls that only look

  func looking<Result>(
    _ operation: String, _ path: String, _ body: () throws(ErrorNumber) -> Result
  ) throws(DiskError) -> Result {
    if isCrashed { throw DiskError(.crashed, operation: operation, path: path) }
    return try naming(operation, path, body)
  }

  /// The contents of a file by path.
  func content(_ path: String) throws(ErrorNumber) -> [UInt8] { content(try namespace.file(path)) }

  func content(_ inode: Int) -> [UInt8] { contents[inode]?.visible ?? [] }

  /// The bytes that files take up which have a name or are open.
  var usedBytes: Int {
    var inodes = Set(handles.keys)
    for entries in namespace.visible.values { inodes.formUnion(entries.values) }
    return inodes.reduce(0) { $0 + (contents[$1]?.visible.count ?? 0) }
  }

  // MARK: Calls that change or sync, each counted

  /// Counts a call and lets it happen, fail or crash. A failing call does nothing but `failing`; the call in which the
  /// power goes does all or nothing.
  private mutating func counted<Result>(
    _ operation: String, _ path: String, failing: (inout Self) throws(ErrorNumber) -> Void = { _ in },
    body: (inout Self) throws(ErrorNumber) -> Result
  ) throws(DiskError) -> Result {
    switch try begin(operation, path) {
    case .proceeds: break
    case .fails(let kind):
      try? failing(&self)
      throw DiskError(kind, operation: operation, path: path)
    case .crashes:
      if random.oneIn(2) { _ = try? body(&self) }
      throw crash(operation, path)
    }
    do {
      return try body(&self)
    } catch {
      throw DiskError(error, operation: operation, path: path)
    }
  }

  private mutating func begin(
    _ operation: String, _ path: String, _ detail: String = ""
  ) throws(DiskError) -> SimulatedFaults.Fate {
    if isCrashed { throw DiskError(.crashed, operation: operation, path: path) }
    callCount += 1
    let fate = faults.fate(ofCall: callCount)
    if isTracing {
      let outcome =
        switch fate {
        case .proceeds: ""
        case .fails(let kind): " -> \(kind)"
        case .crashes: " -> crashed"
        }
      trace.append("\(callCount) \(operation) \(path)\(detail)\(outcome)")
    }
    return fate
  }

  private mutating func crash(_ operation: String, _ path: String) -> DiskError {
    isCrashed = true
    return DiskError(.crashed, operation: operation, path: path)
  }

  /// The power goes now, between two calls.
  mutating func crash() { isCrashed = true }

  mutating func createDirectory(_ path: String) throws(DiskError) {
    try counted("createDirectory", path) { state throws(ErrorNumber) in
      if path.isEmpty { throw ErrorNumber(ENOENT) }
      var current = ""
      for name in SimulatedNamespace.components(path) {
        current += "/" + name
        let place = try state.namespace.place(current)
        if place.inode == nil { state.namespace.addDirectory(state.newInode(), at: place) }
      }
      if let inode = try state.namespace.place(path).inode, !state.namespace.isDirectory(inode) {
        throw ErrorNumber(EEXIST)
      }
    }
  }

  /// Opens a file and answers its inode; `close` must follow.
  mutating func open(_ path: String, _ mode: FileMode) throws(DiskError) -> Int {
    let inode =
      switch mode {
      case .read: try looking("open", path) { () throws(ErrorNumber) in try namespace.file(path) }
      case .create: try counted("open", path) { state throws(ErrorNumber) in try state.openNew(path, exclusive: true) }
      case .append: try counted("open", path) { state throws(ErrorNumber) in try state.openNew(path, exclusive: false) }
      }
    handles[inode, default: 0] += 1
    return inode
  }

  private mutating func openNew(_ path: String, exclusive: Bool) throws(ErrorNumber) -> Int {
    let place = try namespace.place(path)
    if let inode = place.inode {
      if exclusive { throw ErrorNumber(EEXIST) }
      if namespace.isDirectory(inode) { throw ErrorNumber(EISDIR) }
      return inode
    }
    let inode = newInode()
    contents[inode] = SimulatedContent()
    namespace.addFile(inode, at: place)
    return inode
  }

  mutating func close(_ inode: Int) {
    let rest = (handles[inode] ?? 0) - 1
    handles[inode] = rest > 0 ? rest : nil
    if mayHaveGarbage && rest <= 0 { sweep() }
  }

  mutating func rename(_ from: String, _ to: String) throws(DiskError) {
    try counted("rename", from) { state throws(ErrorNumber) in
      try state.namespace.rename(from, to)
      state.mayHaveGarbage = true
    }
  }

  mutating func link(_ existing: String, _ new: String) throws(DiskError) {
    try counted("link", new) { state throws(ErrorNumber) in try state.namespace.link(existing, new) }
  }

  mutating func remove(_ path: String) throws(DiskError) {
    try counted("remove", path) { state throws(ErrorNumber) in
      try state.namespace.remove(path)
      state.mayHaveGarbage = true
    }
  }

  mutating func syncDirectory(_ path: String) throws(DiskError) {
    try counted(
      "syncDirectory", path,
      failing: { state throws(ErrorNumber) in state.namespace.failSync(try state.namespace.directory(path)) },
      body: { state throws(ErrorNumber) in
        state.namespace.sync(try state.namespace.directory(path))
        state.counters.syncs += 1
        if state.mayHaveGarbage { state.sweep() }
      })
  }

  /// Takes a lock and answers the inode that `unlock` gives up; nil if it is taken.
  mutating func lock(_ path: String) throws(DiskError) -> Int? {
    try counted("tryLock", path) { state throws(ErrorNumber) -> Int? in
      let inode = try state.openNew(path, exclusive: false)
      guard state.locked.insert(inode).inserted else { return nil }
      state.handles[inode, default: 0] += 1
      return inode
    }
  }

  mutating func unlock(_ inode: Int) {
    locked.remove(inode)
    close(inode)
  }

  /// Writes all, or as much as fits; the failing and the crashing write leave some first part.
  mutating func write(_ inode: Int, _ bytes: [UInt8], at offset: Int, path: String) throws(DiskError) {
    let fate = try begin("write", path, " @\(offset) +\(bytes.count)")
    var written = bytes.count
    if case .proceeds = fate {} else { written = random.oneIn(4) ? bytes.count : random.below(bytes.count + 1) }
    let fitting = fitting(inode, bytes.count, at: offset)
    contents[inode]?.write(Array(bytes.prefix(min(written, fitting))), at: offset)
    switch fate {
    case .crashes: throw crash("write", path)
    case .fails(let kind): throw DiskError(kind, operation: "write", path: path)
    case .proceeds: break
    }
    if fitting < bytes.count { throw DiskError(.noSpace, operation: "write", path: path) }
    counters.bytesWritten += bytes.count
  }

  mutating func truncate(_ inode: Int, to size: Int, path: String) throws(DiskError) {
    try counted("truncate", path) { state throws(ErrorNumber) in
      let grown = size - state.content(inode).count
      if grown > 0 && state.fitting(inode, grown, at: size - grown) < grown { throw ErrorNumber(ENOSPC) }
      state.contents[inode]?.resize(to: size)
    }
  }

  mutating func sync(_ inode: Int, path: String) throws(DiskError) {
    try counted(
      "sync", path,
      failing: { state throws(ErrorNumber) in state.contents[inode]?.failSync() },
      body: { state throws(ErrorNumber) in
        state.contents[inode]?.sync()
        state.counters.syncs += 1
      })
  }

  // MARK: Ends of a run

  /// What a power loss leaves. Every file draws from a stream of its own, so that what happens to one does not depend on
  /// the others.
  func surviving(seed: UInt64) -> SimulatedState {
    var random = SeededGenerator(seed: seed)
    let directories = namespace.surviving(&random)
    var result = SimulatedState(seed: random.next(), isTracing: isTracing)
    var reached: [Int: [String: Int]] = [:]
    var waiting = [SimulatedNamespace.root]
    while let directory = waiting.popLast() {
      guard reached[directory] == nil else { continue }
      let entries = directories[directory] ?? [:]
      reached[directory] = entries
      for inode in entries.values {
        if directories[inode] != nil {
          waiting.append(inode)
        } else if result.contents[inode] == nil, let content = contents[inode] {
          var stream = SeededGenerator(seed: seed, stream: UInt64(inode))
          result.contents[inode] = SimulatedContent(durable: content.surviving(&stream))
        }
      }
    }
    result.namespace = SimulatedNamespace(durable: reached)
    result.nextInode = nextInode
    result.capacity = capacity
    return result
  }

  /// What the end of the process leaves, with the machine running on: all that was written, still unsynced.
  func afterKill(seed: UInt64) -> SimulatedState {
    var result = SimulatedState(seed: seed, isTracing: isTracing)
    result.namespace = namespace
    result.contents = contents
    result.nextInode = nextInode
    result.capacity = capacity
    result.sweep()
    return result
  }

  // MARK: Parts

  private mutating func newInode() -> Int {
    defer { nextInode += 1 }
    return nextInode
  }

  /// How many of `count` bytes at an offset the disk has room for.
  private func fitting(_ inode: Int, _ count: Int, at offset: Int) -> Int {
    guard let capacity, count > 0 else { return count }
    let room = max(0, capacity - usedBytes)
    return min(count, max(0, content(inode).count + room - offset))
  }

  /// Forgets what has no name, no handle, and no way back.
  private mutating func sweep() {
    let alive = namespace.referenced()
    contents = contents.filter { alive.contains($0.key) || handles[$0.key] != nil }
    namespace.keepDirectories(alive)
    mayHaveGarbage = false
  }
}
