import Columnar
import StoreEngine

/// Reads over all users, as sources of chunks.
extension GrowthSnapshot {
  private static let rowsPerChunk = 4_096

  /// Every aggregate of `entity_growth`, partition by partition.
  func allGrowth() -> ChunkSource<[Growth]> {
    var partition = 0
    var cursor: MergedRollup?
    return ChunkSource { () throws(StoreError) -> [Growth]? in
      var rows: [Growth] = []
      while rows.count < Self.rowsPerChunk {
        guard let current = cursor else {
          if partition == views.count { break }
          cursor = try views[partition].rollups.cursor(.entityGrowth)
          partition += 1
          continue
        }
        var user = current.isAtEnd ? "" : try current.idOfGroup()
        var group = current.isAtEnd ? [] : current.group.array
        while !current.isAtEnd && rows.count < Self.rowsPerChunk {
          if !current.isSameItem, current.group.array != group {
            group = current.group.array
            user = try current.idOfGroup()
          }
          rows.append(
            Growth(
              user: user, entity: try current.idOfItem(), entityType: current.textOfA, dimension: current.textOfB,
              current.leaf.measures))
          try current.advance()
        }
        if current.isAtEnd { cursor = nil }
      }
      return rows.isEmpty ? nil : rows
    }
  }

  /// Every event that matches, partition by partition, in the order of keys.
  func events(matching filter: EventFilter) -> ChunkSource<EventBatch> {
    let wanted = viewsWanted(by: filter)
    var partition = 0
    var scan: MergedScan?
    return ChunkSource { () throws(StoreError) -> EventBatch? in
      while true {
        if let batch = try scan?.next() { return batch }
        guard partition < wanted.count else { return nil }
        scan = wanted[partition].scan(filter)
        partition += 1
      }
    }
  }

  /// The evolution state of every user.
  func states() -> ChunkSource<UserState> {
    var partition = 0
    var cursor: MergedRollup?
    return ChunkSource { () throws(StoreError) -> UserState? in
      while true {
        guard let current = cursor, !current.isAtEnd else {
          guard partition < views.count else { return nil }
          cursor = try views[partition].rollups.cursor(.userGrowth)
          partition += 1
          continue
        }
        let user = try current.idOfGroup()
        let group = current.group.array
        var rows: [(dimension: String, score: Score, eventCount: UInt64)] = []
        repeat {
          rows.append((current.textOfA, current.leaf.measures.total, current.leaf.measures.count))
          try current.advance()
        } while !current.isAtEnd && (current.isSameItem || current.group.array == group)
        return UserState(user: user, report: model.evolution(of: rows))
      }
    }
  }
}
