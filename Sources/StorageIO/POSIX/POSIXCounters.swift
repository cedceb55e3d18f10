import Synchronization

/// The live counters that a disk and its files share.
final class POSIXCounters: Sendable {
  private let bytesWritten = Atomic<Int>(0)
  private let syncs = Atomic<Int>(0)

  func addWritten(_ count: Int) { bytesWritten.wrappingAdd(count, ordering: .relaxed) }

  func addSync() { syncs.wrappingAdd(1, ordering: .relaxed) }

  var snapshot: DiskCounters {
    DiskCounters(bytesWritten: bytesWritten.load(ordering: .relaxed), syncs: syncs.load(ordering: .relaxed))
  }
}
