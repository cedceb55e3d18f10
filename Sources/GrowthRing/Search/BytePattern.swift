import Columnar

/// A text that is looked for byte for byte, by Horspool's rule: most bytes of what is searched are passed over.
struct BytePattern: Sendable {
  private let bytes: [UInt8]
  /// By the last byte of a window: how far the window can move.
  private let steps: [Int]

  init(_ text: String) {
    bytes = Array(text.utf8)
    var steps = [Int](repeating: max(1, bytes.count), count: 256)
    for (index, byte) in bytes.dropLast().enumerated() { steps[Int(byte)] = bytes.count - 1 - index }
    self.steps = steps
  }

  func isIn(_ text: String) -> Bool {
    let span = text.utf8.span
    return first(in: span.count, from: 0) { span[$0] } != nil
  }

  func isIn(_ text: [UInt8]) -> Bool { first(in: text.count, from: 0) { text[$0] } != nil }

  func isIn(_ text: Bytes) -> Bool { first(in: text.count, from: 0) { text[$0] } != nil }

  /// Where it stands, apart from each other.
  func places(in text: String) -> [Range<Int>] {
    var places: [Range<Int>] = []
    let span = text.utf8.span
    var start = 0
    while !bytes.isEmpty, let place = first(in: span.count, from: start, { span[$0] }) {
      start = place + bytes.count
      places.append(place..<start)
    }
    return places
  }

  @inline(__always)
  private func first(in count: Int, from start: Int, _ text: (Int) -> UInt8) -> Int? {
    if bytes.isEmpty { return start }
    let last = bytes.count - 1
    var place = start
    while place + last < count {
      let end = text(place + last)
      if end == bytes[last] {
        var index = 0
        while index < last, text(place + index) == bytes[index] { index += 1 }
        if index == last { return place }
      }
      place += steps[Int(end)]
    }
    return nil
  }
}
