import Columnar

/// Splits one CSV record into cells (RFC 4180): quoted cells may hold delimiters, line feeds and doubled quotes.
struct CSVCells: Sendable {
  enum Outcome {
    /// The record ends before this offset, at which its line feed stands.
    case complete(Int)
    /// The input ends before the record.
    case incomplete
    /// Something stands behind the quote that closes a cell.
    case malformed
  }

  private let delimiter: UInt8
  private let pattern: UInt64
  private(set) var cells: [TextPlace] = []
  /// Line feeds within quoted cells.
  private(set) var lines = 0

  init(delimiter: UInt8) {
    self.delimiter = delimiter
    pattern = 0x0101_0101_0101_0101 &* UInt64(delimiter)
  }

  /// Splits the record at `start`. At the end of the last input, a record needs no line feed.
  mutating func split(_ input: PaddedInput, _ start: Int, isFinal: Bool, _ scratch: inout TextScratch) -> Outcome {
    cells.removeAll(keepingCapacity: true)
    lines = 0
    var index = start
    while true {
      if input[index] == UInt8(ascii: "\""), index < input.count {
        guard let next = quoted(input, index &+ 1, &scratch) else { return isFinal ? .malformed : .incomplete }
        index = next
        if input[index] == UInt8(ascii: "\r"), index &+ 1 <= input.count, input[index &+ 1] == UInt8(ascii: "\n") {
          index &+= 1
        }
        if index >= input.count, !isFinal { return .incomplete }
        if input[index] != delimiter, input[index] != UInt8(ascii: "\n") { return .malformed }
      } else {
        let stop = min(input.stop(from: index, at: pattern), input.count)
        var end = stop
        if input[stop] == UInt8(ascii: "\n") {
          if stop == input.count, !isFinal { return .incomplete }
          if end > index, input[end &- 1] == UInt8(ascii: "\r") { end &-= 1 }
        }
        cells.append(TextPlace(offset: index, count: end &- index))
        index = stop
      }
      if index >= input.count || input[index] == UInt8(ascii: "\n") { return .complete(index) }
      index &+= 1
    }
  }

  /// Reads the rest of a quoted cell; returns the offset behind its closing quote, or nil where none comes.
  private mutating func quoted(_ input: PaddedInput, _ start: Int, _ scratch: inout TextScratch) -> Int? {
    var place = TextPlace(offset: start)
    var index = start
    while true {
      var stop = index
      while true {
        stop = input.stop(from: stop, at: 0x2222_2222_2222_2222)
        if stop >= input.count { return nil }
        if input[stop] == UInt8(ascii: "\"") { break }
        lines += 1
        stop &+= 1
      }
      let isDoubled = input[stop &+ 1] == UInt8(ascii: "\"") && stop &+ 1 < input.count
      if !isDoubled {
        if place.inScratch {
          scratch.append(input, index, stop &- index)
          place.count = scratch.count &- place.offset
          // The next reader may look beyond the cell, and must stop there.
          scratch.append(UInt8(ascii: "\n"))
        } else {
          place.count = stop &- start
        }
        cells.append(place)
        return stop &+ 1
      }
      if !place.inScratch { place = TextPlace(offset: scratch.count, inScratch: true) }
      // The first of the two quotes is the cell's.
      scratch.append(input, index, stop &+ 1 &- index)
      index = stop &+ 2
    }
  }
}
