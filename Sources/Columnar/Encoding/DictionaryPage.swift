/// Byte strings end to end behind their lengths. See Formats/encodings.md, "Dictionary page".
package enum DictionaryPage {
  /// Appends strings `range` of a dictionary.
  package static func encode(
    _ dictionary: ByteStringDictionary, _ range: Range<Int>, into writer: inout ByteWriter
  ) {
    writer.appendVarint(range.count)
    var lengths: [Int64] = []
    lengths.reserveCapacity(range.count)
    for code in range { lengths.append(Int64(dictionary.length(UInt32(code)))) }
    IntegerPage.encode(lengths, into: &writer)
    guard !range.isEmpty else { return }
    let start = dictionary.start(UInt32(range.lowerBound))
    let end = Int(dictionary.ends[range.upperBound - 1])
    writer.bytes.append(contentsOf: dictionary.arena[start..<end])
  }

  /// Appends strings `codes` of a dictionary.
  package static func encode(
    _ dictionary: ByteStringDictionary, _ codes: ArraySlice<UInt32>, into writer: inout ByteWriter
  ) {
    writer.appendVarint(codes.count)
    IntegerPage.encode(codes.map { Int64(dictionary.length($0)) }, into: &writer)
    for code in codes {
      let start = dictionary.start(code)
      writer.bytes.append(contentsOf: dictionary.arena[start..<start + dictionary.length(code)])
    }
  }

  /// Reads one page; the strings stay where they are, as offsets into the reader's bytes.
  package static func decode(_ reader: inout ByteReader, limit: Int) throws(FormatError) -> Strings {
    let count = try reader.readCount("number of strings", limit: limit)
    let start = reader.offset
    let lengths = try IntegerPage.decode(&reader, count: count)
    var ends: [UInt32] = []
    ends.reserveCapacity(count)
    var end = 0
    for length in lengths {
      guard length >= 0, length <= Int64(Codec.largestRawLength) else {
        throw FormatError(offset: start, "string length \(length)")
      }
      end += Int(length)
      guard end <= reader.remaining else { throw FormatError(offset: start, "strings end behind the page") }
      ends.append(UInt32(end))
    }
    return Strings(ends: ends, bytes: try reader.readBytes(end, "strings"))
  }

  /// The strings of a decoded page.
  package struct Strings: Sendable {
    package let ends: [UInt32]
    package let bytes: Bytes

    package var count: Int { ends.count }

    package subscript(index: Int) -> Bytes {
      let start = index == 0 ? 0 : Int(ends[index - 1])
      return bytes.slice(start, Int(ends[index]) - start)
    }
  }
}
