import CZstd

/// Compresses pages one after another in the same working memory: a new one for every page costs about as much as a page of
/// packed numbers. The bytes are those of `Codec.compress`.
///
/// An owner of unsafe code: the context never leaves it. It belongs to one task at a time.
@safe
package final class ZstdCompressor {
  /// Made for the first page.
  private var context: OpaquePointer?

  package init() {}

  deinit { unsafe ZSTD_freeCCtx(context) }

  /// Fills `target` with a frame; its length, or 0 where it does not fit.
  @unsafe
  func compress(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<UInt8>, level: Int32
  ) -> Int {
    if unsafe context == nil { unsafe context = ZSTD_createCCtx() }
    // Where there is no memory for it, the page stays as it is.
    guard let context = unsafe context else { return 0 }
    let size = unsafe ZSTD_compressCCtx(
      context, target.baseAddress, target.count, source.baseAddress, source.count, level)
    return ZSTD_isError(size) != 0 ? 0 : size
  }
}
