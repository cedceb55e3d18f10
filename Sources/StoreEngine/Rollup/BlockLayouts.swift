import CPrefetch
import Columnar

/// The layouts of the blocks of a section that were checked since it was opened: close together in memory, so that a read
/// of one does not wait for its place in the file.
///
/// Owns its memory by pointer, and takes of it only the pages that blocks were checked of. A layout is written by whoever
/// claims its block first, before its bit says that it is there, and never again.
@safe
struct BlockLayouts: @unchecked Sendable {
  // Unchecked because of the pointer: what it leads to is written once, before the bit that leads readers to it.
  private let layouts: UnsafeMutablePointer<RunBlock>
  private let written: TouchedBlocks
  private let claimed: TouchedBlocks
  /// Nil where somebody else keeps the layouts.
  private let owner: Owner?

  @safe
  private final class Owner {
    private let layouts: UnsafeMutablePointer<RunBlock>

    init(_ layouts: UnsafeMutablePointer<RunBlock>) { unsafe self.layouts = unsafe layouts }

    // A layout is numbers alone, so that there is nothing to deinitialize.
    deinit { unsafe layouts.deallocate() }
  }

  init(count: Int) {
    unsafe layouts = UnsafeMutablePointer<RunBlock>.allocate(capacity: max(count, 1))
    written = TouchedBlocks(count: count)
    claimed = TouchedBlocks(count: count)
    owner = unsafe Owner(layouts)
  }

  private init(borrowing other: BlockLayouts) {
    unsafe layouts = other.layouts
    written = unsafe other.written.borrowed
    claimed = unsafe other.claimed.borrowed
    owner = nil
  }

  /// The same without what keeps them, which the caller does.
  @unsafe
  var borrowed: BlockLayouts { BlockLayouts(borrowing: self) }

  @inline(__always)
  func contains(_ number: Int) -> Bool { written.contains(number) }

  /// The layout of a block that is there.
  @inline(__always)
  subscript(_ number: Int) -> RunBlock {
    precondition(written.contains(number), "a layout that is not there")
    return unsafe layouts[number]
  }

  /// Asks for the layout of a block.
  @inline(__always)
  func prefetch(_ number: Int) {
    guard written.contains(number) else { return }
    unsafe growthring_prefetch(layouts + number)
    unsafe growthring_prefetch(UnsafeRawPointer(layouts + number) + 64)
  }

  /// Keeps the layout of a block that was checked.
  func insert(_ number: Int, _ layout: RunBlock) {
    guard claimed.insert(number) else { return }
    unsafe (layouts + number).initialize(to: layout)
    written.insert(number)
  }
}
