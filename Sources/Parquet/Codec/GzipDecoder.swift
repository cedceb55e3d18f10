import CZlib
import Columnar

/// Decompresses gzip (RFC 1952) of one or several members, and zlib streams (RFC 1950), which some writers put there.
enum GzipDecoder {
  /// False where the bytes do not decompress to exactly the target's length.
  @unsafe
  static func decode(_ stored: Bytes, into target: UnsafeMutableRawBufferPointer) -> Bool {
    guard stored.count <= Int(Int32.max), target.count <= Int(Int32.max), let base = target.baseAddress else {
      return false
    }
    return unsafe stored.withUnsafeBytes { source in
      guard let from = source.baseAddress else { return false }
      var consumed = 0
      var produced = 0
      while consumed < source.count {
        var stream = unsafe z_stream()
        // 32 more than the window's bits lets the header tell gzip from zlib.
        guard unsafe inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
          return false
        }
        unsafe stream.next_in = UnsafeMutablePointer(
          mutating: (from + consumed).assumingMemoryBound(to: UInt8.self))
        unsafe stream.avail_in = UInt32(source.count - consumed)
        unsafe stream.next_out = (base + produced).assumingMemoryBound(to: UInt8.self)
        unsafe stream.avail_out = UInt32(target.count - produced)
        let result = unsafe inflate(&stream, Z_FINISH)
        unsafe consumed = source.count - Int(stream.avail_in)
        unsafe produced = target.count - Int(stream.avail_out)
        unsafe inflateEnd(&stream)
        guard result == Z_STREAM_END else { return false }
      }
      return produced == target.count
    }
  }
}
