import CLZ4
import CZstd

/// A codec knows bytes and nothing of values. The raw values stand in files.
///
/// Sources: LZ4 block format, https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md; Zstandard frames, RFC 8878.
package enum Codec: UInt8, Sendable, CaseIterable {
  case none = 0
  /// One LZ4 block without a frame: the raw length stands beside it.
  case lz4 = 1
  /// One Zstandard frame.
  case zstd = 2

  /// Compresses, or returns nil where that saves less than one part in sixteen. `zstd` has the memory for many pages.
  package func compress(_ raw: [UInt8], level: Int32 = 3, zstd: ZstdCompressor = ZstdCompressor()) -> [UInt8]? {
    guard self != .none, raw.count >= 32 else { return nil }
    let limit = raw.count - raw.count / 16
    let written: Int
    let packed = unsafe [UInt8](unsafeUninitializedCapacity: limit) { target, count in
      let size: Int = unsafe raw.withUnsafeBytes { source in
        switch self {
        case .none: return 0
        case .lz4:
          return unsafe Int(
            LZ4_compress_default(source.baseAddress, target.baseAddress, Int32(source.count), Int32(limit)))
        case .zstd:
          let room = unsafe UnsafeMutableBufferPointer(rebasing: target[..<limit])
          return unsafe zstd.compress(source, into: room, level: level)
        }
      }
      count = size
    }
    written = packed.count
    return written > 0 ? packed : nil
  }

  /// Decompresses to exactly `rawLength` bytes.
  package func decompress(_ stored: Bytes, rawLength: Int) throws(FormatError) -> Bytes {
    switch self {
    case .none:
      guard stored.count == rawLength else {
        throw FormatError(offset: 0, "stored length \(stored.count) is not the raw length \(rawLength)")
      }
      return stored
    case .lz4, .zstd:
      guard rawLength >= 0, rawLength <= Codec.largestRawLength else {
        throw FormatError(offset: 0, "raw length \(rawLength) is above the limit of \(Codec.largestRawLength)")
      }
      var produced = 0
      let raw = unsafe [UInt8](unsafeUninitializedCapacity: rawLength) { target, count in
        produced = unsafe stored.withUnsafeBytes { source in
          if self == .lz4 {
            guard source.count <= Int(Int32.max) else { return -1 }
            return unsafe Int(
              LZ4_decompress_safe(source.baseAddress, target.baseAddress, Int32(source.count), Int32(rawLength)))
          }
          let code = unsafe ZSTD_decompress(target.baseAddress, rawLength, source.baseAddress, source.count)
          return ZSTD_isError(code) != 0 ? -1 : code
        }
        count = max(0, min(produced, rawLength))
      }
      guard produced == rawLength else {
        throw FormatError(offset: 0, "\(self) data does not decompress to \(rawLength) bytes")
      }
      return Bytes(raw)
    }
  }

  /// No page, section or block is larger than this before compression.
  package static let largestRawLength = 1 << 30
}
