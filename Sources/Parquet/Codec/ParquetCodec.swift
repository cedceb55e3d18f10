import CZlib
import Columnar

/// How pages are compressed. The raw values stand in files.
///
/// Source: Compression.md of https://github.com/apache/parquet-format
package enum ParquetCodec: Int32, Sendable, CaseIterable {
  case uncompressed = 0
  /// Read only.
  case snappy = 1
  /// Read only.
  case gzip = 2
  case zstd = 6
  /// One LZ4 block without a frame.
  case lz4Raw = 7

  /// - Throws: the name of a codec that this library does not have.
  init(code: Int32) throws(FormatError) {
    guard let known = ParquetCodec(rawValue: code) else {
      let name =
        switch code {
        case 3: "LZO"
        case 4: "BROTLI"
        case 5: "LZ4 with the framing of Hadoop (LZ4_RAW is read)"
        default: "number \(code)"
        }
      throw FormatError(offset: 0, "unsupported: compression \(name)")
    }
    self = known
  }

  func decompress(_ stored: Bytes, rawLength: Int) throws(FormatError) -> Bytes {
    if self == .uncompressed {
      guard stored.count == rawLength else {
        throw FormatError(offset: 0, "\(stored.count) bytes are stored where the header says \(rawLength)")
      }
      return stored
    }
    if rawLength == 0 { return Bytes([]) }
    let buffer = PageBuffer(count: rawLength)
    let isDone: Bool =
      switch self {
      case .uncompressed: true
      case .snappy: unsafe SnappyDecoder.decode(stored, into: buffer.memory)
      case .gzip: unsafe GzipDecoder.decode(stored, into: buffer.memory)
      case .zstd: unsafe Codec.zstd.decompress(stored, into: buffer.memory)
      case .lz4Raw: unsafe Codec.lz4.decompress(stored, into: buffer.memory)
      }
    guard isDone else { throw FormatError(offset: 0, "\(self) data do not decompress to \(rawLength) bytes") }
    return buffer.bytes
  }

  func compress(_ raw: [UInt8], level: Int32) -> [UInt8] {
    switch self {
    case .zstd: Codec.zstd.compressed(raw, level: level)
    case .lz4Raw: Codec.lz4.compressed(raw)
    case .uncompressed, .snappy, .gzip: raw
    }
  }
}

/// The checksum of pages: the CRC-32 of gzip.
enum PageChecksum {
  static func of(_ bytes: Bytes) -> UInt32 {
    unsafe bytes.withUnsafeBytes { source in
      UInt32(
        truncatingIfNeeded: unsafe crc32_z(0, source.baseAddress?.assumingMemoryBound(to: UInt8.self), source.count))
    }
  }

  static func of(_ bytes: [UInt8], continuing checksum: UInt32 = 0) -> UInt32 {
    if bytes.isEmpty { return checksum }
    return unsafe bytes.withUnsafeBufferPointer { source in
      UInt32(truncatingIfNeeded: unsafe crc32_z(UInt(checksum), source.baseAddress, source.count))
    }
  }
}
