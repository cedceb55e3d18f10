import Columnar

/// A text of a key in a form that is compared without touching memory elsewhere: its first 24 bytes, and its length.
struct KeyText {
  var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
  var length: UInt32 = 0

  static let exactLength = 24

  init() {}

  /// String `code` of a dictionary.
  init(_ dictionary: ByteStringDictionary, _ code: UInt32) {
    let start = dictionary.start(code)
    let end = Int(dictionary.ends[Int(code)])
    length = UInt32(end - start)
    words = (dictionary.word(start, end), dictionary.word(start + 8, end), dictionary.word(start + 16, end))
  }

  /// The order of two texts; nil where they agree so far and are longer than what is kept here.
  @inline(__always)
  static func compare(_ a: KeyText, _ b: KeyText) -> Int? {
    if a.words.0 != b.words.0 { return a.words.0 < b.words.0 ? -1 : 1 }
    if a.words.1 != b.words.1 { return a.words.1 < b.words.1 ? -1 : 1 }
    if a.words.2 != b.words.2 { return a.words.2 < b.words.2 ? -1 : 1 }
    if a.length <= UInt32(exactLength) || b.length <= UInt32(exactLength) { return Int(a.length) - Int(b.length) }
    return nil
  }
}
