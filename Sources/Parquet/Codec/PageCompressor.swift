import CZstd
import Columnar

/// Compresses pages one after another in the same working memory: at the higher levels of Zstandard a new one for every
/// page would cost as much as the page.
///
/// One of the few owners of unsafe code: the context never leaves it. One thread at a time uses it.
@safe
final class PageCompressor {
  private let codec: ParquetCodec
  private let context: OpaquePointer?

  init(_ codec: ParquetCodec) {
    self.codec = codec
    unsafe context = codec == .zstd ? ZSTD_createCCtx() : nil
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  /// The compressed form, whether it is smaller or not.
  func compress(_ raw: [UInt8], level: Int32) -> [UInt8] {
    guard let context = unsafe context else { return codec.compress(raw, level: level) }
    let bound = ZSTD_compressBound(raw.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      count = unsafe raw.withUnsafeBytes { source in
        unsafe ZSTD_compressCCtx(context, target.baseAddress, bound, source.baseAddress, source.count, level)
      }
      precondition(count > 0 && count <= bound, "the compressor refused to work within its own bound")
    }
  }
}
