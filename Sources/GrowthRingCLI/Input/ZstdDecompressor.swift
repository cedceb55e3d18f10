import CZstd

/// Reads Zstandard (RFC 8878), also of several frames.
///
/// One of the few owners of unsafe code: the library's state and its pointers into the buffers.
@safe
final class ZstdDecompressor: Decompressor {
  private static let step = 256 << 10

  private let stream: OpaquePointer
  /// Within a frame, whose end must come.
  private var isOpen = false

  init() {
    guard let stream = unsafe ZSTD_createDStream() else { preconditionFailure("out of memory") }
    unsafe self.stream = stream
  }

  deinit { unsafe _ = ZSTD_freeDStream(stream) }

  func decompress(_ input: [UInt8], into output: inout [UInt8]) throws(DecompressionError) {
    var consumed = 0
    var mayHoldMore = true
    while consumed < input.count || mayHoldMore {
      var result = 0
      let before = consumed
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: Self.step) { target, filled in
        unsafe input.withUnsafeBytes { source in
          var from = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: consumed)
          var to = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: Self.step, pos: 0)
          result = unsafe ZSTD_decompressStream(stream, &to, &from)
          consumed = unsafe from.pos
          filled = unsafe to.pos
        }
      }
      output.append(contentsOf: piece)
      if ZSTD_isError(result) != 0 {
        throw DecompressionError(reason: unsafe "is damaged: \(String(cString: ZSTD_getErrorName(result)))")
      }
      // Zero is the end of a frame; asked again with nothing to give, the library begins the next one.
      if consumed > before || !piece.isEmpty { isOpen = result != 0 }
      mayHoldMore = piece.count == Self.step && isOpen
    }
  }

  func finish() throws(DecompressionError) {
    if isOpen { throw DecompressionError(reason: "is truncated: its zstd frame has no end") }
  }
}
