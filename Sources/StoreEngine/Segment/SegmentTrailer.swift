import Columnar

/// The last 48 bytes of a file, which refer to its footer page. See Formats/segment.md, "Trailer".
struct SegmentTrailer: Sendable, Equatable {
  let footer: PageReference

  /// The trailer as it stands at `offset` of its file.
  func encoded(fileID: UInt64, offset: Int) -> [UInt8] {
    var writer = ByteWriter(capacity: SegmentLayout.trailerLength)
    writer.append(UInt64(footer.offset))
    writer.append(UInt64(footer.storedLength))
    writer.append(UInt64(footer.rawLength))
    writer.append(UInt64(footer.codec.rawValue))
    writer.append(footer.checksum)
    writer.append(XXH3.hash(writer.bytes, seed: fileID &+ UInt64(offset)))
    return writer.bytes
  }

  init(footer: PageReference) { self.footer = footer }

  /// Reads the trailer of a whole file, and checks that the footer fills the file up to it.
  init(_ file: Bytes, fileID: UInt64) throws(FormatError) {
    let start = file.count - SegmentLayout.trailerLength
    guard start >= FileHeader.length else {
      throw FormatError(offset: file.count, "the file ends before its trailer")
    }
    guard
      XXH3.hash(file.slice(start, 40), seed: fileID &+ UInt64(start)) == file.load(start + 40, as: UInt64.self)
    else { throw FormatError(offset: start, "the trailer does not match its checksum: cut off, or not finished") }
    let offset = file.load(start, as: UInt64.self)
    let stored = file.load(start + 8, as: UInt64.self)
    let raw = file.load(start + 16, as: UInt64.self)
    let code = file.load(start + 24, as: UInt64.self)
    guard offset >= UInt64(FileHeader.length), offset <= UInt64(start), stored == UInt64(start) - offset else {
      throw FormatError(offset: start, "the footer page does not lie right before the trailer")
    }
    guard raw <= UInt64(Codec.largestRawLength) else {
      throw FormatError(offset: start, "the footer is longer than a page may be")
    }
    guard code <= UInt64(UInt8.max), let codec = Codec(rawValue: UInt8(code)) else {
      throw FormatError(offset: start, "codec \(code) is not known")
    }
    guard codec != .none || raw == stored else {
      throw FormatError(offset: start, "a page without a codec has two lengths")
    }
    footer = PageReference(
      offset: Int(offset), storedLength: Int(stored), rawLength: Int(raw), codec: codec,
      checksum: file.load(start + 32, as: UInt64.self))
  }
}
