package import Columnar

/// The grammar of JSON numbers (RFC 8259, section 6).
package enum JSONNumber {
  /// The offset behind the number at `start`, or nil where none begins there. Stops at the padding at the latest.
  package static func end(_ input: PaddedInput, _ start: Int) -> Int? {
    var index = start
    if input[index] == UInt8(ascii: "-") { index &+= 1 }
    if input[index] == UInt8(ascii: "0") {
      index &+= 1
    } else {
      guard let stop = digits(input, index) else { return nil }
      index = stop
    }
    if input[index] == UInt8(ascii: ".") {
      guard let stop = digits(input, index &+ 1) else { return nil }
      index = stop
    }
    if input[index] | 0x20 == UInt8(ascii: "e") {
      index &+= 1
      if input[index] == UInt8(ascii: "+") || input[index] == UInt8(ascii: "-") { index &+= 1 }
      guard let stop = digits(input, index) else { return nil }
      index = stop
    }
    return index
  }

  @inline(__always)
  private static func digits(_ input: PaddedInput, _ start: Int) -> Int? {
    var index = start
    while input[index] &- 0x30 <= 9 { index &+= 1 }
    return index > start ? index : nil
  }
}
