import Columnar

/// A split-block Bloom filter of the values of a column chunk: what it does not hold is not there.
///
/// Source: BloomFilter.md of https://github.com/apache/parquet-format
package struct BloomFilter: Sendable {
  private static let salt: [UInt32] = [
    0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31,
  ]
  /// Bytes of the largest filter.
  private static let largest = 128 << 20

  /// Blocks of eight words of 32 bits.
  private var words: [UInt32]

  /// Room for `count` values, of which about one in a hundred that are not there seems to be.
  package init(valueCount count: Int) {
    // Ten and a half bits a value. Readers of others want a power of two.
    var bytes = 32
    while bytes < Self.largest, bytes * 8 < count * 10 + count / 2 { bytes *= 2 }
    words = [UInt32](repeating: 0, count: bytes / 4)
  }

  init(_ file: Bytes, at offset: Int) throws(FormatError) {
    var reader = CompactReader(file, at: offset)
    var byteCount = 0
    try reader.structure { (reader, field) throws(FormatError) in
      switch field.id {
      case 1: byteCount = try reader.count(field)
      case 2...4:
        var kind: Int16 = 0
        try reader.structure(field) { (reader, field) throws(FormatError) in
          kind = field.id
          try reader.skip(field)
        }
        guard kind == 1 else { throw FormatError(offset: offset, "unsupported: this kind of Bloom filter") }
      default: try reader.skip(field)
      }
    }
    guard byteCount > 0, byteCount % 32 == 0, byteCount <= Self.largest, byteCount <= file.count - reader.offset else {
      throw FormatError(offset: offset, "a Bloom filter of \(byteCount) bytes")
    }
    words = []
    words.reserveCapacity(byteCount / 4)
    for index in 0..<byteCount / 4 { words.append(file.load(reader.offset + 4 * index, as: UInt32.self)) }
  }

  var bytes: [UInt8] {
    var bytes = CompactWriter.bytes { writer in
      writer.int(1, Int32(words.count * 4))
      for id in 2...4 as ClosedRange<Int16> { writer.structure(id) { $0.structure(1) } }
    }
    bytes.reserveCapacity(bytes.count + words.count * 4)
    for word in words { unsafe withUnsafeBytes(of: word.littleEndian) { unsafe bytes.append(contentsOf: $0) } }
    return bytes
  }

  /// The hash of a value in the plain encoding, without the length of byte arrays.
  package static func hash(_ value: [UInt8]) -> UInt64 { XXH64.hash(value) }

  package mutating func insert(_ hash: UInt64) {
    let block = block(hash)
    for word in 0..<8 { words[block + word] |= Self.bit(hash, word) }
  }

  /// False where the value is certainly not there.
  package func mayContain(_ hash: UInt64) -> Bool {
    let block = block(hash)
    for word in 0..<8 where words[block + word] & Self.bit(hash, word) == 0 { return false }
    return true
  }

  package func mayContain(_ value: [UInt8]) -> Bool { mayContain(Self.hash(value)) }

  private func block(_ hash: UInt64) -> Int { Int(((hash >> 32) * UInt64(words.count / 8)) >> 32) * 8 }

  @inline(__always)
  private static func bit(_ hash: UInt64, _ word: Int) -> UInt32 {
    1 << ((UInt32(truncatingIfNeeded: hash) &* salt[word]) >> 27)
  }
}
