import Columnar
import StorageIO
public import StoreEngine

/// What a store holds, and where its bytes are.
public struct StoreStats: Sendable {
  public struct NamedBytes: Sendable, Hashable {
    public let name: String
    public let bytes: Int
  }

  public struct NamedCount: Sendable, Hashable {
    public let name: String
    public let count: Int
  }

  /// All events, those in memory included.
  public var events = 0
  /// Events that are in the log and in memory, not yet in segments.
  public var memtableEvents = 0
  public var partitions = 0
  public var segments = 0
  public var runs = 0
  /// Bytes of segments, and of archived files with their indexes, by tier.
  public var tiers: [NamedBytes] = []
  /// Bytes of segments by column.
  public var columns: [NamedBytes] = []
  /// Entries in runs by rollup; a key may have an entry in several runs.
  public var rollups: [NamedCount] = []
  public var runBytes = 0
  /// Events that expired: their identities are kept in files of keys.
  public var expiredEvents = 0
  public var expiredKeyBytes = 0
  /// Sealed runs, which tell what expired events have added to aggregates.
  public var sealedRuns = 0
  public var sealedRunBytes = 0
  /// Versions of memory units, those in memory included.
  public var units = 0
  public var memtableUnits = 0
  public var unitSegments = 0
  /// Versions of memory units that expired: their identities are kept in files of keys.
  public var expiredUnits = 0
  public var expiredUnitKeyBytes = 0
  /// Bytes of unit segments, and of archived files with their indexes, by tier, and bytes by part.
  public var unitTiers: [NamedBytes] = []
  public var unitColumns: [NamedBytes] = []
  public var logBytes = 0
  /// Bytes of the search indexes, which are derived and can be deleted.
  public var searchBytes = 0
  /// Bytes of memory of the memtables.
  public var memory = 0
  /// The last acknowledged sequence number that is known here.
  public var sequence: UInt64 = 0
  /// Bytes written to disk and syncs by this process, through this store.
  public var bytesWritten = 0
  /// Bytes of them that were frames of the log: what was acknowledged.
  public var bytesLogged = 0
  public var syncs = 0
  public var createdAt = Timestamp(microseconds: 0)

  /// Bytes of all segments.
  public var segmentBytes: Int { tiers.reduce(0) { $0 + $1.bytes } }
  /// Bytes of everything on disk.
  public var totalBytes: Int {
    segmentBytes + runBytes + sealedRunBytes + expiredKeyBytes + unitBytes + expiredUnitKeyBytes + logBytes
  }
  /// Bytes of all unit segments, the archived ones included.
  public var unitBytes: Int { unitTiers.reduce(0) { $0 + $1.bytes } }
}

extension GrowthStore {
  /// What the store holds. Complexity: O(files).
  public func stats() async throws(StoreError) -> StoreStats {
    let snapshot = try await snapshot()
    return try await readQueue.run { () throws(StoreError) in
      var stats = StoreStats()
      stats.partitions = self.engine.identity.partitions
      stats.createdAt = self.engine.identity.createdAt
      stats.memory = self.engine.memtableMemory
      stats.searchBytes = self.searchIndexes.bytes
      stats.logBytes = try self.engine.logBytes()
      stats.bytesWritten = self.engine.environment.disk.counters.bytesWritten
      stats.bytesLogged = self.engine.bytesLogged
      stats.syncs = self.engine.environment.disk.counters.syncs
      snapshot.count(into: &stats)
      return stats
    }
  }
}

extension GrowthSnapshot {
  fileprivate func count(into stats: inout StoreStats) {
    var tiers: [Manifest.Tier: Int] = [:]
    var columns: [(name: String, bytes: Int)] = []
    var rollups: [Rollup: Int] = [:]
    stats.events = eventCount
    for view in views {
      let manifest = view.files.manifest
      stats.segments += manifest.segments.count
      stats.runs += manifest.runs.count
      stats.sequence = max(stats.sequence, manifest.flushedSequence)
      for (entry, segment) in zip(manifest.segments, view.files.segments) {
        tiers[entry.tier, default: 0] += entry.length + segment.archivedLength
        for size in segment.sizes {
          if let place = columns.firstIndex(where: { $0.name == size.name }) {
            columns[place].bytes += size.bytes
          } else {
            columns.append(size)
          }
        }
      }
      for run in view.files.runs {
        stats.runBytes += run.bytes.count
        for rollup in Rollup.allCases { rollups[rollup, default: 0] += run.section(rollup)?.count ?? 0 }
      }
      stats.sealedRuns += manifest.sealedRuns.count
      stats.sealedRunBytes += manifest.sealedRuns.reduce(0) { $0 + $1.length }
      stats.expiredEvents += manifest.expiredKeys.reduce(0) { $0 + $1.keys }
      stats.expiredKeyBytes += manifest.expiredKeys.reduce(0) { $0 + $1.length }
      for memtable in view.memtables {
        stats.memtableEvents += memtable.events.count
        stats.sequence = max(stats.sequence, memtable.lastSequence)
      }
    }
    countUnits(into: &stats)
    stats.tiers = Manifest.Tier.allCases.map { .init(name: "\($0)", bytes: tiers[$0] ?? 0) }
    stats.columns = columns.map { .init(name: $0.name, bytes: $0.bytes) }
    stats.rollups = Rollup.allCases.map { .init(name: $0.name, count: rollups[$0] ?? 0) }
  }

  private func countUnits(into stats: inout StoreStats) {
    var tiers: [Manifest.Tier: Int] = [:]
    stats.units = unitVersionCount
    for view in views {
      stats.unitSegments += view.files.unitSegments.count
      stats.expiredUnits += view.files.manifest.expiredUnitKeys.reduce(0) { $0 + $1.keys }
      stats.expiredUnitKeyBytes += view.files.manifest.expiredUnitKeys.reduce(0) { $0 + $1.length }
      for (entry, segment) in zip(view.files.manifest.unitSegments, view.files.unitSegments) {
        tiers[entry.tier, default: 0] += entry.length + segment.archivedLength
      }
      for size in view.files.unitSegments.flatMap(\.sizes) {
        if let place = stats.unitColumns.firstIndex(where: { $0.name == size.name }) {
          let bytes = stats.unitColumns[place].bytes + size.bytes
          stats.unitColumns[place] = .init(name: size.name, bytes: bytes)
        } else {
          stats.unitColumns.append(.init(name: size.name, bytes: size.bytes))
        }
      }
      for memtable in view.memtables { stats.memtableUnits += memtable.units?.versions.count ?? 0 }
    }
    stats.unitTiers = Manifest.Tier.allCases.map { .init(name: "\($0)", bytes: tiers[$0] ?? 0) }
  }
}
