/// Takes texts apart into the tokens by which they are found. See Formats/search.md.
///
/// A token is a run of letters, marks and digits, folded; in scripts that set no spaces, every sign with its marks is a token,
/// so that a word of them is found as a phrase. What joins parts of words (apostrophes, hyphens, dots, underscores) separates.
package struct Tokenizer: Sendable {
  /// A longer run is cut into tokens of so many code points.
  package static let longestToken = 64

  private let table = FoldingTable.shared

  package init() {}

  /// Calls `body` with every token and the bytes of the text from which it was made.
  package func forEachToken(in text: String, _ body: (_ token: [UInt8], _ source: Range<Int>) -> Void) {
    var text = text
    text.makeContiguousUTF8()
    let bytes = text.utf8.span
    var builder = Builder()
    var token: [UInt8] = []
    var offset = 0
    while offset < bytes.count {
      if builder.isEmpty, bytes[offset] < 0x80 {
        // Words of ASCII are most of most texts, and need no table of code points.
        let begin = offset
        token.removeAll(keepingCapacity: true)
        while offset < bytes.count, bytes[offset] < 0x80, token.count <= Self.longestToken {
          let folded = table.ascii[Int(bytes[offset])]
          if folded == 0 { break }
          token.append(folded)
          offset += 1
        }
        if token.isEmpty {
          offset += 1
          continue
        }
        if token.count <= Self.longestToken, offset == bytes.count || bytes[offset] < 0x80 {
          body(token, begin..<offset)
          continue
        }
        // It is too long, or what follows may belong to it.
        offset = begin
      }
      let (value, width) = Self.scalar(bytes, offset)
      let end = offset + width
      let source = offset..<end
      if let (leading, vowel, final) = FoldingTable.jamo(of: value) {
        builder.add(FoldingTable.Folded(scalar: leading, kind: .single, combiningClass: 0), source, body)
        builder.add(FoldingTable.Folded(scalar: vowel, kind: .extending, combiningClass: 0), source, body)
        if final != 0x11A7 {
          builder.add(FoldingTable.Folded(scalar: final, kind: .extending, combiningClass: 0), source, body)
        }
      } else {
        table.fold(value) { builder.add($0, source, body) }
      }
      offset = end
    }
    builder.end(body)
  }

  /// The code point at a place of a text, and its bytes.
  @inline(__always)
  private static func scalar(_ bytes: Span<UInt8>, _ offset: Int) -> (value: UInt32, width: Int) {
    let first = UInt32(bytes[offset])
    func tail(_ distance: Int) -> UInt32 { UInt32(bytes[offset + distance]) & 0x3F }
    switch first {
    case ..<0x80: return (first, 1)
    case ..<0xE0: return ((first & 0x1F) << 6 | tail(1), 2)
    case ..<0xF0: return ((first & 0x0F) << 12 | tail(1) << 6 | tail(2), 3)
    default: return ((first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4)
    }
  }

  /// The tokens of a text, a space between them, and how many there are: what the index is fed.
  package func folded(_ text: String) -> (text: [UInt8], count: Int) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + text.utf8.count / 8)
    var count = 0
    forEachToken(in: text) { token, _ in
      if count > 0 { bytes.append(UInt8(ascii: " ")) }
      bytes.append(contentsOf: token)
      count += 1
    }
    return (bytes, count)
  }

  /// The token under way.
  private struct Builder {
    private var scalars: [UInt32] = []
    private var classes: [UInt8] = []
    private var bytes: [UInt8] = []
    private var kind = FoldingTable.Kind.word
    private var source = 0..<0
    /// Marks are not put in order across this place.
    private var barrier = 0

    var isEmpty: Bool { scalars.isEmpty }

    @inline(__always)
    mutating func add(_ folded: FoldingTable.Folded, _ place: Range<Int>, _ body: ([UInt8], Range<Int>) -> Void) {
      switch folded.kind {
      case .separator: end(body)
      case .dropped:
        guard !scalars.isEmpty else { return }
        source = source.lowerBound..<place.upperBound
        if folded.combiningClass == 0 { barrier = scalars.count }
      case .word:
        if kind != .word || scalars.count == Tokenizer.longestToken { end(body) }
        append(folded, place, kind: .word)
      case .single:
        end(body)
        append(folded, place, kind: .single)
      case .extending:
        if scalars.count == Tokenizer.longestToken { end(body) }
        append(folded, place, kind: scalars.isEmpty ? .word : kind)
      }
    }

    @inline(__always)
    private mutating func append(_ folded: FoldingTable.Folded, _ place: Range<Int>, kind: FoldingTable.Kind) {
      if scalars.isEmpty {
        source = place
        self.kind = kind
      }
      source = source.lowerBound..<place.upperBound
      scalars.append(folded.scalar)
      classes.append(folded.combiningClass)
      if folded.combiningClass > 0 { settle() }
    }

    /// Moves the last mark before those of a greater combining class, as canonical order has it.
    private mutating func settle() {
      var index = scalars.count - 1
      while index > barrier, classes[index - 1] > classes[index] {
        scalars.swapAt(index, index - 1)
        classes.swapAt(index, index - 1)
        index -= 1
      }
    }

    mutating func end(_ body: ([UInt8], Range<Int>) -> Void) {
      guard !scalars.isEmpty else { return }
      bytes.removeAll(keepingCapacity: true)
      for scalar in scalars { encode(scalar) }
      scalars.removeAll(keepingCapacity: true)
      classes.removeAll(keepingCapacity: true)
      barrier = 0
      kind = .word
      body(bytes, source)
    }

    @inline(__always)
    private mutating func encode(_ scalar: UInt32) {
      func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: scalar >> shift) & 0x3F }
      switch scalar {
      case ..<0x80: bytes.append(UInt8(truncatingIfNeeded: scalar))
      case ..<0x800:
        bytes.append(0xC0 | UInt8(truncatingIfNeeded: scalar >> 6))
        bytes.append(tail(0))
      case ..<0x10000:
        bytes.append(0xE0 | UInt8(truncatingIfNeeded: scalar >> 12))
        bytes.append(tail(6))
        bytes.append(tail(0))
      default:
        bytes.append(0xF0 | UInt8(truncatingIfNeeded: scalar >> 18))
        bytes.append(tail(12))
        bytes.append(tail(6))
        bytes.append(tail(0))
      }
    }
  }
}
