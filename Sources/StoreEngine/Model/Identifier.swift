import Columnar

/// The id of a user or an entity in the form in which it is stored, hashed and ordered.
///
/// A tag byte, then the id: UUID-shaped text of one case is stored as 16 bytes and comes back in the same spelling; any
/// other text is stored as its UTF-8. Ids are ordered bytewise in this form. See Formats/conventions.md, "Identifiers".
package enum Identifier {
  package static let textTag: UInt8 = 0
  package static let lowercaseTag: UInt8 = 1
  package static let uppercaseTag: UInt8 = 2

  /// Longest id in bytes of UTF-8.
  package static let longest = 255

  /// The stored form of an id that was already checked for length and content.
  package static func encode(_ text: [UInt8]) -> [UInt8] {
    guard text.count == 36, let parsed = UUIDText.parse(text), parsed.isLowercase || parsed.isUppercase else {
      return [textTag] + text
    }
    var writer = ByteWriter(capacity: 17)
    writer.append(parsed.isLowercase ? lowercaseTag : uppercaseTag)
    writer.append(parsed.high.bigEndian)
    writer.append(parsed.low.bigEndian)
    return writer.bytes
  }

  package static func encode(_ text: String) -> [UInt8] { encode(Array(text.utf8)) }

  /// The text of a stored id; nil where the bytes are no stored id.
  package static func decode(_ stored: [UInt8]) -> String? {
    guard let tag = stored.first else { return nil }
    switch tag {
    case textTag:
      guard stored.count > 1, stored.count <= 1 + longest else { return nil }
      return String(validating: stored[1...], as: UTF8.self)
    case lowercaseTag, uppercaseTag:
      guard stored.count == 17 else { return nil }
      var high: UInt64 = 0
      var low: UInt64 = 0
      for index in 1..<9 { high = high << 8 | UInt64(stored[index]) }
      for index in 9..<17 { low = low << 8 | UInt64(stored[index]) }
      return UUIDText.format(high: high, low: low, uppercase: tag == uppercaseTag)
    default:
      return nil
    }
  }
}
