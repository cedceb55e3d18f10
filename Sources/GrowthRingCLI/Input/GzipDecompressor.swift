import CZlib

/// Reads gzip (RFC 1952), also of several members.
///
/// One of the few owners of unsafe code: zlib's state, whose address must not change, and its pointers into the buffers.
@safe
final class GzipDecompressor: Decompressor {
  private static let step = 256 << 10

  private let stream: UnsafeMutablePointer<z_stream>
  /// Within a member, whose end must come.
  private var isOpen = false
  /// Behind a member only zeros are left: padding of tapes and blocks.
  private var isPadding = false

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 16 more than the window's bits asks for gzip.
    let result = unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(result == Z_OK, "out of memory")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  func decompress(_ input: [UInt8], into output: inout [UInt8]) throws(DecompressionError) {
    var consumed = 0
    while consumed < input.count {
      if !isOpen {
        if isPadding || input[consumed] == 0 {
          isPadding = true
          guard input[consumed...].allSatisfy({ $0 == 0 }) else {
            throw DecompressionError(reason: "has other bytes behind its end")
          }
          return
        }
        isOpen = true
      }
      var result = Z_OK
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: Self.step) { target, filled in
        unsafe input.withUnsafeBufferPointer { source in
          guard let base = source.baseAddress else { return }
          unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: base + consumed)
          unsafe stream.pointee.avail_in = UInt32(source.count - consumed)
          unsafe stream.pointee.next_out = target.baseAddress
          unsafe stream.pointee.avail_out = UInt32(Self.step)
          result = unsafe inflate(stream, Z_NO_FLUSH)
          consumed = unsafe source.count - Int(stream.pointee.avail_in)
          filled = unsafe Self.step - Int(stream.pointee.avail_out)
          unsafe stream.pointee.next_in = nil
          unsafe stream.pointee.next_out = nil
        }
      }
      output.append(contentsOf: piece)
      switch result {
      case Z_STREAM_END:
        isOpen = false
        unsafe inflateReset(stream)
      case Z_OK: break
      case Z_BUF_ERROR where piece.count < Self.step: break
      default: throw DecompressionError(reason: "is damaged: \(message)")
      }
    }
    try drain(into: &output)
  }

  /// Hands out what zlib holds although it has taken in everything.
  private func drain(into output: inout [UInt8]) throws(DecompressionError) {
    while isOpen {
      var result = Z_OK
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: Self.step) { target, filled in
        unsafe stream.pointee.avail_in = 0
        unsafe stream.pointee.next_out = target.baseAddress
        unsafe stream.pointee.avail_out = UInt32(Self.step)
        result = unsafe inflate(stream, Z_NO_FLUSH)
        filled = unsafe Self.step - Int(stream.pointee.avail_out)
        unsafe stream.pointee.next_out = nil
      }
      output.append(contentsOf: piece)
      switch result {
      case Z_STREAM_END:
        isOpen = false
        unsafe inflateReset(stream)
      case Z_OK, Z_BUF_ERROR: break
      default: throw DecompressionError(reason: "is damaged: \(message)")
      }
      if piece.count < Self.step { return }
    }
  }

  func finish() throws(DecompressionError) {
    if isOpen { throw DecompressionError(reason: "is truncated: its gzip stream has no end") }
  }

  private var message: String {
    guard let text = unsafe stream.pointee.msg else { return "not a gzip stream" }
    return unsafe String(cString: text)
  }
}
