import Columnar
import StoreEngine

/// The archive as a table that other engines read: its files are listed by the commits of a Delta log, numbered JSON files
/// in the folder `_delta_log`, so that they see a consistent set while files come and go.
///
/// The log is derived: the manifests of the partitions say which files there are, and `reconcile` commits the difference. It
/// can be repeated at any time, and does nothing where nothing differs.
/// Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
struct DeltaTable {
  private let storage: any ArchiveStorage
  private let schema: DeltaSchema
  private static let folder = "_delta_log"

  init(_ storage: any ArchiveStorage, _ schema: DeltaSchema) {
    self.storage = storage
    self.schema = schema
  }

  /// What the log says.
  private struct State {
    /// Of the next commit.
    var version = 0
    /// Bytes by path.
    var files: [String: Int] = [:]
  }

  /// The files of one partition, and the manifest that names them.
  struct Part {
    let partition: Int
    let manifest: UInt64
    let files: [ArchivedFile]
  }

  /// Commits what has changed; whether anything had.
  @discardableResult
  func reconcile(_ parts: [Part], now: Int64, tableID: @autoclosure () -> String) throws(StoreError) -> Bool {
    // What a crash left; only the holder of the lock of maintenance comes here.
    for name in try storage.list(Self.folder) where name.hasSuffix(StoreLayout.temporarySuffix) {
      try storage.remove(name)
    }
    while true {
      let state = try replay()
      let wanted = parts.flatMap(\.files)
      let named = Set(wanted.map(\.path))
      let fresh = wanted.filter { state.files[$0.path] == nil }
      let gone = state.files.keys.filter { !named.contains($0) }.sorted()
      if fresh.isEmpty, gone.isEmpty { return false }
      var commit = DeltaCommit(schema, now: now)
      if state.version == 0 { commit.begin(tableID: tableID()) }
      for part in parts where part.files.contains(where: { state.files[$0.path] == nil }) {
        commit.note(
          transaction: "growthring-partition-" + StoreLayout.hex(UInt64(part.partition), digits: 2), part.manifest)
      }
      for path in gone { commit.remove(path, length: state.files[path] ?? 0) }
      for file in fresh { commit.add(file) }
      // Where somebody else has taken the number, what he committed counts first.
      if try storage.putIfAbsent(Self.name(state.version), Array(commit.text.utf8)) { return true }
    }
  }

  private static func name(_ version: Int) -> String {
    let digits = String(version)
    return folder + "/" + String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits + ".json"
  }

  private static func version(ofName name: String) -> Int? {
    let digits = name.dropFirst(folder.utf8.count + 1).dropLast(5)
    guard name.hasSuffix(".json"), digits.utf8.count == 20, let version = Int(digits) else { return nil }
    return version
  }

  private func replay() throws(StoreError) -> State {
    var state = State()
    for version in try storage.list(Self.folder).compactMap(Self.version).sorted() {
      guard version == state.version else {
        throw StoreError(
          .corruption, file: storage.path(Self.name(state.version)),
          "this commit of the table's log is missing; commits may only be cleaned up together with the whole folder "
            + "\(Self.folder), which the next maintenance makes anew")
      }
      let name = Self.name(version)
      try apply(try storage.open(name).array, storage.path(name), to: &state)
      state.version = version + 1
    }
    return state
  }

  private func apply(_ commit: [UInt8], _ path: String, to state: inout State) throws(StoreError) {
    for (number, line) in commit.split(separator: UInt8(ascii: "\n")).enumerated() {
      let action: DocumentNode
      do {
        action = try DocumentJSONParser.parse(Array(line), file: path)
      } catch {
        throw StoreError(.corruption, file: path, "line \(number + 1) is no JSON: \(error)")
      }
      if let add = action["add"], let file = add["path"]?.text {
        state.files[Self.unescaped(file)] = add["size"]?.integer ?? 0
      } else if let remove = action["remove"], let file = remove["path"]?.text {
        state.files[Self.unescaped(file)] = nil
      }
    }
  }

  /// Paths are URIs; ours have nothing to escape, but others may escape the `=` in them.
  private static func unescaped(_ path: String) -> String {
    path.split(separator: "%3D", omittingEmptySubsequences: false).joined(separator: "=")
  }
}

extension DocumentNode {
  fileprivate subscript(key: String) -> DocumentNode? {
    guard case .mapping(let entries) = value else { return nil }
    return entries.first { $0.key == key }?.value
  }

  fileprivate var text: String? {
    if case .string(let text) = value { return text }
    return nil
  }

  fileprivate var integer: Int? {
    if case .number(let text) = value { return Int(text) }
    return nil
  }
}
