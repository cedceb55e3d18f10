import Columnar
import StoreEngine

/// The names of the fields as words, so that a key is compared with two loads.
struct NDJSONKeys: Sendable {
  private struct Key {
    var first: UInt64 = 0
    var firstMask: UInt64 = 0
    var second: UInt64 = 0
    var secondMask: UInt64 = 0
    /// The length with the quote that ends it.
    var length = 0
    var field = EventField.eventID
  }

  /// By the fields' places. An array, as an `InlineArray` is copied whole for each look at a variable place.
  private let keys: [Key]

  init() {
    keys = EventField.allCases.map { field in
      var key = Key(field: field)
      for (place, byte) in (Array(field.name.utf8) + [UInt8(ascii: "\"")]).enumerated() {
        let shift = UInt64(8 * (place & 7))
        if place < 8 {
          key.first |= UInt64(byte) << shift
          key.firstMask |= 0xFF << shift
        } else {
          key.second |= UInt64(byte) << shift
          key.secondMask |= 0xFF << shift
        }
        key.length += 1
      }
      return key
    }
  }

  /// Whether the key of a field, and its closing quote, stand at an offset.
  @inline(__always)
  func matches(_ index: Int, _ input: PaddedInput, _ offset: Int) -> Bool {
    let first = (input.word(offset) ^ keys[index].first) & keys[index].firstMask
    return first | (input.word(offset &+ 8) ^ keys[index].second) & keys[index].secondMask == 0
  }

  @inline(__always)
  func length(_ index: Int) -> Int { keys[index].length }

  @inline(__always)
  func field(_ index: Int) -> EventField { keys[index].field }
}
