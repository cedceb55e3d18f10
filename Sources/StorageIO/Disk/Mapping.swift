#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A whole file in memory, read-only; alive as long as anyone holds it, even if the file is removed meanwhile.
///
/// Unchecked because a raw pointer is not Sendable: the pointer never changes, the bytes behind it are only read, and
/// they are given back in `deinit`, when nobody can read any more.
@safe
package final class Mapping: @unchecked Sendable {
  /// Files up to this size are copied: to map and unmap one costs more, and each unmapping interrupts all processors at which
  /// the process is at work. A store may have thousands, those that index its archive.
  static let largestCopy = 16 << 10

  /// The size of the file in bytes when it was mapped.
  package let count: Int
  private let address: UnsafeMutableRawPointer
  private let isMapped: Bool

  /// The first byte; valid for `count` bytes, and only while this object is held. Never nil, even for an empty file.
  @unsafe
  package var base: UnsafeRawPointer { unsafe UnsafeRawPointer(address) }

  /// Maps an open file, which is not empty; the descriptor may be closed afterwards.
  init(descriptor: Int32, count: Int) throws(ErrorNumber) {
    guard let start = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), unsafe start != MAP_FAILED else {
      throw ErrorNumber(errno)
    }
    self.count = count
    isMapped = true
    unsafe address = start
  }

  /// A copy of bytes that behaves as a mapped file.
  init(copying bytes: [UInt8]) {
    count = bytes.count
    isMapped = false
    let start = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
    unsafe bytes.withUnsafeBytes {
      unsafe start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: $0.count)
    }
    unsafe address = start
  }

  /// How a mapped file will be read.
  package enum Access: Sendable {
    /// Here and there: what is touched is read from the disk, and nothing beside it.
    case scattered
    /// As it comes: the machine reads around what is touched, which may be megabytes.
    case ordinary
  }

  /// Says how the file will be read from now on. A hint, as `expect` is: nothing depends on it.
  package func expect(_ access: Access) {
    guard isMapped else { return }
    _ = unsafe madvise(address, count, access == .scattered ? MADV_RANDOM : MADV_NORMAL)
  }

  /// Says that a range of the file, as far as there is one, will be read soon, so that the machine may begin.
  package func expect(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let inside = range.clamped(to: 0..<count)
    guard isMapped, !inside.isEmpty else { return }
    let start = inside.lowerBound / page * page
    _ = unsafe madvise(address + start, inside.upperBound - start, MADV_WILLNEED)
  }

  /// A copy of a range of the file, for callers that need no speed.
  package func bytes(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside of the mapping")
    return unsafe [UInt8](UnsafeRawBufferPointer(start: address + range.lowerBound, count: range.count))
  }

  deinit {
    if isMapped {
      unsafe munmap(address, count)
    } else {
      unsafe address.deallocate()
    }
  }
}
