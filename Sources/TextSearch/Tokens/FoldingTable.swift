/// What search takes for the same letter: every code point folded for case, for diacritics of alphabets and for
/// compatibility forms, and whether it belongs to a word. See Formats/search.md.
///
/// A table of its own, since tokens must be the same whichever Swift and system read them.
package struct FoldingTable: Sendable {
  package enum Kind: UInt8, Sendable {
    /// Stands between words.
    case separator
    /// Is nothing: marks above letters, joiners, invisible signs.
    case dropped
    /// Part of a word.
    case word
    /// A word of its own: signs of scripts that set no spaces.
    case single
    /// Belongs to what stands before it: vowel signs, tones.
    case extending
  }

  package struct Folded: Sendable {
    package let scalar: UInt32
    package let kind: Kind
    /// By which marks after a letter are put in order.
    package let combiningClass: UInt8
  }

  package static let shared = FoldingTable()

  /// Of each code point below `limit`: three bits of its kind and eight of its combining class; or, with all three set, five
  /// bits of how many others it becomes, and where they stand in `targets`.
  private let entries: [UInt32]
  private let targets: [Folded]
  /// What the letters and digits of ASCII become, which is ASCII; 0 for what stands between words.
  let ascii: [UInt8]
  private static let limit = 0x30000
  private static let isMapped: UInt32 = 7

  private init() {
    var entries: [UInt32] = []
    entries.reserveCapacity(Self.limit)
    let kinds = Self.parsedKinds()
    var numbers = NumberReader(Self.classes)
    while let letter = numbers.letter(), let entry = kinds[letter] {
      let count = numbers.number(radix: 10) ?? 1
      for _ in 0..<count { entries.append(entry) }
    }
    var targets: [Folded] = []
    let identities = entries
    var last = 0
    numbers = NumberReader(Self.mappings)
    while let distance = numbers.number(radix: 16) {
      var (count, stride, step) = (1, 1, 0)
      if numbers.skip("*") {
        count = numbers.number(radix: 16) ?? 1
        if numbers.skip("/") { stride = numbers.number(radix: 16) ?? 1 }
        if numbers.skip("+") { step = numbers.number(radix: 16) ?? 0 }
      }
      var codes: [Int] = []
      while numbers.skip(codes.isEmpty ? ">" : ",") { codes.append(numbers.number(radix: 16) ?? 0) }
      for index in 0..<count {
        last += index == 0 ? distance : stride
        entries[last] = Self.isMapped | UInt32(codes.count) << 3 | UInt32(targets.count) << 8
        for code in codes {
          let code = code + index * step
          targets.append(Self.identity(UInt32(code), identities[code]))
        }
      }
    }
    self.entries = entries
    self.targets = targets
    ascii = entries[..<0x80].enumerated().map { code, entry in
      let folded = entry & 7 == Self.isMapped ? targets[Int(entry >> 8)] : Self.identity(UInt32(code), entry)
      return folded.kind == .word ? UInt8(truncatingIfNeeded: folded.scalar) : 0
    }
  }

  private static func identity(_ scalar: UInt32, _ entry: UInt32) -> Folded {
    Folded(
      scalar: scalar, kind: Kind(rawValue: UInt8(entry & 7)) ?? .word,
      combiningClass: UInt8(truncatingIfNeeded: entry >> 3)
    )
  }

  /// Calls `body` with what a code point becomes.
  @inline(__always)
  func fold(_ scalar: UInt32, _ body: (Folded) -> Void) {
    guard scalar < Self.limit else { return body(Self.beyond(scalar)) }
    let entry = entries[Int(scalar)]
    if entry & 7 != Self.isMapped { return body(Self.identity(scalar, entry)) }
    let first = Int(entry >> 8)
    for place in first..<first + Int(entry >> 3 & 31) { body(targets[place]) }
  }

  /// The planes of further ideographs, of tags and variants, and of what is private.
  private static func beyond(_ scalar: UInt32) -> Folded {
    switch scalar {
    case ..<0x40000: Folded(scalar: scalar, kind: .single, combiningClass: 0)
    case 0xE0000..<0xE1000: Folded(scalar: scalar, kind: .dropped, combiningClass: 0)
    default: Folded(scalar: scalar, kind: .word, combiningClass: 0)
    }
  }

  /// The syllables of Hangul, which Unicode tells by a rule: a leading consonant, a vowel, and at times a final consonant.
  static func jamo(of scalar: UInt32) -> (UInt32, UInt32, UInt32)? {
    guard (0xAC00..<0xD7A4).contains(scalar) else { return nil }
    let index = scalar - 0xAC00
    return (0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28)
  }

  // MARK: Reading what is generated

  private static func parsedKinds() -> [UInt8: UInt32] {
    let names: [UInt8: Kind] = [
      UInt8(ascii: "S"): .separator, UInt8(ascii: "D"): .dropped, UInt8(ascii: "W"): .word,
      UInt8(ascii: "I"): .single, UInt8(ascii: "E"): .extending,
    ]
    var kinds: [UInt8: UInt32] = [:]
    var reader = NumberReader(Self.kinds)
    while let letter = reader.letter(), let name = reader.letter(), let kind = names[name] {
      kinds[letter] = UInt32(kind.rawValue) | UInt32(reader.number(radix: 10) ?? 0) << 3
    }
    return kinds
  }

  /// Letters and numbers of the generated texts, which are known to be well formed.
  private struct NumberReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    private mutating func skipSpace() {
      while place < bytes.count, bytes[place] == UInt8(ascii: " ") || bytes[place] == UInt8(ascii: "\n") { place += 1 }
    }

    mutating func letter() -> UInt8? {
      skipSpace()
      guard place < bytes.count else { return nil }
      place += 1
      return bytes[place - 1]
    }

    mutating func skip(_ sign: Unicode.Scalar) -> Bool {
      guard place < bytes.count, bytes[place] == UInt8(ascii: sign) else { return false }
      place += 1
      return true
    }

    /// Only directly after what was read, but for the first of an entry.
    mutating func number(radix: Int) -> Int? {
      if radix == 16 { skipSpace() }
      var value: Int?
      while place < bytes.count, let digit = Self.digit(bytes[place]), digit < radix {
        value = (value ?? 0) * radix + digit
        place += 1
      }
      return value
    }

    private static func digit(_ byte: UInt8) -> Int? {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
      default: nil
      }
    }
  }
}
