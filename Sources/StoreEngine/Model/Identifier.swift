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

  package static func encode(_ text: String) -> [UInt8] {
    // Of every read: with one allocation where the text lies in one piece.
    let stored = unsafe text.utf8.withContiguousStorageIfAvailable { source in
      unsafe [UInt8](unsafeUninitializedCapacity: source.count + 1) { target, count in
        count = unsafe store(UnsafeRawBufferPointer(source), in: UnsafeMutableRawBufferPointer(target))
      }
    }
    return stored ?? encode(Array(text.utf8))
  }

  /// Writes the stored form of an id and returns its length. There is room for 256 bytes.
  @unsafe
  static func store(_ text: UnsafeRawBufferPointer, in buffer: UnsafeMutableRawBufferPointer) -> Int {
    if text.count == 36, let parsed = unsafe UUIDText.parse(text), parsed.isLowercase || parsed.isUppercase {
      unsafe buffer[0] = parsed.isLowercase ? lowercaseTag : uppercaseTag
      unsafe buffer.storeBytes(of: parsed.high.bigEndian, toByteOffset: 1, as: UInt64.self)
      unsafe buffer.storeBytes(of: parsed.low.bigEndian, toByteOffset: 9, as: UInt64.self)
      return 17
    }
    unsafe buffer[0] = textTag
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyMemory(from: text)
    return text.count + 1
  }

  /// The text of a stored id; nil where the bytes are no stored id.
  package static func decode(_ stored: [UInt8]) -> String? { decode(stored[...]) }

  package static func decode(_ stored: ArraySlice<UInt8>) -> String? {
    guard let tag = stored.first else { return nil }
    switch tag {
    case textTag:
      guard stored.count > 1, stored.count <= 1 + longest else { return nil }
      return String(validating: stored.dropFirst(), as: UTF8.self)
    case lowercaseTag, uppercaseTag:
      guard stored.count == 17 else { return nil }
      var high: UInt64 = 0
      var low: UInt64 = 0
      let start = stored.startIndex
      for index in start + 1..<start + 9 { high = high << 8 | UInt64(stored[index]) }
      for index in start + 9..<start + 17 { low = low << 8 | UInt64(stored[index]) }
      return UUIDText.format(high: high, low: low, uppercase: tag == uppercaseTag)
    default:
      return nil
    }
  }
}
