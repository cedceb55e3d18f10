/// Appends little-endian integers, variable-length integers and byte strings to an array.
@usableFromInline
package struct ByteWriter: Sendable {
  @usableFromInline package var bytes: [UInt8]

  @inlinable
  package init(capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  @inlinable
  package var count: Int { bytes.count }

  @inlinable
  package mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  @inlinable
  package mutating func append(_ source: [UInt8]) { bytes.append(contentsOf: source) }

  @inlinable
  package mutating func append(_ source: Bytes) {
    unsafe source.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  /// Words whose bytes stand in the order of the file.
  package mutating func append(littleEndian words: [UInt64]) {
    unsafe words.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  package mutating func append(zeros: Int) { bytes.append(contentsOf: repeatElement(0, count: zeros)) }

  /// An unsigned LEB128 integer: seven bits a byte, the lowest first.
  @inlinable
  package mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  @inlinable
  package mutating func appendVarint(_ value: Int) { appendVarint(UInt64(value)) }

  /// A signed integer, zigzag-mapped so that small magnitudes stay short.
  @inlinable
  package mutating func appendSignedVarint(_ value: Int64) {
    appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// A varint length and the bytes.
  @inlinable
  package mutating func appendString(_ source: [UInt8]) {
    appendVarint(source.count)
    bytes.append(contentsOf: source)
  }

  package mutating func appendText(_ text: String) { appendString(Array(text.utf8)) }

  /// Overwrites bytes already written, for lengths and checksums known only afterwards.
  package mutating func overwrite<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, _ value: T) {
    for index in 0..<MemoryLayout<T>.size {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> T(8 * index))
    }
  }
}
