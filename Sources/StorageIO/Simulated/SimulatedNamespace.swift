#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The directories of a simulated disk, as they look now and as a power loss may leave them.
///
/// Files and directories are numbers (inodes); a directory maps names to them. Every change is an operation, a set of
/// edits that survives wholly or not at all, so a rename is never seen half done. As in a journal, an operation on a
/// name never survives without the earlier ones on that name; operations on different names may survive in any order.
struct SimulatedNamespace: Sendable {
  static let root = 1

  private struct Key: Hashable, Sendable {
    let directory: Int
    let name: String
  }

  private struct Edit: Sendable {
    let key: Key
    /// Nil removes the name.
    let inode: Int?
  }

  private enum Standing: Equatable, Sendable {
    /// Not durable until these directories are synced.
    case pending(Set<Int>)
    /// A sync failed over it: it may survive, and no sync will ever make it durable.
    case doubtful
    case durable
  }

  private struct Operation: Sendable {
    let edits: [Edit]
    var standing: Standing
  }

  /// A path looked up: where its last name lives, and what it names.
  struct Place {
    let directory: Int
    /// Empty for the root, which has no name.
    let name: String
    let inode: Int?
  }

  /// What reading sees.
  private(set) var visible: [Int: [String: Int]] = [root: [:]]
  /// What survives for certain, before `operations`.
  private var settled: [Int: [String: Int]] = [root: [:]]
  /// Oldest first.
  private var operations: [Operation] = []

  init() {}

  /// A namespace whose every entry is durable.
  init(durable: [Int: [String: Int]]) {
    visible = durable
    settled = durable
  }

  func isDirectory(_ inode: Int) -> Bool { visible[inode] != nil }

  // MARK: Looking up

  /// The names of a path from the root; relative paths start there too. `.` and `..` are resolved in the text.
  static func components(_ path: String) -> [String] {
    var result: [String] = []
    for part in path.utf8.split(separator: UInt8(ascii: "/")) {
      let name = String(decoding: part, as: UTF8.self)
      switch name {
      case ".": break
      case "..": _ = result.popLast()
      default: result.append(name)
      }
    }
    return result
  }

  /// Looks up a path whose last name need not exist; everything before it must be a directory.
  func place(_ path: String) throws(ErrorNumber) -> Place {
    guard !path.isEmpty else { throw ErrorNumber(ENOENT) }
    var place = Place(directory: Self.root, name: "", inode: Self.root)
    for name in Self.components(path) {
      guard let inode = place.inode else { throw ErrorNumber(ENOENT) }
      guard let entries = visible[inode] else { throw ErrorNumber(ENOTDIR) }
      place = Place(directory: inode, name: name, inode: entries[name])
    }
    return place
  }

  /// Looks up what must exist.
  func inode(_ path: String) throws(ErrorNumber) -> Int {
    guard let inode = try place(path).inode else { throw ErrorNumber(ENOENT) }
    return inode
  }

  func file(_ path: String) throws(ErrorNumber) -> Int {
    let inode = try inode(path)
    if isDirectory(inode) { throw ErrorNumber(EISDIR) }
    return inode
  }

  func directory(_ path: String) throws(ErrorNumber) -> Int {
    let inode = try inode(path)
    guard isDirectory(inode) else { throw ErrorNumber(ENOTDIR) }
    return inode
  }

  /// The names in a directory in bytewise order.
  func names(in directory: Int) -> [String] {
    (visible[directory] ?? [:]).keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  // MARK: Changing

  mutating func addFile(_ inode: Int, at place: Place) { record([Edit(key: key(place), inode: inode)]) }

  mutating func addDirectory(_ inode: Int, at place: Place) {
    visible[inode] = [:]
    settled[inode] = [:]
    record([Edit(key: key(place), inode: inode)])
  }

  mutating func link(_ existing: String, _ new: String) throws(ErrorNumber) {
    let inode = try inode(existing)
    let target = try place(new)
    guard target.inode == nil else { throw ErrorNumber(EEXIST) }
    if isDirectory(inode) { throw ErrorNumber(EPERM) }
    record([Edit(key: key(target), inode: inode)])
  }

  mutating func rename(_ from: String, _ to: String) throws(ErrorNumber) {
    let source = try place(from)
    let target = try place(to)
    guard let inode = source.inode else { throw ErrorNumber(ENOENT) }
    if inode == Self.root || target.inode == Self.root { throw ErrorNumber(EBUSY) }
    if isDirectory(inode) && contains(inode, target.directory) { throw ErrorNumber(EINVAL) }
    if let replaced = target.inode {
      if replaced == inode { return }
      switch (isDirectory(inode), visible[replaced]) {
      case (true, nil): throw ErrorNumber(ENOTDIR)
      case (false, .some): throw ErrorNumber(EISDIR)
      case (true, .some(let entries)) where !entries.isEmpty: throw ErrorNumber(ENOTEMPTY)
      default: break
      }
    }
    record([Edit(key: key(source), inode: nil), Edit(key: key(target), inode: inode)])
  }

  mutating func remove(_ path: String) throws(ErrorNumber) {
    let place = try place(path)
    guard let inode = place.inode else { throw ErrorNumber(ENOENT) }
    if inode == Self.root { throw ErrorNumber(EBUSY) }
    if let entries = visible[inode], !entries.isEmpty { throw ErrorNumber(ENOTEMPTY) }
    record([Edit(key: key(place), inode: nil)])
  }

  /// Makes the entries of a directory durable. A rename between two directories is durable once both are synced.
  mutating func sync(_ directory: Int) {
    for index in operations.indices {
      guard case .pending(var unsynced) = operations[index].standing else { continue }
      unsynced.remove(directory)
      operations[index].standing = unsynced.isEmpty ? .durable : .pending(unsynced)
    }
    // Whatever a durable operation builds on became durable with it.
    var needed: Set<Key> = []
    for index in operations.indices.reversed() {
      let keys = operations[index].edits.map(\.key)
      if case .pending = operations[index].standing, keys.contains(where: needed.contains) {
        operations[index].standing = .durable
      }
      if operations[index].standing == .durable { needed.formUnion(keys) }
    }
    settle()
  }

  /// A sync of a directory that reports an error.
  mutating func failSync(_ directory: Int) {
    for index in operations.indices {
      if case .pending(let unsynced) = operations[index].standing, unsynced.contains(directory) {
        operations[index].standing = .doubtful
      }
    }
  }

  /// Merges durable operations into `settled`, except those on names that an earlier open operation has touched.
  private mutating func settle() {
    var open: Set<Key> = []
    var rest: [Operation] = []
    for operation in operations {
      let keys = operation.edits.map(\.key)
      if operation.standing == .durable && !keys.contains(where: open.contains) {
        Self.apply(operation, to: &settled)
      } else {
        open.formUnion(keys)
        rest.append(operation)
      }
    }
    operations = rest
  }

  // MARK: Power loss

  /// The directories that a power loss leaves, including some that nothing leads to any more.
  func surviving(_ random: inout SeededGenerator) -> [Int: [String: Int]] {
    var result = settled
    var survival = Survival(of: operations.count { $0.standing != .durable }, &random)
    var lostKeys: Set<Key> = []
    for operation in operations {
      let keys = operation.edits.map(\.key)
      // An operation has no parts, so a torn one is a lost one.
      let survives = operation.standing == .durable || survival.next(&random) == .kept
      let isBased = operation.standing == .durable || !keys.contains(where: lostKeys.contains)
      if survives && isBased {
        Self.apply(operation, to: &result)
      } else {
        lostKeys.formUnion(keys)
      }
    }
    return result
  }

  /// Every inode that has a name, or that may get one back through a power loss.
  func referenced() -> Set<Int> {
    var result: Set<Int> = [Self.root]
    for entries in visible.values { result.formUnion(entries.values) }
    for entries in settled.values { result.formUnion(entries.values) }
    for operation in operations { result.formUnion(operation.edits.compactMap(\.inode)) }
    return result
  }

  /// Forgets directories that are not in a set.
  mutating func keepDirectories(_ inodes: Set<Int>) {
    visible = visible.filter { inodes.contains($0.key) }
    settled = settled.filter { inodes.contains($0.key) }
  }

  // MARK: Parts

  private func key(_ place: Place) -> Key { Key(directory: place.directory, name: place.name) }

  /// Whether a directory is, or lies anywhere below, another.
  private func contains(_ outer: Int, _ inner: Int) -> Bool {
    outer == inner || (visible[outer] ?? [:]).values.contains { isDirectory($0) && contains($0, inner) }
  }

  private mutating func record(_ edits: [Edit]) {
    let operation = Operation(edits: edits, standing: .pending(Set(edits.map(\.key.directory))))
    Self.apply(operation, to: &visible)
    operations.append(operation)
  }

  private static func apply(_ operation: Operation, to directories: inout [Int: [String: Int]]) {
    for edit in operation.edits { directories[edit.key.directory, default: [:]][edit.key.name] = edit.inode }
  }
}
