import Columnar

/// Memory that a decompressor fills once and that is read as `Bytes` afterwards.
///
/// One of the few owners of unsafe code: whoever fills it is given its exact length.
@safe
final class PageBuffer {
  private let pointer: UnsafeMutableRawPointer
  private let count: Int

  init(count: Int) {
    unsafe pointer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
    self.count = count
  }

  deinit { unsafe pointer.deallocate() }

  /// For filling, before anyone reads.
  @unsafe
  var memory: UnsafeMutableRawBufferPointer { unsafe UnsafeMutableRawBufferPointer(start: pointer, count: count) }

  var bytes: Bytes { unsafe Bytes(owner: self, base: UnsafeRawPointer(pointer), count: count) }
}
