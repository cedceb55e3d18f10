import Columnar

/// Values of one width, end to end.
package struct FixedColumn: Hashable, Sendable {
  package let width: Int
  package var bytes: [UInt8]

  package init(width: Int, bytes: [UInt8] = []) {
    precondition(width > 0 && bytes.count % width == 0, "bytes that are no whole values")
    self.width = width
    self.bytes = bytes
  }

  package var count: Int { bytes.count / width }

  package subscript(index: Int) -> [UInt8] { Array(bytes[index * width..<(index + 1) * width]) }

  /// Of values of twelve bytes that are the timestamps of older writers: nanoseconds since 1970, which may leave 64 bits.
  package func nanoseconds(_ index: Int) -> Int128 {
    precondition(width == 12, "no timestamp of twelve bytes")
    var time: UInt64 = 0
    var day: UInt32 = 0
    for place in 0..<8 { time |= UInt64(bytes[index * 12 + place]) << UInt64(8 * place) }
    for place in 0..<4 { day |= UInt32(bytes[index * 12 + 8 + place]) << UInt32(8 * place) }
    // Days are Julian, which begin at noon; by convention this one means the midnight before.
    let epoch: Int128 = 2_440_588
    return (Int128(day) - epoch) * 86_400_000_000_000 + Int128(Int64(bitPattern: time))
  }
}
