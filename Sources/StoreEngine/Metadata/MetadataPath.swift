import Columnar

/// Where values stand in metadata: by keys from the outermost object inwards, and by elements of arrays.
public struct MetadataPath: Sendable, Hashable {
  enum Step: Sendable, Hashable {
    /// As canonical JSON spells it between the quotes.
    case key([UInt8])
    case element(Int)
    case anyElement
  }

  let steps: [Step]
  /// As a JSON pointer, elements of arrays all alike. See Formats/encodings.md, "Text page".
  let pointer: [UInt8]
  /// As filters of metadata know it.
  let hash: UInt64
  /// The same of all elements of an array that stands there.
  let hashOfElements: UInt64

  init(_ steps: [Step]) {
    self.steps = steps
    var pointer: [UInt8] = []
    for step in steps {
      switch step {
      case .key(let key): Self.append(key, to: &pointer)
      case .element, .anyElement: pointer += Self.elements
      }
    }
    self.pointer = pointer
    hash = MetadataHash.path(pointer)
    hashOfElements = MetadataHash.path(pointer + Self.elements)
  }

  /// The path of a key of the outermost object, or further inwards where there are several.
  public init(_ keys: String...) { self.init(keys.map { Step.key(JSONEscape.escaped($0.utf8)) }) }

  /// Reads a path as it stands in conditions, such as `metadata.items[0]."a b"`.
  ///
  /// - Throws: what is wrong with it, and where.
  public init(parsing text: String) throws(MetadataPredicateError) {
    var parser = MetadataPredicateParser(text)
    self = try parser.parsePath()
  }

  // MARK: Pointers

  static let elements: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "*")]

  /// Appends a key, in the spelling of canonical JSON, to a pointer. See Formats/encodings.md, "Text page".
  static func append(_ key: some Collection<UInt8>, to pointer: inout [UInt8]) {
    pointer.append(UInt8(ascii: "/"))
    if key.count == 1, key.first == UInt8(ascii: "*") {
      pointer += [UInt8(ascii: "~"), UInt8(ascii: "2")]
      return
    }
    for byte in key {
      switch byte {
      case UInt8(ascii: "~"): pointer += [UInt8(ascii: "~"), UInt8(ascii: "0")]
      case UInt8(ascii: "/"): pointer += [UInt8(ascii: "~"), UInt8(ascii: "1")]
      default: pointer.append(byte)
      }
    }
  }

  // MARK: Values

  /// The text of the first value at the path that is a string, in canonical metadata.
  public func string(in metadata: String) -> String? {
    var metadata = metadata
    return metadata.withUTF8 { source in
      let text = unsafe Bytes(borrowing: UnsafeRawBufferPointer(source))
      var found: String?
      _ = hasValue(in: text) { value in
        guard text[value.lowerBound] == UInt8(ascii: "\"") else { return false }
        found = JSONWalk.text(text.slice(value.lowerBound + 1, value.count - 2))
        return true
      }
      return found
    }
  }

  /// Whether `body` holds for some value at the path.
  @inline(__always)
  func hasValue(in text: Bytes, _ body: (Range<Int>) -> Bool) -> Bool { hasValue(in: text, at: 0, step: 0, body) }

  private func hasValue(in text: Bytes, at start: Int, step: Int, _ body: (Range<Int>) -> Bool) -> Bool {
    guard step < steps.count else {
      guard let end = JSONWalk.end(text, start) else { return false }
      return body(start..<end)
    }
    guard start < text.count else { return false }
    switch steps[step] {
    case .key(let key):
      guard text[start] == UInt8(ascii: "{"), let value = Self.value(of: key, text, start) else { return false }
      return hasValue(in: text, at: value, step: step + 1, body)
    case .element(let number):
      return Self.anyOfElements(text, start, only: number) {
        hasValue(in: text, at: $0.lowerBound, step: step + 1, body)
      }
    case .anyElement:
      return Self.anyOfElements(text, start, only: nil) { hasValue(in: text, at: $0.lowerBound, step: step + 1, body) }
    }
  }

  /// Where the value of a key begins in the object at `start`.
  private static func value(of key: [UInt8], _ text: Bytes, _ start: Int) -> Int? {
    var position = start + 1
    while position < text.count, text[position] == UInt8(ascii: "\"") {
      guard let quote = JSONWalk.endOfString(text, position + 1), quote + 2 < text.count else { return nil }
      if quote - position - 1 == key.count, isKey(key, text, position + 1) { return quote + 2 }
      guard let end = JSONWalk.end(text, quote + 2), end < text.count, text[end] == UInt8(ascii: ",") else {
        return nil
      }
      position = end + 1
    }
    return nil
  }

  private static func isKey(_ key: [UInt8], _ text: Bytes, _ start: Int) -> Bool {
    for index in key.indices where text[start + index] != key[index] { return false }
    return true
  }

  /// Whether `body` holds for some element, or a certain one, of the array at `start`.
  static func anyOfElements(_ text: Bytes, _ start: Int, only wanted: Int?, _ body: (Range<Int>) -> Bool) -> Bool {
    guard text[start] == UInt8(ascii: "[") else { return false }
    var position = start + 1
    var number = 0
    while let end = JSONWalk.end(text, position) {
      if wanted == nil || wanted == number, body(position..<end) { return true }
      guard end < text.count, text[end] == UInt8(ascii: ",") else { return false }
      position = end + 1
      number += 1
    }
    return false
  }
}

extension MetadataPath {
  /// The unit of memory that an event came from, as the fields `source_muid` of ingested files are kept.
  public static let sourceMUID = MetadataPath("source_muid")
}
