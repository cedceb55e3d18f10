import Columnar

/// The part of an input stream that a decoder looks at: whole records if possible, and padding behind them.
///
/// Chunks are copied into the window piece by piece. That costs little, as the piece is then read from the cache, and
/// it makes records that straddle chunks no special case. The window grows for a record that is longer, up to the
/// caller's limit.
struct RecordWindow: Sendable {
  /// The window and its padding.
  private(set) var bytes: [UInt8]
  /// The number of bytes of input in the window.
  private(set) var filled = 0
  /// Where the next record begins.
  var position = 0
  /// How far a search for the end of that record has come.
  var searched = 0
  /// No more input will come.
  private(set) var isFinal = false

  private var chunk: [UInt8] = []
  private var chunkPosition = 0

  init(capacity: Int = 64 << 10) {
    bytes = [UInt8](repeating: 0, count: capacity + PaddedInput.padding)
    bytes[0] = UInt8(ascii: "\n")
  }

  /// Room for decoded text of anything that the window holds: a cell without its quotes, its canonical form, and again
  /// for sorting; and once more, as records that wait may fill the scratch up to the window's length.
  var scratchNeeded: Int { 4 * bytes.count + 4 * PaddedInput.padding }

  /// All that was fed is in the window and decoded.
  var isExhausted: Bool { isLast && position == filled }

  /// Nothing that was fed waits outside the window.
  var isLast: Bool { chunkPosition == chunk.count }

  mutating func feed(_ more: [UInt8]) {
    precondition(!isFinal, "input was fed after its end")
    if chunkPosition == chunk.count {
      chunk = more
      chunkPosition = 0
    } else {
      chunk.append(contentsOf: more)
    }
  }

  mutating func finish() { isFinal = true }

  /// Takes more input into the window; false where there is none.
  mutating func refill() -> Bool {
    let available = chunk.count - chunkPosition
    guard available > 0 else { return false }
    let tail = filled - position
    let capacity = bytes.count - PaddedInput.padding
    if tail > capacity / 2 {
      bytes.append(contentsOf: repeatElement(0, count: capacity))
    }
    let room = bytes.count - PaddedInput.padding - tail
    let taken = min(available, room)
    let from = position
    let source = chunkPosition
    unsafe bytes.withUnsafeMutableBytes { target in
      unsafe chunk.withUnsafeBytes { more in
        guard let base = target.baseAddress, let start = more.baseAddress else { return }
        if from > 0 { unsafe base.copyMemory(from: base + from, byteCount: tail) }
        unsafe (base + tail).copyMemory(from: start + source, byteCount: taken)
      }
    }
    searched -= position
    position = 0
    filled = tail + taken
    bytes[filled] = UInt8(ascii: "\n")
    chunkPosition += taken
    if chunkPosition == chunk.count {
      chunk = []
      chunkPosition = 0
    }
    return true
  }

  /// Calls `body` with the window and a scratch. The window's own state must not be changed meanwhile.
  func withInput<R>(
    scratch memory: inout [UInt8], _ body: (PaddedInput, inout TextScratch) -> R
  ) -> R {
    if memory.count < scratchNeeded { memory = [UInt8](repeating: 0, count: scratchNeeded) }
    return unsafe bytes.withUnsafeBytes { source in
      unsafe memory.withUnsafeMutableBytes { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { preconditionFailure("no memory") }
        var scratch = unsafe TextScratch(base: to, capacity: target.count)
        return unsafe body(PaddedInput(base: from, count: filled), &scratch)
      }
    }
  }
}
