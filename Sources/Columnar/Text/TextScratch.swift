/// Memory into which parsers write decoded text, behind a bound that is checked on every write.
///
/// One of the few owners of unsafe code. Whoever makes it knows the longest input and gives room enough, so the bound
/// is a guard and never a reason to grow. Like `PaddedInput`, it lives only inside the call that borrows the memory.
@safe
package struct TextScratch {
  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let capacity: Int
  /// The number of bytes written.
  package var count = 0

  /// Takes memory of `capacity` bytes; the last `PaddedInput.padding` of them stay free.
  @unsafe
  package init(base: UnsafeMutableRawPointer, capacity: Int) {
    unsafe self.base = base
    self.capacity = capacity - PaddedInput.padding
  }

  @inlinable
  package mutating func append(_ byte: UInt8) {
    precondition(count < capacity, "scratch is full")
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  /// Writes sixteen bytes of which `used` count.
  @inlinable @inline(__always)
  package mutating func append(_ block: SIMD16<UInt8>, used: Int) {
    precondition(count &+ used <= capacity, "scratch is full")
    unsafe base.storeBytes(of: block, toByteOffset: count, as: SIMD16<UInt8>.self)
    count &+= used
  }

  @inlinable
  package mutating func append(_ source: PaddedInput, _ offset: Int, _ length: Int) {
    precondition(length >= 0 && count &+ length <= capacity, "scratch is full")
    unsafe (base + count).copyMemory(from: source.buffer(offset, length).baseAddress!, byteCount: length)
    count &+= length
  }

  package mutating func append(contentsOf bytes: [UInt8]) {
    for byte in bytes { append(byte) }
  }

  /// Repeats bytes that were already written.
  @inlinable
  package mutating func appendWritten(_ offset: Int, _ length: Int) {
    precondition(offset >= 0 && length >= 0 && offset &+ length <= count && count &+ length <= capacity)
    unsafe (base + count).copyMemory(from: base + offset, byteCount: length)
    count &+= length
  }

  /// Moves the bytes from `offset` on down to `target`, which ends the text there.
  @inlinable
  package mutating func moveTail(from offset: Int, to target: Int) {
    precondition(target >= 0 && target <= offset && offset <= count, "range out of bounds")
    let length = count &- offset
    unsafe (base + target).copyMemory(from: base + offset, byteCount: length)
    count = target &+ length
  }

  @inlinable
  package subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count, "scratch offset out of bounds")
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// What was written, for reading; a line feed is put behind it.
  @inlinable
  package var written: PaddedInput {
    unsafe base.storeBytes(of: UInt8(ascii: "\n"), toByteOffset: count, as: UInt8.self)
    return unsafe PaddedInput(base: UnsafeRawPointer(base), count: count)
  }
}
