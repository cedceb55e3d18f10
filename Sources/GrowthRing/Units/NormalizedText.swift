// The one use of Foundation in this file: canonical composition.
import Foundation

/// A text without what does not count when two contents are compared.
enum NormalizedText {
  /// The bytes of a text in canonical composition (NFC), each run of white space (the Unicode property White_Space) one
  /// blank, and none at either end.
  static func bytes(of text: String) -> [UInt8] {
    // Nothing below U+0300 composes with anything.
    let isComposed = text.utf8.allSatisfy { $0 < 0xCC }
    return collapsed(isComposed ? text : text.precomposedStringWithCanonicalMapping)
  }

  /// Whether a text has no character but white space.
  static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy { isSpace($0) } }

  private static func collapsed(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var isPending = false
    for scalar in text.unicodeScalars {
      if isSpace(scalar) {
        isPending = true
        continue
      }
      if isPending, !bytes.isEmpty { bytes.append(0x20) }
      isPending = false
      if scalar.value < 0x80 {
        bytes.append(UInt8(scalar.value))
      } else if let units = UTF8.encode(scalar) {
        bytes.append(contentsOf: units)
      }
    }
    return bytes
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x80
      ? scalar.value == 0x20 || (0x09...0x0D).contains(scalar.value) : scalar.properties.isWhitespace
  }
}
