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

  private struct Key {
    let field: EventField
    /// The name with the quote that ends it.
    let name: Pattern
    /// All that stands between the value before and this one where nobody wrote white space.
    let separator: Pattern
  }

  /// By the fields' places. An array, as an `InlineArray` is copied whole for each look at a variable place.
  private let keys = EventField.allCases.map { field in
    Key(field: field, name: Pattern("\(field.name)\""), separator: Pattern(",\"\(field.name)\":"))
  }

  /// Whether the key of a field, and its closing quote, stand at an offset.
  @inline(__always)
  func matches(_ index: Int, _ input: PaddedInput, _ offset: Int) -> Bool { keys[index].name.matches(input, offset) }

  @inline(__always)
  func length(_ index: Int) -> Int { keys[index].name.length }

  @inline(__always)
  func field(_ index: Int) -> EventField { keys[index].field }

  /// If a field follows on a value that ends at an offset, in the plainest way, the offset of its value.
  @inline(__always)
  func valueStart(of index: Int, behind offset: Int, _ input: PaddedInput) -> Int? {
    keys[index].separator.matches(input, offset) ? offset &+ keys[index].separator.length : nil
  }
}
