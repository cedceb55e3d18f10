package import Columnar

/// The escapes of JSON strings (RFC 8259, section 7).
@usableFromInline
package enum JSONEscape {
  /// Decodes the escape whose backslash stands at `start` and hands out its UTF-8; returns the offset behind it.
  package static func decode(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ emit: (UInt8) -> Void
  ) throws(EventRejection.Reason) -> Int {
    guard start + 1 < end else { throw .malformed }
    switch input[start + 1] {
    case UInt8(ascii: "\""): emit(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): emit(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): emit(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): emit(0x08)
    case UInt8(ascii: "f"): emit(0x0C)
    case UInt8(ascii: "n"): emit(0x0A)
    case UInt8(ascii: "r"): emit(0x0D)
    case UInt8(ascii: "t"): emit(0x09)
    case UInt8(ascii: "u"):
      var next = start + 6
      var scalar = try unit(input, start + 2, end)
      if scalar & 0xFC00 == 0xD800 {
        // The first half of a pair must be followed by the second.
        guard next + 1 < end, input[next] == UInt8(ascii: "\\"), input[next + 1] == UInt8(ascii: "u") else {
          throw .invalidUTF8
        }
        let second = try unit(input, next + 2, end)
        guard second & 0xFC00 == 0xDC00 else { throw .invalidUTF8 }
        scalar = 0x10000 + (scalar & 0x3FF) << 10 + (second & 0x3FF)
        next += 6
      } else if scalar & 0xFC00 == 0xDC00 {
        throw .invalidUTF8
      }
      emitUTF8(scalar, emit)
      return next
    default: throw .malformed
    }
    return start + 2
  }

  /// What canonical JSON puts behind the backslash of a byte, where `u` is followed by four digits; nil for a byte that stands
  /// for itself.
  @inlinable @inline(__always)
  static func letter(of byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
    case 0x08: UInt8(ascii: "b")
    case 0x09: UInt8(ascii: "t")
    case 0x0A: UInt8(ascii: "n")
    case 0x0C: UInt8(ascii: "f")
    case 0x0D: UInt8(ascii: "r")
    case 0..<0x20: UInt8(ascii: "u")
    default: nil
    }
  }

  /// A digit of a number below 16.
  @inlinable @inline(__always)
  static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  /// Writes one decoded byte in canonical form; true where that took an escape.
  @inline(__always)
  package static func append(_ byte: UInt8, to scratch: inout TextScratch) -> Bool {
    guard let letter = letter(of: byte) else {
      scratch.append(byte)
      return false
    }
    scratch.append(UInt8(ascii: "\\"))
    scratch.append(letter)
    if letter == UInt8(ascii: "u") {
      for digit in [0x30, 0x30, digit(byte >> 4), digit(byte & 0xF)] { scratch.append(digit) }
    }
    return true
  }

  /// A text as canonical JSON spells it between the quotes.
  package static func escaped(_ text: some Sequence<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(jsonCharacters: text)
    return bytes
  }

  /// A text as canonical JSON spells it.
  package static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.append(json: text.utf8)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Four hexadecimal digits.
  private static func unit(_ input: PaddedInput, _ start: Int, _ end: Int) throws(EventRejection.Reason) -> UInt32 {
    guard start + 4 <= end else { throw .malformed }
    var value: UInt32 = 0
    for index in start..<start + 4 {
      let byte = input[index]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
        value = value << 4 | UInt32(byte & 0xDF - 0x37)
      default: throw .malformed
      }
    }
    return value
  }

  private static func emitUTF8(_ scalar: UInt32, _ emit: (UInt8) -> Void) {
    func continuation(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(scalar >> shift & 0x3F) }
    switch scalar {
    case 0..<0x80:
      emit(UInt8(scalar))
    case 0x80..<0x800:
      emit(0xC0 | UInt8(scalar >> 6))
      emit(continuation(0))
    case 0x800..<0x10000:
      emit(0xE0 | UInt8(scalar >> 12))
      emit(continuation(6))
      emit(continuation(0))
    default:
      emit(0xF0 | UInt8(scalar >> 18))
      emit(continuation(12))
      emit(continuation(6))
      emit(continuation(0))
    }
  }
}
