/// One frame of Zstandard made of blocks that were compressed apart: every stream of a page then has the effort that fits
/// it, where the library has one for a whole frame.
///
/// Blocks refer to those before them in three ways. Matches reach back by a distance, and tables of symbols may be those of the block
/// before; both stay within the stream. The distances told last are told again in short, though, and a stream that is compressed
/// by itself begins with those that a frame begins with: behind another one that has told some, it may mean other bytes. So whoever joins
/// streams looks whether the frame unpacks to what went in.
///
/// Source: RFC 8878, sections 3.1.1 (frames), 3.1.1.2 (blocks) and 3.1.1.3.1 (literals).
struct StreamFrame {
  private(set) var bytes: [UInt8]
  /// Where the header of the last block is.
  private var last = 0

  private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  private static let longestBlock = 1 << 17
  private enum Kind: Int { case raw, repeated, compressed }

  /// A frame of so many bytes in one segment, and without a checksum: pages have their own.
  init(contentSize: Int) {
    // The length of the content in four bytes; nothing is farther back than that.
    bytes = Self.magic + [0b1010_0000]
    append(contentSize, bytes: 4)
  }

  /// Appends bytes as they are.
  mutating func append(stored stream: ArraySlice<UInt8>) {
    var start = stream.startIndex
    while start < stream.endIndex {
      let end = min(stream.endIndex, start + Self.longestBlock)
      appendHeader(.raw, end - start)
      bytes.append(contentsOf: stream[start..<end])
      start = end
    }
  }

  /// Appends a byte so many times. Its blocks are literals that repeat, and not a block that repeats: with such a one as the first of
  /// a frame old versions of the command `zstd` fail.
  mutating func append(_ byte: UInt8, count: Int) {
    var left = count
    while left > 0 {
      let length = min(left, Self.longestBlock)
      appendHeader(.compressed, 5)
      // The kind of literals, the form of their length, the length in twenty bits; the byte; no sequences.
      append(0b1101 | length << 4, bytes: 3)
      bytes.append(byte)
      bytes.append(0)
      left -= length
    }
  }

  /// Appends the blocks of a frame of the library; false where it is not one that can be taken apart.
  mutating func append(blocksOf frame: [UInt8]) -> Bool {
    guard frame.count > 5, frame.starts(with: Self.magic) else { return false }
    let descriptor = frame[4]
    // A checksum or a dictionary would have to be taken along.
    guard descriptor & 0b111 == 0 else { return false }
    // The length of the content, and that of the window where it is not the same.
    let lengths = descriptor & 0b10_0000 != 0 ? [1, 2, 4, 8] : [1, 3, 5, 9]
    var offset = 5 + lengths[Int(descriptor >> 6)]
    while offset + 3 <= frame.count {
      let header = Int(frame[offset]) | Int(frame[offset + 1]) << 8 | Int(frame[offset + 2]) << 16
      guard let kind = Kind(rawValue: header >> 1 & 3) else { return false }
      let length = kind == .repeated ? 1 : header >> 3
      offset += 3
      guard length <= frame.count - offset else { return false }
      appendHeader(kind, header >> 3)
      bytes.append(contentsOf: frame[offset..<offset + length])
      offset += length
      if header & 1 != 0 { return offset == frame.count }
    }
    return false
  }

  /// Marks the last block as such; there must be one.
  mutating func finish() {
    precondition(last > 0, "a frame without a block")
    bytes[last] |= 1
  }

  private mutating func appendHeader(_ kind: Kind, _ size: Int) {
    last = bytes.count
    append(kind.rawValue << 1 | size << 3, bytes: 3)
  }

  private mutating func append(_ number: Int, bytes count: Int) {
    for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
  }
}
