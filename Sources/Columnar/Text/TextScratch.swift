/// Memory into which parsers write decoded text, behind a bound that is checked on every write.
///
/// One of the few owners of unsafe code. Whoever makes it knows the longest input and gives room enough, so the bound
/// is a guard and never a reason to grow. Like `PaddedInput`, it lives only inside the call that borrows the memory.
@safe
public struct TextScratch {
  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let capacity: Int
  /// The number of bytes written.
  public var count = 0

  /// Takes memory of `capacity` bytes; the last `PaddedInput.padding` of them stay free.
  @unsafe
  package init(base: UnsafeMutableRawPointer, capacity: Int) {
    unsafe self.base = base
    self.capacity = capacity - PaddedInput.padding
  }

  @inlinable
  public mutating func append(_ byte: UInt8) {
    precondition(count < capacity, "scratch is full")
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inlinable
  public mutating func append(_ source: PaddedInput, _ offset: Int, _ length: Int) {
    precondition(length >= 0 && count &+ length <= capacity, "scratch is full")
    if length <= 8 {
      unsafe base.storeBytes(of: source.word(offset).littleEndian, toByteOffset: count, as: UInt64.self)
    } else {
      unsafe (base + count).copyMemory(from: source.buffer(offset, length).baseAddress!, byteCount: length)
    }
    count &+= length
  }

  /// Copies the characters of a JSON string from `start` to where `PaddedInput.stringStop` would stop, and returns that
  /// place. Looking and copying go together, a word at a time.
  @inlinable @inline(__always)
  public mutating func appendCharacters(_ source: PaddedInput, from start: Int, sawHigh: inout Bool) -> Int {
    var offset = start
    var target = count
    var seen: UInt64 = 0
    while true {
      let bytes = source.word(offset)
      precondition(target < capacity, "scratch is full")
      unsafe base.storeBytes(of: bytes.littleEndian, toByteOffset: target, as: UInt64.self)
      seen |= bytes
      let stops =
        zeroBytes(bytes ^ 0x2222_2222_2222_2222) | zeroBytes(bytes ^ 0x5C5C_5C5C_5C5C_5C5C)
        | (bytes &- 0x2020_2020_2020_2020) & ~bytes
      let marked = stops & 0x8080_8080_8080_8080
      if marked != 0 {
        if seen & 0x8080_8080_8080_8080 != 0 { sawHigh = true }
        let copied = marked.trailingZeroBitCount >> 3
        count = target &+ copied
        return offset &+ copied
      }
      offset &+= 8
      target &+= 8
    }
  }

  package mutating func append(contentsOf bytes: [UInt8]) {
    for byte in bytes { append(byte) }
  }

  /// Repeats bytes that were already written.
  @inlinable
  public mutating func appendWritten(_ offset: Int, _ length: Int) {
    precondition(offset >= 0 && length >= 0 && offset &+ length <= count && count &+ length <= capacity)
    unsafe (base + count).copyMemory(from: base + offset, byteCount: length)
    count &+= length
  }

  /// Moves the bytes from `offset` on down to `target`, which ends the text there.
  @inlinable
  public mutating func moveTail(from offset: Int, to target: Int) {
    precondition(target >= 0 && target <= offset && offset <= count, "range out of bounds")
    let length = count &- offset
    unsafe (base + target).copyMemory(from: base + offset, byteCount: length)
    count = target &+ length
  }

  @inlinable
  public subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count, "scratch offset out of bounds")
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// Eight bytes that were written, the first in the lowest place.
  @inlinable
  public func word(_ offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset &+ 8 <= count, "scratch offset out of bounds")
    return unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// What was written, for looking at parts of it; nothing is put behind it.
  package var view: PaddedInput { unsafe PaddedInput(base: UnsafeRawPointer(base), count: count) }

  /// What was written, for reading; a line feed is put behind it.
  @inlinable
  public var written: PaddedInput {
    unsafe base.storeBytes(of: UInt8(ascii: "\n"), toByteOffset: count, as: UInt8.self)
    return unsafe PaddedInput(base: UnsafeRawPointer(base), count: count)
  }
}
