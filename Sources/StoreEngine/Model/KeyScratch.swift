import Columnar

/// Memory for the stored forms of two ids, used again from read to read, so that no read allocates.
///
/// An owner of unsafe code: it writes and lends its memory, and whoever holds it keeps it while what it lent is in use. It
/// is never used by two tasks at once, because its one holder is a value that is being changed.
@safe
final class KeyScratch: @unchecked Sendable {
  // Unchecked because of the pointer: the memory is changed only by the holder of the only reference.
  private let memory: UnsafeMutableRawPointer
  private static let space = Identifier.longest + 1

  init() { unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: 2 * Self.space, alignment: 16) }

  deinit { unsafe memory.deallocate() }

  /// The stored form of an id in the first or the second place, valid until the next is put there.
  func store(_ text: String, place: Int) -> Bytes {
    precondition(place == 0 || place == 1, "there are two places")
    let target = unsafe UnsafeMutableRawBufferPointer(start: memory + place * Self.space, count: Self.space)
    // Nil where the text is longer, or does not lie in one piece: then it is copied.
    let stored = unsafe text.utf8.withContiguousStorageIfAvailable { source -> Int? in
      if source.count > Identifier.longest { return nil }
      return unsafe Identifier.store(UnsafeRawBufferPointer(source), in: target)
    }
    guard case let count?? = stored else { return Bytes(Identifier.encode(text)) }
    return unsafe Bytes(borrowing: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(target)[..<count]))
  }
}
