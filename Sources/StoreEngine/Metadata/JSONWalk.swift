package import Columnar

/// Steps over canonical JSON that nobody vouches for: what is not well-formed ends early, and nothing is read behind the end.
package enum JSONWalk {
  /// The offset behind the value that begins at `start`; nil where the text ends before.
  static func end(_ text: Bytes, _ start: Int) -> Int? {
    guard start < text.count else { return nil }
    switch text[start] {
    case UInt8(ascii: "\""):
      guard let quote = endOfString(text, start + 1) else { return nil }
      return quote + 1
    case UInt8(ascii: "{"), UInt8(ascii: "["): return endOfContainer(text, start)
    default:
      var end = start
      while end < text.count, isScalar(text[end]) { end += 1 }
      return end > start ? end : nil
    }
  }

  /// The place of the quote that ends a string, whose first byte behind its quote is at `start`.
  static func endOfString(_ text: Bytes, _ start: Int) -> Int? {
    var position = start
    while position < text.count {
      let byte = text[position]
      if byte == UInt8(ascii: "\"") { return position }
      position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  private static func endOfContainer(_ text: Bytes, _ start: Int) -> Int? {
    var depth = 0
    var position = start
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: "\""):
        guard let quote = endOfString(text, position + 1) else { return nil }
        position = quote
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return position + 1 }
      default: break
      }
      position += 1
    }
    return nil
  }

  /// Whether a byte may be part of a number or of `true`, `false` and `null`.
  @inline(__always)
  static func isScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"),
      UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// The order of two strings as canonical JSON spells them, by the UTF-8 that they stand for.
  static func compareStrings(_ a: Bytes, _ b: Bytes) -> Int {
    var (left, right) = (0, 0)
    while left < a.count, right < b.count {
      let (x, y) = (resolved(a, &left), resolved(b, &right))
      if x != y { return Int(x) - Int(y) }
    }
    return (left < a.count ? 1 : 0) - (right < b.count ? 1 : 0)
  }

  /// The next byte that a string stands for. Canonical JSON escapes single bytes only.
  private static func resolved(_ text: Bytes, _ position: inout Int) -> UInt8 {
    let byte = text[position]
    position += 1
    guard byte == UInt8(ascii: "\\"), position < text.count else { return byte }
    let letter = text[position]
    position += 1
    switch letter {
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"):
      guard position + 4 <= text.count else { return letter }
      let (high, low) = (digit(text[position + 2]), digit(text[position + 3]))
      position += 4
      return high << 4 | low
    default: return letter
    }
  }

  private static func digit(_ byte: UInt8) -> UInt8 { byte & 0xF &+ (byte >> 6) &* 9 }

  /// The text of a string that canonical JSON spells so between the quotes.
  package static func text(_ escaped: Bytes) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(escaped.count)
    var position = 0
    while position < escaped.count { bytes.append(resolved(escaped, &position)) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
