import Foundation

/// Metadata as a tree, and what is found in it by the plainest means.
package indirect enum MetadataTree: Sendable {
  case object([String: MetadataTree])
  case array([MetadataTree])
  case string(String)
  /// As it is spelled.
  case number(String)
  case word(String)

  /// In canonical form.
  package var text: String {
    switch self {
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      return "{" + sorted.map { Self.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
    case .array(let elements): return "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .string(let text): return Self.quoted(text)
    case .number(let text), .word(let text): return text
    }
  }

  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 32: result += String(format: "\\u%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// All values at a path.
  func values(_ path: ArraySlice<MetadataCondition.Step>) -> [MetadataTree] {
    guard let step = path.first else { return [self] }
    switch (step, self) {
    case (.key(let key), .object(let members)): return members[key]?.values(path.dropFirst()) ?? []
    case (.element(let number), .array(let elements)):
      return number < elements.count ? elements[number].values(path.dropFirst()) : []
    case (.anyElement, .array(let elements)): return elements.flatMap { $0.values(path.dropFirst()) }
    default: return []
    }
  }

  /// The value of a number of this file, which all are in the range of the type; there is no negative zero.
  static func decimal(_ text: String) -> Decimal {
    text.contains { ("1"..."9").contains($0) } ? Decimal(string: text) ?? .nan : 0
  }

  func equals(_ other: MetadataTree) -> Bool {
    switch (self, other) {
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.number(let a), .number(let b)): Self.decimal(a) == Self.decimal(b)
    case (.word(let a), .word(let b)): a == b
    default: false
    }
  }
}

/// A condition on metadata as a tree, with its own idea of what it means.
package indirect enum MetadataCondition: Sendable {
  package enum Step: Sendable {
    case key(String)
    case element(Int)
    case anyElement
  }

  case all([MetadataCondition])
  case any([MetadataCondition])
  case not(MetadataCondition)
  case exists([Step])
  case contains([Step], MetadataTree)
  case isIn([Step], [MetadataTree])
  case compare([Step], String, MetadataTree)

  /// As a user writes it.
  package var text: String {
    switch self {
    case .all(let parts): "(" + parts.map(\.text).joined(separator: " and ") + ")"
    case .any(let parts): "(" + parts.map(\.text).joined(separator: " OR ") + ")"
    case .not(let part): "not " + part.text
    case .exists(let path): Self.text(path) + " exists"
    case .contains(let path, let value): Self.text(path) + " contains " + value.text
    case .isIn(let path, let values):
      Self.text(path) + " in (" + values.map(\.text).joined(separator: ", ") + ")"
    case .compare(let path, let sign, let value): Self.text(path) + " " + sign + " " + value.text
    }
  }

  private static func text(_ path: [Step]) -> String {
    path.reduce("metadata") { text, step in
      switch step {
      case .key(let key):
        let isPlain = !key.isEmpty && key.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        return text + "." + (isPlain ? key : MetadataTree.quoted(key))
      case .element(let number): return text + "[\(number)]"
      case .anyElement: return text + "[*]"
      }
    }
  }

  package func holds(_ tree: MetadataTree) -> Bool {
    switch self {
    case .all(let parts): return parts.allSatisfy { $0.holds(tree) }
    case .any(let parts): return parts.contains { $0.holds(tree) }
    case .not(let part): return !part.holds(tree)
    case .exists(let path): return !tree.values(path[...]).isEmpty
    case .contains(let path, let value):
      return tree.values(path[...]).contains { found in
        if case .array(let elements) = found { elements.contains { $0.equals(value) } } else { false }
      }
    case .isIn(let path, let values):
      return tree.values(path[...]).contains { found in values.contains { found.equals($0) } }
    case .compare(let path, "=", let value): return tree.values(path[...]).contains { $0.equals(value) }
    case .compare(let path, "!=", let value): return tree.values(path[...]).contains { !$0.equals(value) }
    case .compare(let path, let sign, let value):
      return tree.values(path[...]).contains { found in
        guard let order = Self.order(found, value) else { return false }
        switch sign {
        case "<": return order < 0
        case "<=": return order <= 0
        case ">": return order > 0
        default: return order >= 0
        }
      }
    }
  }

  private static func order(_ a: MetadataTree, _ b: MetadataTree) -> Int? {
    switch (a, b) {
    case (.number(let a), .number(let b)):
      let (a, b) = (MetadataTree.decimal(a), MetadataTree.decimal(b))
      return a < b ? -1 : a == b ? 0 : 1
    case (.string(let a), .string(let b)):
      if let bound = ConditionMaker.times[b] {
        return ConditionMaker.times[a].map { $0 < bound ? -1 : $0 == bound ? 0 : 1 }
      }
      if a.utf8.elementsEqual(b.utf8) { return 0 }
      return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    default: return nil
    }
  }
}

/// Random metadata and conditions from small vocabularies, so that many conditions hold for some of them.
package struct ConditionMaker: Sendable {
  private var random: SimulationRandom

  package init(seed: UInt64) { random = SimulationRandom(seed: seed, stream: 11) }

  private static let keys = ["a", "tags", "b c", "*", "x/y", "k~", "é", "at", "n", "source_muid", ""]
  private static let strings = [
    "launch", "", "1", "1.0", "true", "null", "q\"uote", "line\nfeed", "\u{1}", "ä", "a\\b", "{", "[1]", "/*", "#",
  ]
  private static let numbers = [
    "1", "1.0", "1e0", "10E-1", "-0", "0", "0.00", "2.5", "25e-1", "1000", "1e3", "-3", "-3.0",
    "12345678901234567890.5",
    "12345678901234567890.50", "7", "8", "9",
  ]
  /// Texts that are times, in seconds since 1970.
  static let times: [String: Int64] = [
    "2026-01-01": 1_767_225_600, "2026-01-01T00:00:00Z": 1_767_225_600, "2026-01-01T01:00:00+01:00": 1_767_225_600,
    "2026-01-02T00:00:01Z": 1_767_312_001, "1969-12-31T23:59:59Z": -1,
  ]

  private mutating func scalar() -> MetadataTree {
    switch random.below(10) {
    case 0, 1, 2: .string(random.pick(Self.strings))
    case 3, 4, 5: .number(random.pick(Self.numbers))
    case 6: .word(random.pick(["true", "false", "null"]))
    case 7: .string(random.pick(Self.times.keys.sorted()))
    case 8: .string("rare \(random.below(400))")
    default: .number("\(random.below(3_000))")
    }
  }

  private mutating func value(_ depth: Int) -> MetadataTree {
    guard depth > 0, random.oneIn(3) else { return scalar() }
    if random.oneIn(2) {
      let count = random.below(4)
      return .array((0..<count).map { _ in value(depth - 1) })
    }
    return object(depth - 1, members: random.below(3))
  }

  private mutating func object(_ depth: Int, members count: Int) -> MetadataTree {
    var members: [String: MetadataTree] = [:]
    for _ in 0..<count { members[random.pick(Self.keys)] = value(depth) }
    return .object(members)
  }

  /// Metadata; now and then with very many members.
  package mutating func metadata() -> MetadataTree {
    if random.oneIn(200) {
      var members: [String: MetadataTree] = [:]
      for number in 0..<90 { members["key \(number)"] = scalar() }
      members["tags"] = .array([scalar(), .string("launch")])
      return .object(members)
    }
    return object(3, members: random.below(5))
  }

  package mutating func condition(_ depth: Int = 2) -> MetadataCondition {
    if depth > 0 {
      switch random.below(8) {
      case 0: return .all([condition(depth - 1), condition(depth - 1)])
      case 1: return .any([condition(depth - 1), condition(depth - 1), condition(depth - 1)])
      case 2: return .not(condition(depth - 1))
      default: break
      }
    }
    let path = path()
    switch random.below(8) {
    case 0: return .exists(path)
    case 1, 2: return .contains(path, scalar())
    case 3:
      let count = 1 + random.below(3)
      return .isIn(path, (0..<count).map { _ in scalar() })
    case 4, 5: return .compare(path, random.pick(["=", "!="]), scalar())
    default:
      var bound = scalar()
      while case .word = bound { bound = scalar() }
      return .compare(path, random.pick(["<", "<=", ">", ">="]), bound)
    }
  }

  private mutating func path() -> [MetadataCondition.Step] {
    var path: [MetadataCondition.Step] = [.key(random.pick(Self.keys))]
    while random.oneIn(3) {
      switch random.below(4) {
      case 0: path.append(.element(random.below(3)))
      case 1: path.append(.anyElement)
      default: path.append(.key(random.pick(Self.keys)))
      }
    }
    return path
  }
}
