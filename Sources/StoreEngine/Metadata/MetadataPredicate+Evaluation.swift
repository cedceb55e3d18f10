package import Columnar

extension MetadataPredicate {
  /// Whether metadata in canonical form, as stores hold them (`CanonicalJSON`), satisfy the condition. The empty text has no
  /// values. Allocates nothing.
  public func matches(_ metadata: String) -> Bool {
    var metadata = metadata
    return metadata.withUTF8 { source in
      matches(unsafe Bytes(borrowing: UnsafeRawBufferPointer(source)))
    }
  }

  /// The same of the bytes of such a text.
  package func matches(_ metadata: Bytes) -> Bool { root.matches(metadata) }

  /// The same of string `code` of a dictionary.
  package func matches(_ code: UInt32, of dictionary: ByteStringDictionary) -> Bool {
    let start = dictionary.start(code)
    let length = dictionary.length(code)
    return unsafe dictionary.arena.withUnsafeBytes { arena in
      root.matches(unsafe Bytes(borrowing: UnsafeRawBufferPointer(rebasing: arena[start..<start + length])))
    }
  }

  /// The microseconds since 1970 of a time of ISO 8601.
  static func time(_ text: Bytes, _ range: Range<Int>) -> Int64? {
    // No time is longer than this, nor shorter than a date.
    guard range.count >= 10, range.count <= 40, text[range.lowerBound] &- 0x30 <= 9 else { return nil }
    return unsafe text.withUnsafeBytes { bytes -> Int64? in
      switch unsafe Timestamp.parse(UnsafeRawBufferPointer(rebasing: bytes[range])) {
      case .success(let microseconds): return microseconds
      case .failure: return nil
      }
    }
  }
}

extension MetadataPredicate.Node {
  func matches(_ text: Bytes) -> Bool {
    switch self {
    case .all(let nodes):
      for node in nodes where !node.matches(text) { return false }
      return true
    case .any(let nodes):
      for node in nodes where node.matches(text) { return true }
      return false
    case .not(let node): return !node.matches(text)
    case .exists(let path): return path.hasValue(in: text) { _ in true }
    case .equals(let path, let literals):
      return path.hasValue(in: text) { value in
        for literal in literals where literal.equals(text, value) { return true }
        return false
      }
    case .differs(let path, let literal): return path.hasValue(in: text) { !literal.equals(text, $0) }
    case .contains(let path, let literal):
      return path.hasValue(in: text) { array in
        MetadataPath.anyOfElements(text, array.lowerBound, only: nil) { literal.equals(text, $0) }
      }
    case .ordered(let path, let order, let bound):
      return path.hasValue(in: text) { value in bound.compare(text, value).map { order.holds($0) } ?? false }
    }
  }
}

extension MetadataPredicate.Literal {
  /// Whether it is the value at a place of a text.
  func equals(_ text: Bytes, _ value: Range<Int>) -> Bool {
    if isString {
      return text[value.lowerBound] == UInt8(ascii: "\"") && value.count == self.text.count + 2
        && text.slice(value.lowerBound + 1, value.count - 2) == self.text
    }
    if let number {
      guard let other = JSONDecimal(text, value) else { return false }
      return JSONDecimal.compare(number, self.text, other, text) == 0
    }
    return value.count == self.text.count && text.slice(value.lowerBound, value.count) == self.text
  }
}

extension MetadataPredicate.Bound {
  /// The order of the value at a place of a text against it; nil where it is of another kind.
  func compare(_ text: Bytes, _ value: Range<Int>) -> Int? {
    switch self {
    case .number(let bound):
      guard let number = bound.number, let other = JSONDecimal(text, value) else { return nil }
      return JSONDecimal.compare(other, text, number, bound.text)
    case .time(let bound):
      guard text[value.lowerBound] == UInt8(ascii: "\""),
        let time = MetadataPredicate.time(text, value.lowerBound + 1..<value.upperBound - 1)
      else { return nil }
      return time < bound ? -1 : time == bound ? 0 : 1
    case .string(let bound):
      guard text[value.lowerBound] == UInt8(ascii: "\"") else { return nil }
      return JSONWalk.compareStrings(text.slice(value.lowerBound + 1, value.count - 2), bound.text)
    }
  }
}
