package import Columnar

extension PageReference {
  /// What stands in the place of a reference where there is no page.
  static let nowhere = PageReference(offset: 0, storedLength: 0, rawLength: 0, codec: .none, checksum: 0)

  /// Reads a reference to a page that must lie behind the file header and end at or before `limit`.
  package init(
    _ reader: inout ByteReader, endingBy limit: Int, largest: Int = Codec.largestRawLength
  ) throws(FormatError) {
    let start = reader.offset
    try self.init(&reader)
    guard offset >= FileHeader.length, offset <= limit, storedLength <= limit - offset else {
      throw FormatError(offset: start, "a page of \(storedLength) bytes at \(offset) ends behind \(limit)")
    }
    guard rawLength <= largest else {
      throw FormatError(offset: start, "a page of \(rawLength) bytes where at most \(largest) make sense")
    }
  }
}
