import Columnar

extension MetadataPredicate {
  /// False only where no text can satisfy the condition of those whose paths and values are all in a filter, and whose numbers
  /// and times are within statistics. `mayContain` says of a hash whether it may be in the filter; see Formats/encodings.md,
  /// "Filter of metadata" and "Statistics of metadata".
  func mayMatch(_ statistics: MetadataStatistics?, _ mayContain: (UInt64) -> Bool) -> Bool {
    root.mayMatch(statistics, mayContain)
  }

  /// Whether statistics may tell more than a filter.
  var asksForRanges: Bool { root.asksForRanges }
}

extension MetadataPredicate.Node {
  fileprivate var asksForRanges: Bool {
    switch self {
    case .all(let nodes), .any(let nodes): nodes.contains { $0.asksForRanges }
    case .not, .exists, .differs: false
    case .equals(_, let literals): literals.contains { $0.number != nil }
    case .contains(_, let literal): literal.number != nil
    case .ordered(_, _, .string): false
    case .ordered: true
    }
  }

  fileprivate func mayMatch(_ statistics: MetadataStatistics?, _ mayContain: (UInt64) -> Bool) -> Bool {
    switch self {
    case .all(let nodes):
      for node in nodes where !node.mayMatch(statistics, mayContain) { return false }
      return true
    case .any(let nodes):
      for node in nodes where node.mayMatch(statistics, mayContain) { return true }
      return false
    // What is absent satisfies it.
    case .not: return true
    case .exists(let path), .differs(let path, _): return mayContain(path.hash)
    case .ordered(let path, let order, let bound):
      return mayContain(path.hash) && bound.mayCompare(order, path.pointer, statistics)
    case .equals(let path, let literals):
      return Self.mayContain(literals, path.pointer, path.hash, statistics, mayContain)
    case .contains(let path, let literal):
      return Self.mayContain(
        [literal], path.pointer + MetadataPath.elements, path.hashOfElements, statistics, mayContain)
    }
  }

  private static func mayContain(
    _ literals: [MetadataPredicate.Literal], _ pointer: [UInt8], _ path: UInt64, _ statistics: MetadataStatistics?,
    _ mayContain: (UInt64) -> Bool
  ) -> Bool {
    var form: [UInt8] = []
    let isOpen = mayContain(MetadataHash.openPath(path))
    for literal in literals where literal.isWithin(statistics, pointer) {
      if isOpen || mayContain(MetadataHash.value(literal.text, 0..<literal.text.count, path: path, &form)) {
        return true
      }
    }
    return false
  }
}

extension MetadataPredicate.Bound {
  /// False only where no value at a path compares so with the bound.
  fileprivate func mayCompare(
    _ order: MetadataPredicate.Order, _ pointer: [UInt8], _ statistics: MetadataStatistics?
  ) -> Bool {
    guard let statistics else { return true }
    switch self {
    case .number(let literal):
      guard let number = literal.number else { return true }
      let bound = number.millionths(literal.text)
      return statistics.mayHave(pointer) { $0.mayHaveNumber(order, bound) }
    case .time(let bound): return statistics.mayHave(pointer) { $0.mayHaveTime(order, bound) }
    case .string: return true
    }
  }
}

extension MetadataPredicate.Literal {
  /// False only where it is a number, and none at a path is equal.
  fileprivate func isWithin(_ statistics: MetadataStatistics?, _ pointer: [UInt8]) -> Bool {
    guard let statistics, let number else { return true }
    let bound = number.millionths(text)
    return statistics.mayHave(pointer) {
      $0.mayHaveNumber(.lessOrEqual, bound) && $0.mayHaveNumber(.greaterOrEqual, bound)
    }
  }
}
