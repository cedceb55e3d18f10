import Columnar

/// Finds where CSV records end, and remembers how far it came when the input runs out within one.
///
/// A cell is quoted if its first byte is a quote; in any other cell a quote is a byte like others.
struct CSVBoundary: Sendable {
  private enum State { case cellStart, plain, quoted, afterQuote }

  private var state = State.cellStart
  /// Line feeds passed within the record.
  private(set) var lines = 0

  /// The offset of the line feed that ends the record, or nil after all of the input was looked at.
  mutating func next(_ input: PaddedInput, from start: Int, delimiter: UInt8) -> Int? {
    var index = start
    while index < input.count {
      let byte = input[index]
      switch state {
      case .quoted:
        if byte == UInt8(ascii: "\"") { state = .afterQuote }
        if byte == UInt8(ascii: "\n") { lines += 1 }
      default:
        if byte == UInt8(ascii: "\n") { return index }
        if byte == delimiter {
          state = .cellStart
        } else if byte == UInt8(ascii: "\""), state != .plain {
          state = .quoted
        } else {
          state = .plain
        }
      }
      index += 1
    }
    return nil
  }
}
