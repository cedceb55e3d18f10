import Columnar

/// Decompresses Snappy blocks.
///
/// A block is its length as a varint, then literals and copies: the two lowest bits of a tag tell which. Source: the format
/// description, https://github.com/google/snappy/blob/main/format_description.txt
enum SnappyDecoder {
  /// False where the bytes are no block of exactly the target's length.
  @unsafe
  static func decode(_ stored: Bytes, into target: UnsafeMutableRawBufferPointer) -> Bool {
    guard let base = target.baseAddress else { return false }
    return unsafe stored.withUnsafeBytes { source in
      var position = 0
      var length: UInt64 = 0
      var shift: UInt64 = 0
      while true {
        guard position < source.count, shift < 35 else { return false }
        let byte = unsafe source[position]
        position += 1
        length |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { break }
        shift += 7
      }
      guard length == UInt64(target.count) else { return false }
      var written = 0
      while position < source.count {
        let tag = unsafe Int(source[position])
        position += 1
        if tag & 3 == 0 {
          var count = tag >> 2
          if count >= 60 {
            let extra = count - 59
            guard extra <= source.count - position else { return false }
            count = 0
            for index in 0..<extra { unsafe count |= Int(source[position + index]) << (8 * index) }
            position += extra
          }
          count += 1
          guard count <= source.count - position, count <= target.count - written else { return false }
          guard let from = source.baseAddress else { return false }
          unsafe (base + written).copyMemory(from: from + position, byteCount: count)
          position += count
          written += count
          continue
        }
        var count = 0
        var offset = 0
        switch tag & 3 {
        case 1:
          guard position < source.count else { return false }
          count = 4 + (tag >> 2 & 7)
          unsafe offset = (tag >> 5) << 8 | Int(source[position])
          position += 1
        case 2:
          guard source.count - position >= 2 else { return false }
          count = 1 + tag >> 2
          unsafe offset = Int(source[position]) | Int(source[position + 1]) << 8
          position += 2
        default:
          guard source.count - position >= 4 else { return false }
          count = 1 + tag >> 2
          for index in 0..<4 { unsafe offset |= Int(source[position + index]) << (8 * index) }
          position += 4
        }
        guard offset > 0, offset <= written, count <= target.count - written else { return false }
        let from = unsafe base + written - offset
        let to = unsafe base + written
        if offset >= count {
          unsafe to.copyMemory(from: from, byteCount: count)
        } else {
          // The copy repeats what it has just written.
          for index in 0..<count {
            unsafe to.storeBytes(
              of: from.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index, as: UInt8.self)
          }
        }
        written += count
      }
      return written == target.count
    }
  }
}
