package import Columnar

/// A declared field of metadata: a path, and what its values are.
public struct MetadataField: Sendable, Hashable, Comparable {
  /// What the values of a field are. A field that is not there, or `null`, is of any type.
  public enum ValueType: String, Sendable, Hashable, CaseIterable {
    /// A string.
    case text
    /// A number in the range of a `Delta` with at most six fractional digits, so that sums are exact.
    case number
    /// A string that is a time or a date of ISO 8601.
    case time
    case boolean
  }

  /// Made of keys only.
  public let path: MetadataPath
  public let type: ValueType

  /// Nil for a path with elements of arrays.
  public init?(_ path: MetadataPath, _ type: ValueType) {
    guard path.hasOnlyKeys else { return nil }
    self.path = path
    self.type = type
  }

  /// The path as it is written in a growth model: without the word metadata.
  public var name: String { String(path.description.dropFirst("metadata.".utf8.count)) }

  /// By their names.
  public static func < (a: MetadataField, b: MetadataField) -> Bool {
    a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
  }

  /// Whether metadata in canonical form break the declaration.
  package func isBroken(by metadata: Bytes) -> Bool {
    path.hasValue(in: metadata) { value in !accepts(metadata, value) }
  }

  private func accepts(_ text: Bytes, _ value: Range<Int>) -> Bool {
    let spelled = text.slice(value.lowerBound, value.count)
    if spelled == Self.null { return true }
    switch type {
    case .text: return text[value.lowerBound] == UInt8(ascii: "\"")
    case .number:
      guard JSONDecimal(text, value) != nil else { return false }
      let parsed = unsafe spelled.withUnsafeBytes { unsafe DecimalText.parse($0) }
      if case .success = parsed { return true } else { return false }
    case .time:
      return text[value.lowerBound] == UInt8(ascii: "\"")
        && MetadataPredicate.time(text, value.lowerBound + 1..<value.upperBound - 1) != nil
    case .boolean: return spelled == Self.yes || spelled == Self.no
    }
  }

  private static let null = Bytes(Array("null".utf8))
  private static let yes = Bytes(Array("true".utf8))
  private static let no = Bytes(Array("false".utf8))
}

extension MetadataPath {
  /// Whether no part of it is an element of an array.
  public var hasOnlyKeys: Bool {
    steps.allSatisfy { step in
      if case .key = step { true } else { false }
    }
  }

  /// The key of the outermost object; nil where the path begins with an element.
  package var outermostKey: String? {
    if case .key(let key)? = steps.first { JSONWalk.text(Bytes(key)) } else { nil }
  }

  /// Whether one path is the other, or leads to something within it.
  package func overlaps(_ other: MetadataPath) -> Bool {
    steps.starts(with: other.steps) || other.steps.starts(with: steps)
  }
}
