import Columnar
package import StorageIO
import Synchronization

/// One partition of a store: a memtable, at most one frozen memtable on its way to disk, and immutable files.
///
/// One thread commits; any thread reads. The lock is held for the moment of a look-up or of applying a slice of rows,
/// never during I/O of a write.
package final class Partition: Sendable {
  package let number: Int
  package let manifests: ManifestStore
  let environment: StorageEnvironment
  let hashSeed: UInt64
  let options: EngineOptions
  /// Read beside a writer in another process: the files and the memtable change only together, by `refresh`.
  let isReader: Bool

  /// Whether the files in `state` are open. Most of the time of opening a store would go by with files that nobody asks for,
  /// so a writer reads the manifests only, and opens a partition's files when they are first needed.
  private let isOpen: Atomic<Bool>
  /// Of a writer: whether what it found at its open is known to be synced; see `makeDurable`.
  let isDurable = Atomic(false)

  let state: Mutex<State>
  /// Of a reader that maintains: the files of its last step.
  let maintained = Mutex<PartitionFiles?>(nil)
  /// The ageing policy, where it is known: merges of many rows separate them by it.
  let ageing = Mutex<AgeingRules?>(nil)
  /// Shared by all partitions of a store.
  let rowGroups: RowGroupCache
  /// Where events go in the end; nil where there is no format for it.
  package let archive: Archive?

  /// `manifest` is the number of the newest, where that is known.
  package init(
    number: Int, layout: StoreLayout, environment: StorageEnvironment, hashSeed: UInt64, options: EngineOptions,
    loadFiles: Bool = true, manifest: UInt64 = 0, rowGroups: RowGroupCache = RowGroupCache(), archive: Archive? = nil
  ) throws(StoreError) {
    self.number = number
    self.environment = environment
    self.hashSeed = hashSeed
    self.options = options
    isReader = !loadFiles
    manifests = ManifestStore(
      environment: environment, folder: layout.partitionFolder(number), partition: number)
    let files =
      loadFiles
      ? PartitionFiles(unopened: try manifests.newest(found: manifest)) : PartitionFiles(emptyPartition: number)
    isOpen = Atomic(files.isOpen)
    state = Mutex(State(files: files, rowGroups: rowGroups, hashSeed: hashSeed))
    self.rowGroups = rowGroups
    self.archive = archive
  }

  var folder: String { manifests.folder }

  /// The partition at this moment. The next write copies what the view holds in memory, so short reads use `read`.
  package func view() throws(StoreError) -> PartitionView {
    try openFiles()
    return currentView
  }

  /// The same where the files are known to be open.
  var currentView: PartitionView { state.withLock { $0.view } }

  /// Runs a short read on the partition as it is, under its lock.
  package func read<R: Sendable>(
    _ body: (PartitionView) throws(StoreError) -> R
  ) throws(StoreError) -> R {
    try openFiles()
    return try state.withLock { (state) throws(StoreError) in try body(state.view) }
  }

  /// Opens the files of the newest manifest where that was not done yet.
  @inline(__always)
  func openFiles() throws(StoreError) { if !isOpen.load(ordering: .acquiring) { try reloadFiles() } }

  /// Bytes of memory of the memtables.
  package var memory: Int { state.withLock { $0.memtable.memory + ($0.frozen?.memory ?? 0) } }

  /// Bytes of memory of the memtable that takes new events.
  package var activeMemory: Int { state.withLock { $0.memtable.memory } }

  /// Whether a memtable waits to be written.
  package var hasFrozen: Bool { state.withLock { $0.frozen != nil } }

  /// The first frame that is not in the partition's files yet; nil where all are.
  package var firstUnflushed: UInt64? {
    state.withLock { state in
      if let frozen = state.frozen, !frozen.isEmpty { return frozen.firstSequence }
      return state.memtable.isEmpty ? nil : state.memtable.firstSequence
    }
  }

  /// Handles rows some at a time under the lock, so that a reader never waits for a whole batch: a few microseconds where there
  /// are reads of aggregates, which take about one. Slices as short cost appends a twentieth of their time, so they are longer
  /// where nobody reads.
  func forEachSlice(of rows: ArraySlice<UInt32>, _ body: (ArraySlice<UInt32>) -> Void) {
    let count = rows.count > 32 && state.withLock({ $0.lastSources == nil }) ? 128 : 32
    var rest = rows
    while !rest.isEmpty {
      body(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
  }

  /// Adds rows of a logged batch, which `claim` found to be new.
  package func apply(_ batch: EventBatch, _ rows: ArraySlice<UInt32>, sequence: UInt64) {
    if rows.count == 1, let row = rows.first {
      state.withLock { $0.append(batch, row: Int(row), sequence: sequence) }
      return
    }
    var recoder = BatchRecoder(expected: rows.count)
    forEachSlice(of: rows) { slice in
      state.withLock { $0.append(batch, slice, recoder: &recoder, sequence: sequence) }
    }
  }

  /// Adds rows of a frame that the log holds; each event is there once.
  func adopt(_ routed: RoutedBatch, _ rows: ArraySlice<UInt32>, sequence: UInt64) {
    var repeats = Classification()
    var fresh: [UInt32] = []
    state.withLock { state in
      state.claim(routed.batch, rows, hashes: routed.keyHashes, fresh: &fresh, into: &repeats)
    }
    apply(routed.batch, fresh[...], sequence: sequence)
  }

  /// Of the writer: loads a newer manifest, and drops the frozen memtable in the same step where that covers it.
  ///
  /// `isDurable` says that the manifest is known to be synced.
  package func reloadFiles(isDurable: Bool = false) throws(StoreError) {
    let current = state.withLock { $0.files }
    let newest = try PartitionFiles.openNewest(
      manifests, disk: environment.disk, archive: archive, previous: current)
    guard !current.isOpen || newest.manifest != current.manifest else { return }
    let flushed = newest.manifest.flushedSequence
    if !isDurable, let frozen = frozenSequence, frozen <= flushed {
      // The log will be trimmed because of it.
      _ = try commitAgain()
      return try reloadFiles(isDurable: true)
    }
    let sources = current.isOpen ? sources(of: newest) : nil
    // Given up behind the lock: to unmap a file, or to free a memtable, takes longer than many reads.
    let former = state.withLock { state -> Former? in
      // Under the lock, so that it is true of the files that are there, whoever else takes note of others.
      defer { isOpen.store(state.files.isOpen, ordering: .releasing) }
      guard !state.files.isOpen || newest.manifest.number > state.files.manifest.number else { return nil }
      return state.take(newest, sources, withoutFrozen: (state.frozen?.lastSequence).map { $0 <= flushed } ?? false)
    }
    withExtendedLifetime((current, former)) {}
  }

  /// What reads need to know of newer files, found out before they take the place of the present ones, so that no read waits for
  /// it; nil where nobody has read yet.
  private func sources(of newest: PartitionFiles) -> GrowthSources? {
    let (known, texts) = state.withLock { ($0.lastSources, $0.memtableTexts) }
    guard let known else { return nil }
    known.checkAhead(newest.runs)
    // A read that meets the same damage tells of it.
    return try? GrowthSources(runs: newest.runs, memtables: texts, previous: known)
  }

  /// Of the writer: takes over what another process has committed, if any has. Files that were not needed yet are opened when
  /// they are, and are the newest then. Complexity: a listing of the folder, where nothing is new.
  func takeOverFiles() throws(StoreError) {
    guard isOpen.load(ordering: .acquiring) else { return }
    let known = state.withLock { $0.files.manifest.number }
    if try manifests.newestNumber() > known { try reloadFiles() }
  }

  /// Of the writer: takes note of a newer manifest than was found first. Files that are open are exchanged for its files, and
  /// never closed: a read may be about to ask them.
  func note(_ manifest: Manifest, isDurable: Bool = false) throws(StoreError) {
    let isNoted = state.withLock { state in
      if state.files.isOpen { return false }
      _ = state.take(PartitionFiles(unopened: manifest), withoutFrozen: false)
      isOpen.store(state.files.isOpen, ordering: .releasing)
      return true
    }
    if !isNoted { try reloadFiles(isDurable: isDurable) }
  }

  /// The last frame that is known to be in the partition's files.
  var flushedSequence: UInt64 { state.withLock { $0.files.manifest.flushedSequence } }
}
