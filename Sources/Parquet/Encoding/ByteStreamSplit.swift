import Columnar

/// The first bytes of all values, then their second bytes, and so on.
///
/// Source: Encodings.md, "Byte Stream Split".
enum ByteStreamSplit {
  /// Appends values of `width` bytes that lie end to end, from byte `start` on.
  static func append(_ plain: [UInt8], from start: Int, width: Int, to output: inout [UInt8]) {
    let count = (plain.count - start) / width
    let base = output.count
    output.append(contentsOf: repeatElement(0, count: count * width))
    unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe plain.withUnsafeBufferPointer { source in
        for place in 0..<width {
          let stream = base + place * count
          for index in 0..<count { unsafe target[stream &+ index] = source[start &+ index &* width &+ place] }
        }
      }
    }
  }

  /// The values end to end; the caller checked their length.
  static func decode(_ bytes: Bytes, from start: Int, width: Int) -> [UInt8] {
    let count = (bytes.count - start) / width
    return unsafe [UInt8](unsafeUninitializedCapacity: count * width) { target, filled in
      unsafe bytes.withUnsafeBytes { source in
        for place in 0..<width {
          let stream = start + place * count
          for index in 0..<count { unsafe target[index &* width &+ place] = source[stream &+ index] }
        }
      }
      filled = count * width
    }
  }
}
