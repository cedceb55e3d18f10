import Columnar

/// A condition on metadata, such as `metadata.tags contains "launch" and metadata.effort >= 3`.
///
/// | condition | holds where |
/// |---|---|
/// | `metadata.a.b = "x"` | the value there is that string, number (by value: `1` and `1.0` are equal), `true`, `false` or `null` |
/// | `metadata.a != 3` | there is a value, and it is another |
/// | `metadata.a < 3`, `<=`, `>`, `>=` | a number, or a string: times of ISO 8601 as times, other strings by their UTF-8 |
/// | `metadata.a in ("x", "y")` | the value is one of these |
/// | `metadata.tags contains "x"` | the array there has such an element |
/// | `metadata.a exists` | there is a value, be it `null` |
///
/// Conditions are joined with `and`, `or`, `not` and parentheses; `not in`, `not contains` and `not exists` are short for
/// `not (…)`, which also holds where there is no value at all. Keys with other characters than letters, digits, `_`, `-`, `$`
/// and `@` stand in quotes: `metadata."created by"`. `metadata.items[0]` is the first element of an array, `metadata.items[*]`
/// any: a condition holds where some element satisfies it. Strings have double or single quotes and the escapes of JSON.
///
/// ```swift
/// let launched = try MetadataPredicate("metadata.tags contains \"launch\"")
/// for try await batch in try await store.events(matching: EventFilter(where: launched)) { … }
/// ```
public struct MetadataPredicate: Sendable, Hashable, CustomStringConvertible {
  indirect enum Node: Sendable {
    case all([Node])
    case any([Node])
    case not(Node)
    case exists(MetadataPath)
    /// Equal to one of these.
    case equals(MetadataPath, [Literal])
    case differs(MetadataPath, Literal)
    case contains(MetadataPath, Literal)
    case ordered(MetadataPath, Order, Bound)
  }

  enum Order: Sendable {
    case less, lessOrEqual, greater, greaterOrEqual

    /// Whether a value that compares so with the bound is in the range.
    func holds(_ order: Int) -> Bool {
      switch self {
      case .less: order < 0
      case .lessOrEqual: order <= 0
      case .greater: order > 0
      case .greaterOrEqual: order >= 0
      }
    }
  }

  /// A scalar to compare with.
  struct Literal: Sendable {
    /// As canonical JSON spells it, a string without its quotes.
    let text: Bytes
    let isString: Bool
    /// Where it is one.
    let number: JSONDecimal?

    init(string: [UInt8]) {
      text = Bytes(JSONEscape.escaped(string))
      isString = true
      number = nil
    }

    init(scalar: [UInt8]) {
      text = Bytes(scalar)
      isString = false
      number = JSONDecimal(text, 0..<text.count)
    }
  }

  /// The end of a range.
  enum Bound: Sendable {
    case number(Literal)
    /// Microseconds since 1970.
    case time(Int64)
    case string(Literal)
  }

  let root: Node
  /// As it was written.
  public let description: String

  init(_ root: Node, _ description: String) {
    self.root = root
    self.description = description
  }

  /// Reads a condition.
  ///
  /// - Throws: what is wrong with it, and where.
  public init(_ text: String) throws(MetadataPredicateError) {
    var parser = MetadataPredicateParser(text)
    self.init(try parser.parse(), text)
  }

  /// Holds where the string at a path is `text`.
  public init(_ path: MetadataPath, equals text: String) {
    let literal = Literal(string: Array(text.utf8))
    self.init(
      .equals(path, [literal]),
      "\(path.description) = \"\(String(decoding: literal.text.array, as: UTF8.self))\"")
  }

  /// Holds where there is a value at a path.
  public init(exists path: MetadataPath) { self.init(.exists(path), "\(path.description) exists") }

  /// The events that came from a unit of memory.
  public static func sourceMUID(_ muid: String) -> MetadataPredicate { MetadataPredicate(.sourceMUID, equals: muid) }

  /// Holds where both hold.
  public func and(_ other: MetadataPredicate) -> MetadataPredicate {
    MetadataPredicate(.all([root, other.root]), "(\(description)) and (\(other.description))")
  }

  public static func == (a: MetadataPredicate, b: MetadataPredicate) -> Bool { a.description == b.description }

  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// What is wrong with the text of a condition on metadata.
public struct MetadataPredicateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The condition.
  public let text: String
  /// The character at which it goes wrong, from 1.
  public let position: Int
  /// What is wrong, and what to write.
  public let reason: String

  public var description: String { "at character \(position): \(reason)" }
}

extension MetadataPath: CustomStringConvertible {
  /// As it is written in a condition.
  public var description: String {
    var text = "metadata"
    for step in steps {
      switch step {
      case .key(let key):
        let isPlain = !key.isEmpty && key.allSatisfy { MetadataPredicateParser.isPlain($0) }
        let spelled = String(decoding: key, as: UTF8.self)
        text += isPlain ? ".\(spelled)" : ".\"\(spelled)\""
      case .element(let number): text += "[\(number)]"
      case .anyElement: text += "[*]"
      }
    }
    return text
  }
}
