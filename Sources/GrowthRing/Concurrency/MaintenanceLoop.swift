import Dispatch
import StoreEngine
import Synchronization

/// Keeps memory within its bounds: freezes full memtables between commits, writes them out and compacts in the
/// background, and lets commits wait where that cannot keep up.
///
/// Several partitions are written and compacted at once, as many as there are lanes; what waits to be written goes first. Which of them comes when is left to
/// the machine; what is written for each does not depend on it. When nothing is left to do and appends are few, what was
/// written is merged further for the sake of reads: see `MaintenanceLoop+Settling.swift`.
final class MaintenanceLoop: Sendable {
  struct State {
    /// Lanes at work.
    var running = 0
    /// Those of them that merge.
    var merging = 0
    /// The partitions whose memtables they are writing.
    var flushing: Set<Int> = []
    /// Partitions that were written and wait for a lane that may merge, the first first.
    var unmerged: [Int] = []
    /// The first failure of background work; shown by the next append, flush or close.
    var failure: StoreError?
    var frozen: [Int] = []
    /// The log file that was the newest when it was last looked who keeps the log.
    var checkedLogFile: UInt64?
    var settling = Settling()
  }

  let engine: Engine
  private let memtableBytes: Int
  let compacts: Bool
  private let lanes: Int
  private let mergingLanes: Int
  let queue = BlockingQueue(label: "growthring.maintenance", concurrent: true)
  let state = Mutex(State())
  private let progress = DispatchSemaphore(value: 0)

  /// Of `lanes` at most `mergingLanes` merge beside appends, since a merge takes more memory than a flush.
  init(engine: Engine, memtableBytes: Int, compacts: Bool, lanes: Int, mergingLanes: Int) {
    self.engine = engine
    self.memtableBytes = memtableBytes
    self.compacts = compacts
    self.lanes = lanes
    self.mergingLanes = mergingLanes
  }

  /// The failure that stopped background work, if any.
  var failure: StoreError? { state.withLock { $0.failure } }

  /// Called by the committing thread, between commits: the largest memtables go to disk once all together reach their
  /// share, until three quarters of it are left. Taking the largest first lets each grow to twice the average before it is
  /// written.
  func freezeIfFull() {
    freezeHoldersOfLog()
    let sizes = engine.partitions.map(\.activeMemory)
    var total = sizes.reduce(0, +)
    state.withLock { $0.settling.note(memory: total, step: memtableBytes / 16) }
    guard total > memtableBytes else { return }
    var frozen: [Int] = []
    for number in sizes.indices.sorted(by: { sizes[$0] > sizes[$1] }) {
      if total <= memtableBytes / 4 * 3 { break }
      if engine.partitions[number].freeze() { frozen.append(number) }
      total -= sizes[number]
    }
    schedule(frozen)
  }

  /// Bounds the log: whenever it has grown by a file, the partitions that keep its oldest part are frozen.
  private func freezeHoldersOfLog() {
    let newest = engine.newestLogFile
    let isNew = state.withLock { state in
      defer { state.checkedLogFile = newest }
      return state.checkedLogFile != newest
    }
    guard isNew else { return }
    do throws(StoreError) {
      let holders = try engine.partitionsHoldingLog(beyond: memtableBytes + engine.options.logFileBytes)
      schedule(holders.filter { engine.partitions[$0].freeze() })
    } catch {
      state.withLock { $0.failure = error }
    }
  }

  /// Freezes everything; the caller is between two commits.
  func freezeAll() { schedule(engine.partitions.indices.filter { engine.partitions[$0].freeze() }) }

  /// Blocks the committing thread while memtables hold half more than their share. Throws where writing them out has failed, so
  /// that memory stays bounded; a disk that was only full is tried again by the next append.
  func waitForMemory() throws(StoreError) {
    while engine.memtableMemory > memtableBytes / 2 * 3 {
      let (isRunning, failure) = state.withLock { ($0.running > 0, $0.failure) }
      if let failure {
        if failure.kind == .noSpace { retry() }
        throw failure
      }
      guard isRunning else { return }
      _ = progress.wait(timeout: .now() + .milliseconds(100))
    }
  }

  /// Goes on with what a full disk had stopped.
  func retryIfFull() {
    if state.withLock({ $0.failure?.kind }) == .noSpace { retry() }
  }

  private func retry() {
    state.withLock { $0.failure = nil }
    schedule(engine.partitions.indices.filter { engine.partitions[$0].hasFrozen })
  }

  /// Runs a step after everything scheduled so far, and before everything scheduled later.
  func after<R: Sendable>(_ body: @escaping @Sendable () throws(StoreError) -> R) async throws(StoreError) -> R {
    state.withLock { $0.settling.waiting += 1 }
    defer {
      state.withLock { $0.settling.waiting -= 1 }
      planSettling()
    }
    return try await queue.run(alone: true, body)
  }

  /// Compacts all partitions on all lanes. Whether anything was merged.
  func compactAll(_ extent: CompactionPick.Extent) async throws(StoreError) -> Bool {
    try await after { () throws(StoreError) in
      let next = Mutex(0)
      let partitions = self.engine.partitions
      let merged = try ParallelMap.run(Array(0..<self.lanes)) { (_) throws(StoreError) in
        var merged = false
        while let partition = next.withLock({ index -> Partition? in
          defer { index += 1 }
          return index < partitions.count ? partitions[index] : nil
        }) {
          while try partition.compact(extent) {
            merged = true
            if extent == .everything { break }
          }
        }
        return merged
      }
      return merged.contains(true)
    }
  }

  private func schedule(_ frozen: [Int]) {
    guard !frozen.isEmpty else { return }
    let started = state.withLock { state in
      state.frozen += frozen.filter { !state.frozen.contains($0) && !state.flushing.contains($0) }
      let started = min(lanes - state.running, state.frozen.count)
      state.running += started
      state.settling.activity += 1
      return started
    }
    for _ in 0..<started { queue.start { self.run() } }
  }

  private enum Work {
    case flush(Int)
    case merge(Int)
  }

  /// One lane: writes one partition after the other, and merges where none waits to be written, until nothing is left.
  func run() {
    while let work = nextWork() {
      var failure: StoreError?
      do throws(StoreError) {
        switch work {
        case .flush(let partition):
          try engine.flushFrozen(partition)
        case .merge(let partition):
          while try engine.partitions[partition].compact(), goesOnMerging(partition) {}
        }
      } catch {
        failure = error
      }
      end(work, failure)
      guard case .flush = work, failure == nil else { continue }
      do throws(StoreError) {
        try engine.trimLog()
      } catch {
        end(failure: error)
      }
    }
    progress.signal()
    planSettling()
  }

  private func nextWork() -> Work? {
    state.withLock { state in
      if state.failure == nil {
        if !state.frozen.isEmpty {
          let next = state.frozen.removeFirst()
          state.flushing.insert(next)
          return .flush(next)
        }
        if state.merging < mergingLanes, state.settling.waiting == 0, !state.unmerged.isEmpty {
          state.merging += 1
          return .merge(state.unmerged.removeFirst())
        }
      }
      state.running -= 1
      return nil
    }
  }

  /// Whether a lane that merges stays with its partition; not when somebody waits for the queue, who may merge on all lanes.
  private func goesOnMerging(_ partition: Int) -> Bool {
    state.withLock { state in
      if state.settling.waiting == 0, state.failure == nil { return true }
      state.unmerged.append(partition)
      return false
    }
  }

  private func end(_ work: Work, _ failure: StoreError?) {
    state.withLock { state in
      switch work {
      case .flush(let partition):
        state.flushing.remove(partition)
        state.settling.partitions.insert(partition)
        if compacts, !state.unmerged.contains(partition) { state.unmerged.append(partition) }
      case .merge:
        state.merging -= 1
      }
    }
    end(failure: failure)
  }

  private func end(failure: StoreError?) {
    state.withLock { $0.failure = $0.failure ?? failure }
    progress.signal()
  }
}
