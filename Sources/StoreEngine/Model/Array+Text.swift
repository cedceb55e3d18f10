/// The forms of texts in JSON and CSV, as bytes at the end of a buffer.
extension [UInt8] {
  /// A text as canonical JSON spells it between the quotes.
  @inlinable
  package mutating func append(jsonCharacters text: some Sequence<UInt8>) {
    for byte in text {
      guard let letter = JSONEscape.letter(of: byte) else {
        append(byte)
        continue
      }
      append(UInt8(ascii: "\\"))
      append(letter)
      if letter == UInt8(ascii: "u") {
        append(0x30)
        append(0x30)
        append(JSONEscape.digit(byte >> 4))
        append(JSONEscape.digit(byte & 0xF))
      }
    }
  }

  /// A text as canonical JSON spells it, with its quotes.
  @inlinable
  package mutating func append(json text: some Sequence<UInt8>) {
    append(UInt8(ascii: "\""))
    append(jsonCharacters: text)
    append(UInt8(ascii: "\""))
  }

  /// A cell of RFC 4180: quoted where it holds a comma, a quote or a line break, or begins or ends with a blank, which some
  /// readers trim.
  @inlinable
  package mutating func append(csv text: some BidirectionalCollection<UInt8>) {
    var isSpecial = text.first == 0x20 || text.last == 0x20
    for byte in text where byte == 0x2C || byte == 0x22 || byte == 0x0A || byte == 0x0D { isSpecial = true }
    guard isSpecial else {
      append(contentsOf: text)
      return
    }
    append(UInt8(ascii: "\""))
    for byte in text {
      if byte == UInt8(ascii: "\"") { append(byte) }
      append(byte)
    }
    append(UInt8(ascii: "\""))
  }
}
