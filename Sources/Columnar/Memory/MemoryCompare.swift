#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The platform's `memcmp`, kept behind one name so that no other file imports the C library.
@usableFromInline @unsafe
func memoryCompare(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Int {
  unsafe Int(memcmp(a, b, count))
}

/// The platform's `memchr`: the offset of the first `byte`, or nil.
@unsafe
func memoryFind(_ bytes: UnsafeRawBufferPointer, _ byte: UInt8) -> Int? {
  guard let base = bytes.baseAddress, let found = unsafe memchr(base, Int32(byte), bytes.count) else { return nil }
  return unsafe UnsafeRawPointer(found) - base
}

/// Bytewise order of two arrays, the shorter first where one begins the other; negative, zero or positive.
package func compareBytes(_ a: [UInt8], _ b: [UInt8]) -> Int {
  let common = unsafe a.withUnsafeBytes { left in
    unsafe b.withUnsafeBytes { right in
      guard let l = left.baseAddress, let r = right.baseAddress else { return 0 }
      return unsafe memoryCompare(l, r, min(left.count, right.count))
    }
  }
  return common != 0 ? common : a.count - b.count
}
