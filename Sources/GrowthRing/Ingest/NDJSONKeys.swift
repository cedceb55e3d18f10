import Columnar
import StoreEngine

/// The names of the fields as words, so that a key is compared with two loads.
struct NDJSONKeys: Sendable {
  /// At most sixteen bytes.
  private struct Pattern {
    var first: UInt64 = 0
    var firstMask: UInt64 = 0
    var second: UInt64 = 0
    var secondMask: UInt64 = 0
    var length = 0

    init(_ text: String) {
      precondition(text.utf8.count <= 16, "a pattern is two words")
      for (place, byte) in text.utf8.enumerated() {
        let shift = UInt64(8 * (place & 7))
        if place < 8 {
          first |= UInt64(byte) << shift
          firstMask |= 0xFF << shift
        } else {
          second |= UInt64(byte) << shift
          secondMask |= 0xFF << shift
        }
        length += 1
      }
    }

    @inline(__always)
    func matches(_ input: PaddedInput, _ offset: Int) -> Bool {
      (input.word(offset) ^ first) & firstMask | (input.word(offset &+ 8) ^ second) & secondMask == 0
    }
  }

  /// By the fields' places: the name in quotes and the colon. An array, as an `InlineArray` is copied whole for each look at
  /// a variable place.
  private let keys = EventField.allCases.map { Pattern("\"\($0.name)\":") }
  private let fields = EventField.allCases

  @inline(__always)
  func field(_ index: Int) -> EventField { fields[index] }

  /// If the key of a field stands at an offset, in the plainest way, the offset behind its colon.
  @inline(__always)
  func valueStart(of index: Int, at offset: Int, _ input: PaddedInput) -> Int? {
    keys[index].matches(input, offset) ? offset &+ keys[index].length : nil
  }
}
