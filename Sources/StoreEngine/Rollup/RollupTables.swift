package import Columnar

/// Rollups without entities as tables, kept by adding events.
package struct RollupTables: Sendable {
  package private(set) var userGrowth = RollupTable(.userGrowth)
  package private(set) var dailyGrowth = RollupTable(.dailyGrowth)
  package private(set) var scopeGrowth = RollupTable(.scopeGrowth)

  /// The scopes of all events and their ancestors: the groups of `scopeGrowth`.
  package private(set) var scopePaths = ByteStringDictionary()
  /// The paths of scope code k of the memtable (itself, then its ancestors) are
  /// `ancestors[ancestorEnds[k - 1] ..< ancestorEnds[k]]`.
  private var ancestors: [UInt32] = []
  private var ancestorEnds: [UInt32] = []

  package init() {}

  package subscript(rollup: Rollup) -> RollupTable {
    switch rollup {
    case .entityGrowth: preconditionFailure("derived from rows")
    case .userGrowth: userGrowth
    case .dailyGrowth: dailyGrowth
    case .scopeGrowth: scopeGrowth
    }
  }

  /// The number of keys in all tables.
  package var count: Int { userGrowth.count + dailyGrowth.count + scopeGrowth.count }

  /// Bytes of memory held.
  package var memory: Int {
    userGrowth.memory + dailyGrowth.memory + scopeGrowth.memory + scopePaths.memory
      + (ancestors.capacity + ancestorEnds.capacity) * 4
  }

  /// Adds some rows of a batch to the rollups of their scopes. The codes of the batch must be those of all batches before:
  /// it is the memtable's own batch, or shares its dictionaries.
  package mutating func applyScopes(_ batch: EventBatch, rows: Range<Int>) {
    resolveScopes(batch.scopes)
    // Many stores have no scopes.
    guard !ancestors.isEmpty else { return }
    let (scopes, dimensions, deltas, times) = (batch.scope, batch.dimension, batch.delta, batch.createdAt)
    for row in rows {
      addToScope(scopes[row], dimension: dimensions[row], delta: deltas[row], createdAt: times[row])
    }
  }

  /// Adds one event to the rollups of its user without entities.
  @inline(__always)
  package mutating func addToUser(_ user: UInt32, dimension: UInt32, delta: Int64, createdAt: Int64) {
    userGrowth.add(group: user, item: 0, a: dimension, b: 0, delta: delta, createdAt: createdAt)
    let day = Rollup.code(ofDay: Timestamp(microseconds: createdAt).day)
    dailyGrowth.add(group: user, item: 0, a: dimension, b: day, delta: delta, createdAt: createdAt)
  }

  /// Adds one event to its scope and all ancestors. The scope must have been resolved.
  @inline(__always)
  package mutating func addToScope(_ scope: UInt32, dimension: UInt32, delta: Int64, createdAt: Int64) {
    var path = scope == 0 ? 0 : Int(ancestorEnds[Int(scope) - 1])
    let end = Int(ancestorEnds[Int(scope)])
    guard path < end else { return }
    let day = Rollup.code(ofDay: Timestamp(microseconds: createdAt).day)
    while path < end {
      scopeGrowth.add(group: ancestors[path], item: 0, a: dimension, b: day, delta: delta, createdAt: createdAt)
      path += 1
    }
  }

  /// Finds the ancestors of the scopes that are new, once for each.
  package mutating func resolveScopes(_ scopes: ByteStringDictionary) {
    while ancestorEnds.count < scopes.count {
      let path = scopes.bytes(UInt32(ancestorEnds.count))
      for length in Self.ancestorLengths(of: path) { ancestors.append(scopePaths.intern(Array(path[..<length]))) }
      ancestorEnds.append(UInt32(ancestors.count))
    }
  }

  /// How long the paths are that an event of this scope counts for: the scope, then its ancestors. The empty scope has
  /// none, and nothing before a leading slash is a path.
  package static func ancestorLengths(of scope: [UInt8]) -> [Int] {
    guard !scope.isEmpty else { return [] }
    var lengths = [scope.count]
    for index in scope.indices.reversed() where index > 0 && scope[index] == UInt8(ascii: "/") {
      lengths.append(index)
    }
    return lengths
  }
}
