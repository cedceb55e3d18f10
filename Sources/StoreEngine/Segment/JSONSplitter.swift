/// Finds the scalars of one canonical text, and the path of each.
///
/// A path is a JSON pointer (RFC 6901) in which `*` stands for every element of an array; a key that is `*` itself is
/// written `~2`.
struct JSONSplitter {
  static let mark: UInt8 = 1

  private(set) var holes: [Range<Int>] = []
  private(set) var paths: [[UInt8]] = []
  /// The paths of objects and arrays without members.
  private(set) var emptyPaths: [[UInt8]] = []
  /// The text with a mark in place of each value.
  private(set) var key: [UInt8] = []

  private struct Container {
    var isObject: Bool
    /// The length of the path of the container itself.
    var path: Int
  }

  /// False where the text is not to be split: it has too many values, or is not what canonical JSON looks like.
  @unsafe
  mutating func split(_ text: UnsafeRawBufferPointer, mostHoles: Int) -> Bool {
    holes.removeAll(keepingCapacity: true)
    paths.removeAll(keepingCapacity: true)
    emptyPaths.removeAll(keepingCapacity: true)
    key.removeAll(keepingCapacity: true)
    var stack: [Container] = []
    var path: [UInt8] = []
    var expectsKey = false
    var position = 0
    while position < text.count {
      let byte = unsafe text[position]
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        let isObject = byte == UInt8(ascii: "{")
        stack.append(Container(isObject: isObject, path: path.count))
        if !isObject { path += [UInt8(ascii: "/"), UInt8(ascii: "*")] }
        expectsKey = isObject
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard let container = stack.popLast() else { return false }
        path.removeLast(path.count - container.path)
        if key.last == UInt8(ascii: "{") || key.last == UInt8(ascii: "[") { emptyPaths.append(path) }
        expectsKey = false
      case UInt8(ascii: ","):
        guard let container = stack.last else { return false }
        if container.isObject { path.removeLast(path.count - container.path) }
        expectsKey = container.isObject
      case UInt8(ascii: ":"): break
      case UInt8(ascii: "\""):
        guard let end = unsafe Self.endOfString(text, position + 1) else { return false }
        if expectsKey {
          unsafe MetadataPath.append(text[position + 1..<end], to: &path)
          unsafe key.append(contentsOf: text[position...end])
          expectsKey = false
        } else {
          key += [UInt8(ascii: "\""), Self.mark, UInt8(ascii: "\"")]
          holes.append(position + 1..<end)
          paths.append(path)
        }
        position = end + 1
        continue
      default:
        var end = position
        while end < text.count, unsafe JSONWalk.isScalar(text[end]) { end += 1 }
        guard end > position else { return false }
        key.append(Self.mark)
        holes.append(position..<end)
        paths.append(path)
        position = end
        continue
      }
      key.append(byte)
      position += 1
    }
    return holes.count <= mostHoles && stack.isEmpty
  }

  /// What lies before, between and behind the values of the text that was split last.
  @unsafe
  func literals(of text: UnsafeRawBufferPointer) -> [[UInt8]] {
    var literals: [[UInt8]] = []
    var start = 0
    for hole in holes {
      literals.append(unsafe [UInt8](text[start..<hole.lowerBound]))
      start = hole.upperBound
    }
    literals.append(unsafe [UInt8](text[start...]))
    return literals
  }

  /// The place of the quote that ends a string; nil where there is none, or a control character that JSON escapes.
  @unsafe
  private static func endOfString(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    var position = start
    while position < text.count {
      let byte = unsafe text[position]
      if byte == UInt8(ascii: "\"") { return position }
      if byte < 0x20 { return nil }
      position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }
}
