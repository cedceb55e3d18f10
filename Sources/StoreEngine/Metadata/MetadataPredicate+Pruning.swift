import Columnar

extension MetadataPredicate {
  /// False only where no text can satisfy the condition of those whose paths and values are all in a filter. `mayContain` says
  /// of a hash whether it may be in it; see Formats/encodings.md, "Filter of metadata".
  func mayMatch(_ mayContain: (UInt64) -> Bool) -> Bool { root.mayMatch(mayContain) }
}

extension MetadataPredicate.Node {
  fileprivate func mayMatch(_ mayContain: (UInt64) -> Bool) -> Bool {
    switch self {
    case .all(let nodes):
      for node in nodes where !node.mayMatch(mayContain) { return false }
      return true
    case .any(let nodes):
      for node in nodes where node.mayMatch(mayContain) { return true }
      return false
    // What is absent satisfies it.
    case .not: return true
    case .exists(let path), .differs(let path, _), .ordered(let path, _, _): return mayContain(path.hash)
    case .equals(let path, let literals):
      return Self.mayContain(literals, under: path.hash, mayContain)
    case .contains(let path, let literal):
      return Self.mayContain([literal], under: path.hashOfElements, mayContain)
    }
  }

  private static func mayContain(
    _ literals: [MetadataPredicate.Literal], under path: UInt64, _ mayContain: (UInt64) -> Bool
  ) -> Bool {
    var form: [UInt8] = []
    for literal in literals
    where mayContain(MetadataHash.value(literal.text, 0..<literal.text.count, path: path, &form)) { return true }
    return mayContain(MetadataHash.openPath(path))
  }
}
