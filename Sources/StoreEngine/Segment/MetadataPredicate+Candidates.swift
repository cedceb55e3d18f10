import Columnar

extension MetadataPredicate {
  /// The strings of a page of templates that may satisfy the condition, by the values in its columns; nil where these tell
  /// nothing. Each distinct value is looked at once.
  func candidates(of strings: TemplateStrings) -> [Bool]? { root.candidates(of: strings) }
}

extension MetadataPredicate.Node {
  fileprivate func candidates(of strings: TemplateStrings) -> [Bool]? {
    switch self {
    case .all(let nodes):
      var marks: [Bool]?
      for node in nodes {
        guard let found = node.candidates(of: strings) else { continue }
        marks = marks.map { zip($0, found).map { $0 && $1 } } ?? found
      }
      return marks
    case .any(let nodes):
      var marks = [Bool](repeating: false, count: strings.count)
      for node in nodes {
        guard let found = node.candidates(of: strings) else { return nil }
        for index in marks.indices where found[index] { marks[index] = true }
      }
      return marks
    case .equals(let path, let literals): return Self.candidates(literals, under: path.pointer, strings)
    case .contains(let path, let literal):
      return Self.candidates([literal], under: path.pointer + MetadataPath.elements, strings)
    case .ordered(let path, let order, let bound):
      let pointer = Bytes(path.pointer)
      return strings.mark({ $0.isEmpty || $0 == pointer }, { Self.isWhole($0) || bound.mayCompare(order, $0) })
    case .not, .exists, .differs: return nil
    }
  }

  /// Whether a value is a text that was not split, which may hold anything.
  private static func isWhole(_ value: Bytes) -> Bool { value.count > 0 && value[0] == UInt8(ascii: "{") }

  private static func candidates(
    _ literals: [MetadataPredicate.Literal], under pointer: [UInt8], _ strings: TemplateStrings
  ) -> [Bool] {
    let path = Bytes(pointer)
    // A text that was not split is a value of the empty path.
    return strings.mark(
      { $0.isEmpty || $0 == path }, { value in isWhole(value) || literals.contains { $0.mayEqual(value) } })
  }
}

extension MetadataPredicate.Literal {
  /// Whether a value may be equal that stands without its quotes, if it had any.
  fileprivate func mayEqual(_ value: Bytes) -> Bool {
    if let number, let other = JSONDecimal(value, 0..<value.count) {
      return JSONDecimal.compare(number, text, other, value) == 0
    }
    return value == text
  }
}

extension MetadataPredicate.Bound {
  /// Whether a value may compare so that stands without its quotes, if it had any.
  fileprivate func mayCompare(_ order: MetadataPredicate.Order, _ value: Bytes) -> Bool {
    switch self {
    case .number(let bound):
      guard let number = bound.number, let other = JSONDecimal(value, 0..<value.count) else { return false }
      return order.holds(JSONDecimal.compare(other, value, number, bound.text))
    case .time(let bound):
      guard let time = MetadataPredicate.time(value, 0..<value.count) else { return false }
      return order.holds(time < bound ? -1 : time == bound ? 0 : 1)
    case .string(let bound): return order.holds(JSONWalk.compareStrings(value, bound.text))
    }
  }
}
