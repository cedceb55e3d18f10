/// A read-only range of bytes together with whatever keeps it alive: an array, or a mapped file.
///
/// One of the few owners of unsafe code: the pointer never leaves it, every access is checked against `count`, and the
/// owner lives as long as any slice. Loads are little-endian, as all formats are, and need no alignment.
@safe
@usableFromInline
package struct Bytes: @unchecked Sendable {
  // Unchecked because `AnyObject?` is not Sendable: the owner is only retained, never used, and the bytes never change.
  @usableFromInline let owner: AnyObject?
  @usableFromInline let base: UnsafeRawPointer
  @usableFromInline package let count: Int

  /// Takes bytes that `owner` keeps alive and unchanged.
  @unsafe
  package init(owner: AnyObject, base: UnsafeRawPointer, count: Int) {
    self.owner = owner
    unsafe self.base = base
    self.count = count
  }

  /// Bytes that the caller keeps alive and unchanged for as long as this value and its slices are in use: for keys that
  /// stand on the stack for the time of one call.
  @unsafe
  package init(borrowing buffer: UnsafeRawBufferPointer) {
    owner = nil
    unsafe base = buffer.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    count = buffer.count
  }

  /// The same bytes without their owner, whom the caller keeps for as long as this value and its slices are in use. Copies
  /// cost nothing then: a loop over many keys would count its owner up and down at every one.
  @unsafe
  package var borrowed: Bytes { unsafe Bytes(borrowing: UnsafeRawBufferPointer(start: base, count: count)) }

  @usableFromInline
  init(slicing whole: Bytes, from offset: Int, count: Int) {
    self.owner = whole.owner
    unsafe self.base = whole.base + offset
    self.count = count
  }

  /// Copies an array into memory of its own.
  package init(_ array: [UInt8]) {
    let storage = ByteStorage(array)
    unsafe self.init(owner: storage, base: UnsafeRawPointer(storage.pointer), count: array.count)
  }

  @inlinable
  package var isEmpty: Bool { count == 0 }

  @inlinable
  package subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count, "byte offset out of bounds")
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// A little-endian integer at any offset.
  @inlinable
  package func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
    precondition(offset >= 0 && offset &+ MemoryLayout<T>.size <= count, "load out of bounds")
    return unsafe T(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  @inlinable
  package func slice(_ offset: Int, _ length: Int) -> Bytes {
    precondition(offset >= 0 && length >= 0 && offset <= count - length, "slice out of bounds")
    return Bytes(slicing: self, from: offset, count: length)
  }

  /// The bytes as an array of its own.
  package var array: [UInt8] {
    unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count))
  }

  /// The bytes as a text; what is no UTF-8 is replaced.
  package var text: String {
    unsafe String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
  }

  package func array(_ offset: Int, _ length: Int) -> [UInt8] { slice(offset, length).array }

  /// Calls `body` with the bytes; the pointer must not outlive the call.
  @inlinable @unsafe
  package func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// Bytewise order, the shorter first where one begins the other; negative, zero or positive.
  @inlinable
  package static func compare(_ a: Bytes, _ b: Bytes) -> Int {
    let common = unsafe memoryCompare(a.base, b.base, min(a.count, b.count))
    return common != 0 ? common : a.count - b.count
  }

  package static func == (a: Bytes, b: Bytes) -> Bool { a.count == b.count && compare(a, b) == 0 }
}

/// Heap memory behind `Bytes` that were copied from an array.
@safe
private final class ByteStorage {
  let pointer: UnsafeMutableRawPointer

  init(_ array: [UInt8]) {
    unsafe pointer = UnsafeMutableRawPointer.allocate(byteCount: max(array.count, 1), alignment: 16)
    unsafe array.withUnsafeBytes { source in
      if let start = source.baseAddress { unsafe pointer.copyMemory(from: start, byteCount: source.count) }
    }
  }

  deinit { unsafe pointer.deallocate() }
}
