import CLZ4
import CZstd

/// For formats whose pages are compressed one like the other, and into memory of the caller's.
extension Codec {
  /// The compressed form, whether it is smaller or not.
  package func compressed(_ raw: [UInt8], level: Int32 = 3) -> [UInt8] {
    let bound: Int
    switch self {
    case .none: return raw
    case .lz4: bound = Int(LZ4_compressBound(Int32(raw.count)))
    case .zstd: bound = ZSTD_compressBound(raw.count)
    }
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      count = unsafe raw.withUnsafeBytes { source in
        if self == .lz4 {
          return unsafe Int(
            LZ4_compress_default(source.baseAddress, target.baseAddress, Int32(source.count), Int32(bound)))
        }
        return unsafe ZSTD_compress(target.baseAddress, bound, source.baseAddress, source.count, level)
      }
      precondition(count > 0 && count <= bound, "the compressor refused to work within its own bound")
    }
  }

  /// Fills `target` with what the bytes decompress to; false where that is not exactly so much.
  @unsafe
  package func decompress(_ stored: Bytes, into target: UnsafeMutableRawBufferPointer) -> Bool {
    unsafe stored.withUnsafeBytes { source in
      switch self {
      case .none:
        guard source.count == target.count else { return false }
        unsafe target.copyMemory(from: source)
        return true
      case .lz4:
        guard source.count <= Int(Int32.max), target.count <= Int(Int32.max) else { return false }
        let produced = unsafe LZ4_decompress_safe(
          source.baseAddress, target.baseAddress, Int32(source.count), Int32(target.count))
        return Int(produced) == target.count
      case .zstd:
        let code = unsafe ZSTD_decompress(target.baseAddress, target.count, source.baseAddress, source.count)
        return ZSTD_isError(code) == 0 && code == target.count
      }
    }
  }
}
