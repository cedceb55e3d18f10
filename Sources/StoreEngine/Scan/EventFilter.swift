import Columnar

/// Which events a scan wants: those that satisfy every condition that is given.
public struct EventFilter: Sendable {
  /// In stored form.
  package var user: [UInt8]?
  /// Only users of this range; not beside `user`.
  package var users = UserRange.all
  /// In stored form.
  package var entity: [UInt8]?
  /// Any of these.
  public var entityTypes: [String]?
  /// Any of these.
  public var dimensions: [String]?
  /// Any of these.
  public var sources: [String]?
  /// A path: the events of this scope and of every scope below it, so `a/b` takes `a/b` and `a/b/c` but not `a/bc`.
  public var scope: String?
  /// A condition on metadata.
  public var metadata: MetadataPredicate?
  /// The values of created_at, both ends included.
  package var times: ClosedRange<Int64>

  /// With ids in stored form.
  package init(
    storedUser user: [UInt8]?, storedEntity entity: [UInt8]? = nil, entityTypes: [String]? = nil,
    dimensions: [String]? = nil,
    sources: [String]? = nil, scope: String? = nil, times: ClosedRange<Int64> = Int64.min...Int64.max
  ) {
    self.user = user
    self.entity = entity
    self.entityTypes = entityTypes
    self.dimensions = dimensions
    self.sources = sources
    self.scope = scope
    self.times = times
  }

  /// - Parameter scope: the events of this scope and of every scope below it.
  /// - Parameter from: the earliest `created_at` wanted.
  /// - Parameter to: the first `created_at` no longer wanted.
  /// - Parameter metadata: a condition on metadata, such as `metadata.tags contains "launch"`.
  public init(
    user: String? = nil, entity: String? = nil, entityTypes: [String]? = nil, dimensions: [String]? = nil,
    sources: [String]? = nil, scope: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
    where metadata: MetadataPredicate? = nil
  ) {
    let first = from?.microseconds ?? .min
    let end = to.map { $0.microseconds == .min ? .min : $0.microseconds - 1 } ?? .max
    self.init(
      storedUser: user.map { Identifier.encode($0) }, storedEntity: entity.map { Identifier.encode($0) },
      entityTypes: entityTypes, dimensions: dimensions, sources: sources, scope: scope,
      times: first <= end ? first...end : Int64.max...Int64.max)
    self.metadata = metadata
  }

  /// The condition on the texts of a column but metadata; nil where there is none.
  func predicate(_ column: TextColumn) -> ((Bytes) -> Bool)? {
    switch column {
    case .user: user.map { Self.equal(to: [$0]) }
    case .entity: entity.map { Self.equal(to: [$0]) }
    case .entityType: entityTypes.map { Self.equal(to: $0.map { Array($0.utf8) }) }
    case .dimension: dimensions.map { Self.equal(to: $0.map { Array($0.utf8) }) }
    case .source: sources.map { Self.equal(to: $0.map { Array($0.utf8) }) }
    case .scope: scope.map { Self.within(Array($0.utf8)) }
    case .metadata: nil
    }
  }

  private static func equal(to wanted: [[UInt8]]) -> (Bytes) -> Bool {
    let wanted = wanted.map { Bytes($0) }
    return { text in wanted.contains { $0 == text } }
  }

  private static func within(_ scope: [UInt8]) -> (Bytes) -> Bool {
    let prefix = Bytes(scope)
    return { text in
      guard text.count >= prefix.count, text.slice(0, prefix.count) == prefix else { return false }
      return text.count == prefix.count || prefix.isEmpty || text[prefix.count] == UInt8(ascii: "/")
    }
  }

  /// The rows of a batch that satisfy the filter, out of those in `order`, which is the batch's `sortedOrder()`.
  package func rows(of batch: EventBatch, in order: [UInt32]) -> [UInt32] {
    var kept: [UInt32]
    if let user {
      guard let code = batch.users.find(user) else { return [] }
      kept = Array(order[Self.range(of: code, batch, order)])
    } else {
      kept = order
    }
    if users != .all {
      let wanted = (0..<UInt32(batch.users.count)).map { users.contains(batch.users.bytes($0)) }
      kept.removeAll { !wanted[Int(batch.user[Int($0)])] }
    }
    if let entity {
      guard let code = batch.entities.find(entity) else { return [] }
      kept.removeAll { batch.entity[Int($0)] != code }
    }
    for column in [TextColumn.entityType, .dimension, .source, .scope] where !kept.isEmpty {
      guard let predicate = predicate(column) else { continue }
      let dictionary = batch.dictionary(column)
      let codes = batch.codes(column)
      // A text is judged once, when its first row comes: 0 unknown, 1 no, 2 yes.
      var verdicts = [UInt8](repeating: 0, count: dictionary.count)
      kept.removeAll { row in
        let code = codes[Int(row)]
        if verdicts[Int(code)] == 0 { verdicts[Int(code)] = predicate(Bytes(dictionary.bytes(code))) ? 2 : 1 }
        return verdicts[Int(code)] == 1
      }
    }
    if times != Int64.min...Int64.max { kept.removeAll { !times.contains(batch.createdAt[Int($0)]) } }
    if let metadata {
      var verdicts = MetadataVerdicts(metadata, batch)
      kept.removeAll { !verdicts.passes(Int($0)) }
    }
    return kept
  }

  /// Where the rows of a user stand in the sorted order.
  private static func range(of user: UInt32, _ batch: EventBatch, _ order: [UInt32]) -> Range<Int> {
    let users = batch.users
    func first(_ isBehind: (Int) -> Bool) -> Int {
      var lower = 0
      var upper = order.count
      while lower < upper {
        let middle = (lower + upper) / 2
        if isBehind(users.compare(batch.user[Int(order[middle])], user)) { upper = middle } else { lower = middle + 1 }
      }
      return lower
    }
    let lower = first { $0 >= 0 }
    return lower..<max(lower, first { $0 > 0 })
  }
}
