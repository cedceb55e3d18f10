public import CPrefetch

/// Asking for memory before it is needed: reads that know several places at once wait for all of them together, and not
/// for one after the other.
extension Bytes {
  /// Asks for the line of memory at an offset, which may lie outside: nothing is read.
  @inlinable @inline(__always)
  package func prefetch(_ offset: Int) {
    let inside = min(max(0, offset), count)
    unsafe growthring_prefetch(base + inside)
  }
}

extension Array {
  /// Asks for the line of memory of an element.
  @inlinable @inline(__always)
  package func prefetch(_ index: Int) {
    precondition(index >= 0 && index < count, "element out of bounds")
    unsafe withUnsafeBufferPointer { source in
      if let base = source.baseAddress { unsafe growthring_prefetch(base + index) }
    }
  }

  /// Asks for the object that an element refers to, of an array of references or of enumerations of nothing else. To count a
  /// reference to it would wait for it.
  @inlinable @inline(__always)
  package func prefetchObject(_ index: Int) {
    precondition(index >= 0 && index < count, "element out of bounds")
    guard MemoryLayout<Element>.size == 8 else { return }
    unsafe withUnsafeBytes { source in
      // Without the bits that tell cases; where one is left, some other line is asked for, which does no harm.
      let bits = unsafe source.load(fromByteOffset: 8 * index, as: UInt.self) & 0x0000_FFFF_FFFF_FFF8
      guard let address = unsafe UnsafeRawPointer(bitPattern: bits) else { return }
      unsafe growthring_prefetch(address)
      unsafe growthring_prefetch(address + 64)
    }
  }
}

/// Asks for an object.
@inlinable @inline(__always)
package func prefetchObject(_ object: AnyObject) {
  let address = unsafe UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
  unsafe growthring_prefetch(address)
  unsafe growthring_prefetch(address + 64)
}
