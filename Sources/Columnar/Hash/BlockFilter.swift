/// A split-block Bloom filter over key hashes: no false negatives, about 1 % false positives at 10 bits a key.
///
/// Source: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters"; the variant of the Parquet format,
/// https://github.com/apache/parquet-format/blob/master/BloomFilter.md. See Formats/encodings.md.
package struct BlockFilter: Sendable {
  static let blockLength = 32
  private let bytes: Bytes
  private let blockCount: UInt64

  var count: Int { Int(blockCount) }

  /// Reads a stored filter.
  init(_ bytes: Bytes) throws(FormatError) {
    guard bytes.count >= Self.blockLength, bytes.count % Self.blockLength == 0 else {
      throw FormatError(offset: 0, "a filter of \(bytes.count) bytes is not made of blocks of 32")
    }
    self.bytes = bytes
    blockCount = UInt64(bytes.count / Self.blockLength)
  }

  /// The stored form of a filter over `hashes`.
  static func build(_ hashes: [UInt64], bitsPerKey: Int = 10) -> [UInt8] {
    let blocks = max(1, (hashes.count * bitsPerKey + 255) / 256)
    var words = [UInt32](repeating: 0, count: blocks * 8)
    for hash in hashes {
      let first = Int(((hash >> 32) &* UInt64(blocks)) >> 32) * 8
      let masks = masks(hash)
      for lane in 0..<8 { words[first + lane] |= masks[lane] }
    }
    var writer = ByteWriter(capacity: blocks * blockLength)
    for word in words { writer.append(word) }
    return writer.bytes
  }

  /// False only where the key is surely absent.
  func mayContain(_ hash: UInt64) -> Bool {
    let block = Int(((hash >> 32) &* blockCount) >> 32) * Self.blockLength
    let stored = SIMD4<UInt64>(
      bytes.load(block, as: UInt64.self), bytes.load(block + 8, as: UInt64.self),
      bytes.load(block + 16, as: UInt64.self), bytes.load(block + 24, as: UInt64.self))
    let masks = Self.masks(hash)
    var missing: UInt64 = 0
    for pair in 0..<4 {
      let mask = UInt64(masks[2 * pair]) | UInt64(masks[2 * pair + 1]) << 32
      missing |= mask & ~stored[pair]
    }
    return missing == 0
  }

  /// Those of `rows` whose key, of hash `hashes[row]`, may be here. A block of rows is looked at before it is judged, so
  /// that the waits for memory overlap.
  func candidates(_ rows: [UInt32], hashes: [UInt64]) -> [UInt32] {
    var kept: [UInt32] = []
    var seen: UInt64 = 0
    var next = 0
    while next < rows.count {
      let end = min(rows.count, next + 32)
      for index in next..<end {
        let block = Int(((hashes[Int(rows[index])] >> 32) &* blockCount) >> 32) * Self.blockLength
        seen |= bytes.load(block, as: UInt64.self)
      }
      for index in next..<end where mayContain(hashes[Int(rows[index])]) { kept.append(rows[index]) }
      next = end
    }
    // An empty filter holds nothing; and so the first looks are not idle.
    return seen == 0 && !kept.isEmpty ? rows.filter { mayContain(hashes[Int($0)]) } : kept
  }

  @inline(__always)
  private static func masks(_ hash: UInt64) -> SIMD8<UInt32> {
    let salt = SIMD8<UInt32>(
      0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31)
    let shifts = (SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: hash)) &* salt) &>> 27
    return SIMD8<UInt32>(repeating: 1) &<< shifts
  }
}
