import CPrefetch
import Columnar

/// Asking for memory before it is needed: reads that know several places at once wait for all of them together, and not
/// for one after the other.
extension Bytes {
  /// Asks for the line of memory at an offset, which may lie outside: nothing is read.
  @inline(__always)
  func prefetch(_ offset: Int) {
    let inside = min(max(0, offset), count)
    unsafe withUnsafeBytes { source in
      if let base = source.baseAddress { unsafe growthring_prefetch(base + inside) }
    }
  }
}

extension Array {
  /// Asks for the line of memory of an element.
  @inline(__always)
  func prefetch(_ index: Int) {
    precondition(index >= 0 && index < count, "element out of bounds")
    unsafe withUnsafeBufferPointer { source in
      if let base = source.baseAddress { unsafe growthring_prefetch(base + index) }
    }
  }
}
