/// A text as a key, equal to another where its bytes are, as all names of a store are. Strings are equal by meaning, so that
/// two spellings of `é` would be one key. All spellings share a hash, that of the string.
package struct ExactText: Hashable, Comparable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  /// By meaning first, which of the same bytes costs next to nothing. What means the same as a text of ASCII in other scalars
  /// has more bytes.
  package static func == (a: ExactText, b: ExactText) -> Bool {
    a.text == b.text && a.text.utf8.count == b.text.utf8.count
      && (a.text.utf8Span.isKnownASCII || a.text.utf8.elementsEqual(b.text.utf8))
  }

  package static func < (a: ExactText, b: ExactText) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }
}
