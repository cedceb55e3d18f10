/// Turns a stream of compressed bytes into the bytes that were compressed.
protocol Decompressor: AnyObject {
  /// Decompresses a part of the stream, whole or in any pieces, and appends what comes out.
  ///
  /// - Throws: `DecompressionError` where the stream is damaged.
  func decompress(_ input: [UInt8], into output: inout [UInt8]) throws(DecompressionError)

  /// Says that the stream has ended.
  ///
  /// - Throws: `DecompressionError` where it ended too early.
  func finish() throws(DecompressionError)
}

/// Why a compressed stream cannot be read; the text completes "the file …".
struct DecompressionError: Error, Equatable {
  let reason: String
}
