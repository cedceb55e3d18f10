import CZstd

/// What many small texts have in common, for Zstandard to begin with: each is then compressed as if it came after it.
///
/// An owner of unsafe code: the tables of the library that are made of the bytes once. They do not change afterwards, so any
/// thread may use them.
@safe
package final class ZstdDictionary: @unchecked Sendable {
  // Unchecked because of the pointers, which only this class knows, and whose targets do not change.
  package let bytes: [UInt8]
  private let level: Int32
  private let encoding: OpaquePointer
  private let decoding: OpaquePointer

  /// Lengths that a dictionary may have.
  package static let lengths = 8...(1 << 20)

  /// A dictionary as it stands in a file; nil where the library does not take it.
  package init?(_ bytes: [UInt8], level: Int32 = 3) {
    guard Self.lengths.contains(bytes.count) else { return nil }
    let encoding = unsafe bytes.withUnsafeBytes { unsafe ZSTD_createCDict($0.baseAddress, $0.count, level) }
    let decoding = unsafe bytes.withUnsafeBytes { unsafe ZSTD_createDDict($0.baseAddress, $0.count) }
    guard let encoding = unsafe encoding, let decoding = unsafe decoding else {
      if let encoding = unsafe encoding { unsafe ZSTD_freeCDict(encoding) }
      if let decoding = unsafe decoding { unsafe ZSTD_freeDDict(decoding) }
      return nil
    }
    self.bytes = bytes
    self.level = level
    unsafe self.encoding = encoding
    unsafe self.decoding = decoding
  }

  /// A dictionary of at most `length` bytes for texts like the samples, which stand end to end; nil where they have too little
  /// in common, or are too few.
  package static func train(_ samples: [UInt8], lengths: [Int], length: Int, level: Int32) -> ZstdDictionary? {
    guard lengths.count >= 8, length >= 256 else { return nil }
    let trained = unsafe [UInt8](unsafeUninitializedCapacity: length) { target, count in
      let size = unsafe samples.withUnsafeBytes { source in
        unsafe lengths.withUnsafeBufferPointer { sizes in
          unsafe ZDICT_trainFromBuffer(
            target.baseAddress, length, source.baseAddress,
            UnsafeRawPointer(sizes.baseAddress!)
              .assumingMemoryBound(to: Int.self), UInt32(sizes.count))
        }
      }
      count = ZDICT_isError(size) != 0 ? 0 : size
    }
    return trained.isEmpty ? nil : ZstdDictionary(trained, level: level)
  }

  deinit {
    unsafe ZSTD_freeCDict(encoding)
    unsafe ZSTD_freeDDict(decoding)
  }

  /// The compressed form, or nil where that saves less than one part in sixteen.
  package func compress(_ raw: [UInt8]) -> [UInt8]? {
    guard raw.count >= 32, let context = unsafe ZSTD_createCCtx() else { return nil }
    defer { unsafe ZSTD_freeCCtx(context) }
    let limit = raw.count - raw.count / 16
    let packed = unsafe [UInt8](unsafeUninitializedCapacity: limit) { target, count in
      let size = unsafe raw.withUnsafeBytes { source in
        unsafe ZSTD_compress_usingCDict(
          context, target.baseAddress, limit, source.baseAddress, source.count, encoding)
      }
      count = ZSTD_isError(size) != 0 ? 0 : size
    }
    return packed.isEmpty ? nil : packed
  }

  /// Decompresses to exactly `rawLength` bytes.
  package func decompress(_ stored: Bytes, rawLength: Int) throws(FormatError) -> Bytes {
    guard rawLength >= 0, rawLength <= Codec.largestRawLength, let context = unsafe ZSTD_createDCtx() else {
      throw FormatError(offset: 0, "raw length \(rawLength) is above the limit of \(Codec.largestRawLength)")
    }
    defer { unsafe ZSTD_freeDCtx(context) }
    var produced = 0
    let raw = unsafe [UInt8](unsafeUninitializedCapacity: rawLength) { target, count in
      produced = unsafe stored.withUnsafeBytes { source in
        let code = unsafe ZSTD_decompress_usingDDict(
          context, target.baseAddress, rawLength, source.baseAddress, source.count, decoding)
        return ZSTD_isError(code) != 0 ? -1 : code
      }
      count = max(0, min(produced, rawLength))
    }
    guard produced == rawLength else {
      throw FormatError(offset: 0, "zstd data with a dictionary does not decompress to \(rawLength) bytes")
    }
    return Bytes(raw)
  }
}
