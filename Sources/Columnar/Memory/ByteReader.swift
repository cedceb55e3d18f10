/// A cursor over bytes that throws, naming the offset, where they end early or make no sense.
@usableFromInline
package struct ByteReader: Sendable {
  @usableFromInline package let bytes: Bytes
  @usableFromInline package var offset: Int

  @inlinable
  package init(_ bytes: Bytes, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  @inlinable
  package var remaining: Int { bytes.count - offset }

  @inlinable
  package mutating func read<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, _ what: StaticString
  ) throws(FormatError) -> T {
    try need(MemoryLayout<T>.size, what)
    defer { offset += MemoryLayout<T>.size }
    return bytes.load(offset, as: T.self)
  }

  @inlinable
  package mutating func readVarint(_ what: StaticString) throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    let start = offset
    while true {
      try need(1, what)
      let byte = bytes[offset]
      offset += 1
      if shift == 63 && byte > 1 { throw FormatError(offset: start, "\(what): integer above 64 bits") }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  /// A varint that counts things, at most `limit` of them.
  @inlinable
  package mutating func readCount(_ what: StaticString, limit: Int) throws(FormatError) -> Int {
    let start = offset
    let value = try readVarint(what)
    guard value <= UInt64(limit) else {
      throw FormatError(offset: start, "\(what): \(value) is above the limit of \(limit)")
    }
    return Int(value)
  }

  @inlinable
  package mutating func readSignedVarint(_ what: StaticString) throws(FormatError) -> Int64 {
    let raw = try readVarint(what)
    return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
  }

  @inlinable
  package mutating func readBytes(_ length: Int, _ what: StaticString) throws(FormatError) -> Bytes {
    try need(length, what)
    defer { offset += length }
    return bytes.slice(offset, length)
  }

  /// A varint length and that many bytes.
  @inlinable
  package mutating func readString(_ what: StaticString, limit: Int = 1 << 24) throws(FormatError) -> Bytes {
    let length = try readCount(what, limit: limit)
    return try readBytes(length, what)
  }

  package mutating func readText(_ what: StaticString, limit: Int = 1 << 24) throws(FormatError) -> String {
    let start = offset
    let raw = try readString(what, limit: limit)
    guard let text = String(validating: raw.array, as: UTF8.self) else {
      throw FormatError(offset: start, "\(what): not valid UTF-8")
    }
    return text
  }

  /// Checks that nothing is left.
  package func expectEnd(_ what: StaticString) throws(FormatError) {
    guard remaining == 0 else { throw FormatError(offset: offset, "\(what): \(remaining) bytes too many") }
  }

  @inlinable
  package func need(_ length: Int, _ what: StaticString) throws(FormatError) {
    guard length >= 0, length <= remaining else {
      throw FormatError(offset: offset, "\(what): needs \(length) bytes, \(remaining) are left")
    }
  }
}
