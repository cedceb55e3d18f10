package import Columnar

/// The rollup of scopes, kept by adding events: it goes over all users of a memtable.
package struct ScopeRollup: Sendable {
  package private(set) var table = RollupTable()

  /// The scopes of all events and their ancestors: the groups of `table`.
  package private(set) var scopePaths = ByteStringDictionary()
  /// The paths of scope code k of the memtable (itself, then its ancestors) are
  /// `ancestors[ancestorEnds[k - 1] ..< ancestorEnds[k]]`.
  private var ancestors: [UInt32] = []
  private var ancestorEnds: [UInt32] = []

  package init() {}

  /// Bytes of memory held.
  package var memory: Int {
    table.memory + scopePaths.memory + (ancestors.capacity + ancestorEnds.capacity) * 4
  }

  /// Adds some rows of a batch. The codes of the batch must be those of all batches before:
  /// it is the memtable's own batch, or shares its dictionaries.
  package mutating func apply(_ batch: EventBatch, rows: Range<Int>) {
    resolve(batch.scopes)
    // Many stores have no scopes.
    guard !ancestors.isEmpty else { return }
    let (scopes, dimensions, deltas, times) = (batch.scope, batch.dimension, batch.delta, batch.createdAt)
    for row in rows {
      add(scopes[row], dimension: dimensions[row], delta: deltas[row], createdAt: times[row])
    }
  }

  /// Adds one event to its scope and all ancestors. The scope must have been resolved.
  @inline(__always)
  private mutating func add(_ scope: UInt32, dimension: UInt32, delta: Int64, createdAt: Int64) {
    var path = scope == 0 ? 0 : Int(ancestorEnds[Int(scope) - 1])
    let end = Int(ancestorEnds[Int(scope)])
    guard path < end else { return }
    let day = Rollup.code(ofDay: Timestamp(microseconds: createdAt).day)
    while path < end {
      table.add(group: ancestors[path], a: dimension, b: day, delta: delta, createdAt: createdAt)
      path += 1
    }
  }

  /// Finds the ancestors of the scopes that are new, once for each.
  private mutating func resolve(_ scopes: ByteStringDictionary) {
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
