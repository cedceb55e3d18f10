/// Strings end to end behind their lengths, as in a dictionary page; but they may repeat, and their number is known from outside.
package enum StringList {
  package static func encode(_ strings: [Bytes], into writer: inout ByteWriter) {
    IntegerPage.encode(strings.map { Int64($0.count) }, into: &writer)
    for string in strings { writer.append(string) }
  }

  package static func encode(_ strings: [[UInt8]], into writer: inout ByteWriter) {
    IntegerPage.encode(strings.map { Int64($0.count) }, into: &writer)
    for string in strings { writer.append(string) }
  }

  /// Reads `count` strings, each of at most `longest` bytes, where they stand.
  package static func decode(
    _ reader: inout ByteReader, count: Int, longest: Int, _ what: StaticString
  ) throws(FormatError) -> [Bytes] {
    let start = reader.offset
    let lengths = try IntegerPage.decode(&reader, count: count)
    var strings: [Bytes] = []
    strings.reserveCapacity(count)
    for length in lengths {
      guard length >= 0, length <= Int64(longest) else {
        throw FormatError(offset: start, "\(what): a length of \(length)")
      }
      strings.append(try reader.readBytes(Int(length), what))
    }
    return strings
  }
}
