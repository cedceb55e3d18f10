/// Reads a query: `or := and (OR and)*`, `and := unary ([AND] unary)*`, `unary := [NOT | -] primary`,
/// `primary := [field:] ( "(" or ")" | phrase | word )`.
struct QueryParser {
  private enum Symbol: Equatable {
    case open(SearchField?)
    case close
    case or
    case and
    case not
    /// Tokens, none where the text holds nothing that is searched for.
    case text([[UInt8]], isPrefix: Bool, SearchField?)
  }

  private let bytes: [UInt8]
  private var symbols: [(symbol: Symbol, offset: Int)] = []
  private var place = 0
  private(set) var leaves: [SearchQuery.Leaf] = []
  private let tokenizer = Tokenizer()

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func parse() throws(SearchQueryError) -> SearchQuery.Node {
    guard bytes.count <= SearchQuery.longestQuery else {
      throw SearchQueryError(offset: SearchQuery.longestQuery, reason: "a query has at most 65,536 bytes")
    }
    try readSymbols()
    let node = try parseAny(nil, depth: 0)
    if place < symbols.count { throw failure("there is no \"(\" to this \")\"") }
    guard let node else { throw SearchQueryError(offset: 0, reason: "there is nothing to search for") }
    return node
  }

  // MARK: Grammar

  private func failure(_ reason: String) -> SearchQueryError {
    SearchQueryError(offset: place < symbols.count ? symbols[place].offset : bytes.count, reason: reason)
  }

  private var next: Symbol? { place < symbols.count ? symbols[place].symbol : nil }

  /// Nil where nothing of it is searched for, such as punctuation.
  private mutating func parseAny(_ field: SearchField?, depth: Int) throws(SearchQueryError) -> SearchQuery.Node? {
    if depth > SearchQuery.deepest { throw failure("parentheses are nested too deeply") }
    var nodes: [SearchQuery.Node] = []
    if let node = try parseAll(field, depth) { nodes.append(node) }
    while next == .or {
      place += 1
      if let node = try parseAll(field, depth) { nodes.append(node) }
    }
    return nodes.count > 1 ? .any(nodes) : nodes.first
  }

  private mutating func parseAll(_ field: SearchField?, _ depth: Int) throws(SearchQueryError) -> SearchQuery.Node? {
    var nodes: [SearchQuery.Node] = []
    var others: [SearchQuery.Node] = []
    let begin = place
    var isOperandDue = true
    while let symbol = next, symbol != .or, symbol != .close {
      if symbol == .and {
        if place == begin || isOperandDue { throw failure("AND stands between what it joins") }
        place += 1
        isOperandDue = true
        continue
      }
      let isNegative = symbol == .not
      if isNegative { place += 1 }
      let node = try parsePrimary(field, depth)
      if let node, isNegative { others.append(node) } else if let node { nodes.append(node) }
      isOperandDue = false
    }
    if isOperandDue { throw failure(place == begin ? "something to search for is missing" : "AND needs a second side") }
    if nodes.isEmpty, !others.isEmpty {
      throw SearchQueryError(
        offset: symbols[begin].offset, reason: "NOT takes away from what is searched for; say that too")
    }
    if others.isEmpty, nodes.count < 2 { return nodes.first }
    return .all(nodes, except: others)
  }

  private mutating func parsePrimary(
    _ field: SearchField?, _ depth: Int
  ) throws(SearchQueryError) -> SearchQuery.Node? {
    switch next {
    case .open(let own):
      place += 1
      let node = try parseAny(own ?? field, depth: depth + 1)
      guard next == .close else { throw failure("a \")\" is missing") }
      place += 1
      return node
    case .text(let tokens, let isPrefix, let own):
      place += 1
      if tokens.isEmpty { return nil }
      if leaves.count == SearchQuery.mostLeaves { throw failure("a query has at most 256 words and phrases") }
      leaves.append(SearchQuery.Leaf(tokens: tokens, isPrefix: isPrefix, field: own ?? field))
      return .leaf(leaves.count - 1)
    default: throw failure("NOT needs something to take away")
    }
  }

  // MARK: Symbols

  private mutating func readSymbols() throws(SearchQueryError) {
    var index = 0
    while index < bytes.count {
      let offset = index
      let byte = bytes[index]
      if Self.isSpace(byte) {
        index += 1
        continue
      }
      if byte == UInt8(ascii: "-"), index + 1 < bytes.count, !Self.isSpace(bytes[index + 1]), isAtWordStart(index) {
        symbols.append((.not, offset))
        index += 1
        continue
      }
      let field = readField(&index)
      if index < bytes.count, bytes[index] == UInt8(ascii: "(") {
        index += 1
        symbols.append((.open(field), offset))
      } else if index < bytes.count, bytes[index] == UInt8(ascii: ")") {
        index += 1
        symbols.append((.close, offset))
      } else if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
        symbols.append((try readPhrase(&index, field), offset))
      } else {
        symbols.append((readWord(&index, field), offset))
      }
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func endsWord(_ byte: UInt8) -> Bool {
    isSpace(byte) || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "\"")
  }

  private func isAtWordStart(_ index: Int) -> Bool {
    index == 0 || Self.isSpace(bytes[index - 1]) || bytes[index - 1] == UInt8(ascii: "(")
  }

  /// `title:` or `content:` with something directly behind it.
  private func readField(_ index: inout Int) -> SearchField? {
    for field in SearchField.allCases {
      let name = Array((field.name + ":").utf8)
      let end = index + name.count
      if end < bytes.count, bytes[index..<end].elementsEqual(name), !Self.isSpace(bytes[end]),
        bytes[end] != UInt8(ascii: ")")
      {
        index = end
        return field
      }
    }
    return nil
  }

  private func readPhrase(_ index: inout Int, _ field: SearchField?) throws(SearchQueryError) -> Symbol {
    let begin = index + 1
    guard let end = bytes[begin...].firstIndex(of: UInt8(ascii: "\"")) else {
      throw SearchQueryError(offset: index, reason: "a closing quote is missing")
    }
    index = end + 1
    let hasStar = index < bytes.count && bytes[index] == UInt8(ascii: "*")
    if hasStar { index += 1 }
    return text(bytes[begin..<end], hasStar: hasStar, field)
  }

  private func readWord(_ index: inout Int, _ field: SearchField?) -> Symbol {
    let begin = index
    while index < bytes.count, !Self.endsWord(bytes[index]) { index += 1 }
    var word = bytes[begin..<index]
    if field == nil {
      switch String(decoding: word, as: UTF8.self) {
      case "OR": return .or
      case "AND": return .and
      case "NOT": return .not
      default: break
      }
    }
    let hasStar = word.last == UInt8(ascii: "*")
    if hasStar { word = word.dropLast() }
    return text(word, hasStar: hasStar, field)
  }

  private func text(_ bytes: ArraySlice<UInt8>, hasStar: Bool, _ field: SearchField?) -> Symbol {
    var tokens: [[UInt8]] = []
    var end = 0
    tokenizer.forEachToken(in: String(decoding: bytes, as: UTF8.self)) { token, source in
      tokens.append(token)
      end = source.upperBound
    }
    // A star behind punctuation belongs to no word.
    return .text(tokens, isPrefix: hasStar && end == bytes.count, field)
  }
}
