import CZstd
import Columnar
import Synchronization

/// Compresses pages one after another in the same working memory: at the higher levels of Zstandard a new one for every
/// page, or for every small file, would cost as much as what is compressed.
///
/// One of the few owners of unsafe code: the context never leaves it, and whoever uses it holds the lock.
@safe
final class PageCompressor: @unchecked Sendable {
  // Unchecked because of the pointer, which only this class knows, and which is used under the lock.
  private let codec: ParquetCodec
  private let context: OpaquePointer?
  private let lock = Mutex(())

  init(_ codec: ParquetCodec) {
    self.codec = codec
    unsafe context = codec == .zstd ? ZSTD_createCCtx() : nil
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  /// The compressed form, whether it is smaller or not. Where the bytes are streams of `stream` bytes each, every stream
  /// begins a block of Zstandard, which has one table for it and not for parts of two.
  func compress(_ raw: [UInt8], _ effort: CompressionEffort, stream: Int? = nil) -> [UInt8] {
    guard let context = unsafe context else { return codec.compress(raw, level: 1) }
    return lock.withLock { _ in
      unsafe prepare(effort, context)
      if let stream, stream > 0, stream < raw.count { return unsafe compress(raw, stream, context) }
      return unsafe compress(raw[...], context)
    }
  }

  /// The compressed form of streams of one length, each with its own effort; nil where no frame can be made of them.
  func compress(_ raw: [UInt8], _ efforts: [CompressionEffort]) -> [UInt8]? {
    guard let context = unsafe context, !raw.isEmpty, raw.count.isMultiple(of: efforts.count) else { return nil }
    let length = raw.count / efforts.count
    var frame = StreamFrame(contentSize: raw.count)
    let isJoined = lock.withLock { _ in
      for (index, effort) in efforts.enumerated() {
        let stream = raw[index * length..<(index + 1) * length]
        if let first = stream.first, stream.allSatisfy({ $0 == first }) {
          frame.append(first, count: length)
        } else if effort == .stored {
          frame.append(stored: stream)
        } else {
          unsafe prepare(effort, context)
          if !frame.append(blocksOf: unsafe compress(stream, context)) { return false }
        }
      }
      return true
    }
    guard isJoined else { return nil }
    frame.finish()
    guard let unpacked = try? ParquetCodec.zstd.decompress(Bytes(frame.bytes), rawLength: raw.count),
      unpacked == Bytes(raw)
    else { return nil }
    return frame.bytes
  }

  @unsafe
  private func prepare(_ effort: CompressionEffort, _ context: OpaquePointer) {
    unsafe ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
    switch effort {
    case .stored: preconditionFailure("nothing to compress")
    case .level(let level): unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    case .symbols:
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 7)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 6)
    case .halves:
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 4)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 18)
    case .texts:
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 7)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 22)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_strategy, Int32(ZSTD_lazy2.rawValue))
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 6)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_searchLog, 6)
    case .thorough:
      // In some sixteen MiB of memory, where the highest level takes more the more there is to compress.
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 19)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 22)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 20)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_chainLog, 21)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_searchLog, 9)
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, 5)
    }
  }

  @unsafe
  private func compress(_ raw: ArraySlice<UInt8>, _ context: OpaquePointer) -> [UInt8] {
    let bound = ZSTD_compressBound(raw.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      count = unsafe raw.withUnsafeBytes { source in
        unsafe ZSTD_compress2(context, target.baseAddress, bound, source.baseAddress, source.count)
      }
      precondition(count > 0 && count <= bound, "the compressor refused to work within its own bound")
    }
  }

  /// What the end of a block takes at the most, and a frame at its beginning.
  private static let blockOverhead = 32

  @unsafe
  private func compress(_ raw: [UInt8], _ stream: Int, _ context: OpaquePointer) -> [UInt8] {
    unsafe ZSTD_CCtx_setPledgedSrcSize(context, UInt64(raw.count))
    let bound = ZSTD_compressBound(raw.count) + (raw.count / stream + 2) * Self.blockOverhead
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      count = unsafe raw.withUnsafeBytes { source in
        var output = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: bound, pos: 0)
        var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: 0, pos: 0)
        while unsafe input.size < source.count {
          unsafe input.size = min(input.size + stream, source.count)
          let directive = unsafe input.size == source.count ? ZSTD_e_end : ZSTD_e_flush
          var left: Int
          repeat {
            left = unsafe ZSTD_compressStream2(context, &output, &input, directive)
            precondition(ZSTD_isError(left) == 0, "the compressor refused to work within its own bound")
          } while left > 0
        }
        return unsafe output.pos
      }
    }
  }
}
