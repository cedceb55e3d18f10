/// Where a page lies in its file, how it is stored, and the checksum of its stored bytes.
///
/// The checksum's seed is the file's id plus the offset, so that a page at the wrong place does not pass. See
/// Formats/conventions.md, "References".
package struct PageReference: Sendable, Equatable {
  package var offset: Int
  package var storedLength: Int
  package var rawLength: Int
  package var codec: Codec
  package var checksum: UInt64

  /// A reference whose parts stand elsewhere, as in a trailer.
  package init(offset: Int, storedLength: Int, rawLength: Int, codec: Codec, checksum: UInt64) {
    self.offset = offset
    self.storedLength = storedLength
    self.rawLength = rawLength
    self.codec = codec
    self.checksum = checksum
  }

  /// Stores `raw` at the end of `output`, compressed where that pays, and refers to it. `base` is the position in the
  /// file of the first byte of `output`; `zstd` has the memory for many pages.
  package init(
    storing raw: [UInt8], codec: Codec, level: Int32 = 3, zstd: ZstdCompressor = ZstdCompressor(), fileID: UInt64,
    base: Int, into output: inout [UInt8]
  ) {
    offset = base + output.count
    rawLength = raw.count
    if let packed = codec.compress(raw, level: level, zstd: zstd) {
      self.codec = codec
      storedLength = packed.count
      checksum = XXH3.hash(packed, seed: fileID &+ UInt64(offset))
      output.append(contentsOf: packed)
    } else {
      self.codec = .none
      storedLength = raw.count
      checksum = XXH3.hash(raw, seed: fileID &+ UInt64(offset))
      output.append(contentsOf: raw)
    }
  }

  /// The same with a dictionary of the file; nil where that does not pay.
  package init?(
    storing raw: [UInt8], dictionary: ZstdDictionary, fileID: UInt64, base: Int, into output: inout [UInt8]
  ) {
    guard let packed = dictionary.compress(raw) else { return nil }
    offset = base + output.count
    rawLength = raw.count
    codec = .zstd
    storedLength = packed.count
    checksum = XXH3.hash(packed, seed: fileID &+ UInt64(offset))
    output.append(contentsOf: packed)
  }

  package init(_ reader: inout ByteReader) throws(FormatError) {
    let start = reader.offset
    offset = try reader.readCount("page offset", limit: 1 << 48)
    storedLength = try reader.readCount("stored length", limit: Codec.largestRawLength)
    rawLength = try reader.readCount("raw length", limit: Codec.largestRawLength)
    let code = try reader.read(UInt8.self, "codec")
    guard let codec = Codec(rawValue: code) else { throw FormatError(offset: start, "codec \(code) is not known") }
    guard codec != .none || storedLength == rawLength else {
      throw FormatError(offset: start, "a page without a codec has two lengths")
    }
    self.codec = codec
    checksum = try reader.read(UInt64.self, "checksum")
  }

  package func append(to writer: inout ByteWriter) {
    writer.appendVarint(offset)
    writer.appendVarint(storedLength)
    writer.appendVarint(rawLength)
    writer.append(codec.rawValue)
    writer.append(checksum)
  }

  /// The raw bytes of the page in `file`. Offsets of errors are positions in the file.
  package func load(
    from file: Bytes, fileID: UInt64, dictionary: ZstdDictionary? = nil
  ) throws(FormatError) -> Bytes {
    guard offset <= file.count, storedLength <= file.count - offset else {
      throw FormatError(offset: offset, "a page of \(storedLength) bytes ends behind the file")
    }
    let stored = file.slice(offset, storedLength)
    guard XXH3.hash(stored, seed: fileID &+ UInt64(offset)) == checksum else {
      throw FormatError(offset: offset, "a page of \(storedLength) bytes does not match its checksum")
    }
    do {
      if let dictionary { return try dictionary.decompress(stored, rawLength: rawLength) }
      return try codec.decompress(stored, rawLength: rawLength)
    } catch {
      throw error.shifted(by: offset)
    }
  }
}
