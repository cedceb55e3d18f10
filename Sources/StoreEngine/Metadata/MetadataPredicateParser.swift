import Columnar

/// Reads conditions on metadata. See `MetadataPredicate`.
struct MetadataPredicateParser {
  typealias Node = MetadataPredicate.Node
  typealias Literal = MetadataPredicate.Literal

  private let text: String
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  private static let longest = 65_536
  private static let deepest = 64

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  mutating func parse() throws(MetadataPredicateError) -> Node {
    guard bytes.count <= Self.longest else {
      throw error("the condition is longer than \(Self.longest) bytes", at: Self.longest)
    }
    guard next() != nil else {
      throw error("there is no condition; write for example metadata.tags contains \"launch\"")
    }
    let node = try alternatives()
    if let byte = next() {
      throw error(
        byte == UInt8(ascii: ")")
          ? "a closing parenthesis without an opening one" : "here and, or or the end belongs, not \(shown())")
    }
    return node
  }

  /// A path and nothing else.
  mutating func parsePath() throws(MetadataPredicateError) -> MetadataPath {
    guard bytes.count <= Self.longest else { throw error("the path is longer than \(Self.longest) bytes", at: 0) }
    let path = try self.path()
    guard next() == nil else { throw error("here the path ends, not \(shown())") }
    return path
  }

  // MARK: Structure

  private mutating func alternatives() throws(MetadataPredicateError) -> Node {
    var nodes = [try conjunction()]
    while take(word: "or") { nodes.append(try conjunction()) }
    return nodes.count == 1 ? nodes[0] : .any(nodes)
  }

  private mutating func conjunction() throws(MetadataPredicateError) -> Node {
    var nodes = [try negation()]
    while take(word: "and") { nodes.append(try negation()) }
    return nodes.count == 1 ? nodes[0] : .all(nodes)
  }

  private mutating func negation() throws(MetadataPredicateError) -> Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw error("more than \(Self.deepest) parentheses within each other") }
    if take(word: "not") { return .not(try negation()) }
    _ = next()
    let start = position
    guard take(UInt8(ascii: "(")) else { return try comparison() }
    let node = try alternatives()
    guard take(UInt8(ascii: ")")) else {
      if next() == nil { throw error("the parenthesis is never closed", at: start) }
      throw error("here and, or or ) belongs, not \(shown())")
    }
    return node
  }

  private mutating func comparison() throws(MetadataPredicateError) -> Node {
    let path = try self.path()
    let isNegated = take(word: "not")
    let node: Node
    if take(word: "exists") {
      node = .exists(path)
    } else if take(word: "contains") {
      node = .contains(path, try literal())
    } else if take(word: "in") {
      node = .equals(path, try list())
    } else if isNegated {
      throw error("behind not belongs in, contains or exists, not \(shown())")
    } else {
      node = try ordered(path)
    }
    return isNegated ? .not(node) : node
  }

  private mutating func ordered(_ path: MetadataPath) throws(MetadataPredicateError) -> Node {
    _ = next()
    let start = position
    var sign = ""
    while position < bytes.count, "=<>!".utf8.contains(bytes[position]) {
      sign.unicodeScalars.append(Unicode.Scalar(bytes[position]))
      position += 1
    }
    let order: MetadataPredicate.Order
    switch sign {
    case "=", "==": return .equals(path, [try literal()])
    case "!=", "<>": return .differs(path, try literal())
    case "<": order = .less
    case "<=": order = .lessOrEqual
    case ">": order = .greater
    case ">=": order = .greaterOrEqual
    case "":
      throw error("behind \(path) belongs =, !=, <, <=, >, >=, in, contains or exists, not \(shown())")
    default:
      throw error("there is no comparison \(sign); there are =, !=, <, <=, > and >=", at: start)
    }
    _ = next()
    let place = position
    let bound = try literal()
    if bound.number != nil { return .ordered(path, order, .number(bound)) }
    guard bound.isString else {
      throw error(
        "only numbers and strings have an order; true, false and null can be compared with = and !=", at: place)
    }
    if let time = MetadataPredicate.time(bound.text, 0..<bound.text.count) { return .ordered(path, order, .time(time)) }
    return .ordered(path, order, .string(bound))
  }

  // MARK: Paths

  private mutating func path() throws(MetadataPredicateError) -> MetadataPath {
    guard let byte = next() else { throw error("the condition ends where a path such as metadata.tags belongs") }
    let start = position
    guard Self.isPlain(byte) else {
      throw error("here a path such as metadata.tags belongs, or not, or a parenthesis, not \(shown())")
    }
    let name = plainWord()
    guard name == Array("metadata".utf8) else {
      let word = String(decoding: name, as: UTF8.self)
      throw error("paths begin with metadata: write metadata.\(word)", at: start)
    }
    var steps: [MetadataPath.Step] = []
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: ".") {
        position += 1
        steps.append(.key(try key()))
      } else if bytes[position] == UInt8(ascii: "[") {
        position += 1
        steps.append(try element())
      } else {
        break
      }
    }
    guard !steps.isEmpty else { throw error("behind metadata belongs a point and a key, as in metadata.tags") }
    guard steps.count <= EventLimits.nesting else {
      throw error("a path of more than \(EventLimits.nesting) parts", at: start)
    }
    return MetadataPath(steps)
  }

  private mutating func key() throws(MetadataPredicateError) -> [UInt8] {
    if position < bytes.count, Self.isQuote(bytes[position]) { return JSONEscape.escaped(try string()) }
    let key = plainWord()
    guard !key.isEmpty else {
      throw error("behind the point belongs a key; one of other characters stands in quotes, as in metadata.\"a b\"")
    }
    return key
  }

  private mutating func element() throws(MetadataPredicateError) -> MetadataPath.Step {
    let start = position
    guard let byte = next() else { throw error("the bracket is never closed", at: start - 1) }
    let step: MetadataPath.Step
    if byte == UInt8(ascii: "*") {
      position += 1
      step = .anyElement
    } else if Self.isQuote(byte) {
      step = .key(JSONEscape.escaped(try string()))
    } else {
      var number = 0
      while position < bytes.count, bytes[position] &- 0x30 <= 9, number <= EventLimits.metadataLength {
        number = number * 10 + Int(bytes[position] & 0xF)
        position += 1
      }
      guard position > start, bytes[position - 1] &- 0x30 <= 9 else {
        throw error("in brackets belongs the number of an element from 0 on, * for any, or a key in quotes")
      }
      step = .element(number)
    }
    guard take(UInt8(ascii: "]")) else { throw error("here ] belongs, not \(shown())") }
    return step
  }

  // MARK: Values

  private mutating func list() throws(MetadataPredicateError) -> [Literal] {
    guard take(UInt8(ascii: "(")) else {
      throw error("behind in belong values in parentheses, as in (\"a\", \"b\"), not \(shown())")
    }
    var literals = [try literal()]
    while take(UInt8(ascii: ",")) { literals.append(try literal()) }
    guard take(UInt8(ascii: ")")) else { throw error("here , or ) belongs, not \(shown())") }
    return literals
  }

  private mutating func literal() throws(MetadataPredicateError) -> Literal {
    guard let byte = next() else {
      throw error("the condition ends where a value belongs: a string in quotes, a number, true, false or null")
    }
    if Self.isQuote(byte) { return Literal(string: try string()) }
    let start = position
    while position < bytes.count, JSONWalk.isScalar(bytes[position]) || Self.isPlain(bytes[position]) { position += 1 }
    let word = Array(bytes[start..<position])
    if ["true", "false", "null"].contains(where: { Array($0.utf8) == word }) { return Literal(scalar: word) }
    if let first = word.first, first == UInt8(ascii: "-") || first &- 0x30 <= 9 {
      let number = Literal(scalar: word)
      if number.number != nil { return number }
      throw error("\(String(decoding: word, as: UTF8.self)) is no number of JSON; a string stands in quotes", at: start)
    }
    position = start
    let hint = word.isEmpty ? "" : ": write \"\(String(decoding: word, as: UTF8.self))\""
    throw error(
      "here a value belongs: a string in quotes, a number, true, false or null, not \(shown())\(hint)")
  }

  /// The UTF-8 of a string in double or single quotes.
  private mutating func string() throws(MetadataPredicateError) -> [UInt8] {
    let start = position
    let quote = bytes[position]
    position += 1
    var result: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == quote { return result }
      if byte != UInt8(ascii: "\\") {
        result.append(byte)
        continue
      }
      guard position < bytes.count else { break }
      let letter = bytes[position]
      position += 1
      switch letter {
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(letter)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"): result += Array(String(try scalar()).utf8)
      default:
        throw error("there is no such escape; a backslash is written \\\\", at: position - 2)
      }
    }
    throw error("the string is never closed", at: start)
  }

  /// What stands behind `\u`, perhaps with the second half of a pair.
  private mutating func scalar() throws(MetadataPredicateError) -> Character {
    let start = position - 2
    guard var value = unit() else { throw error("behind \\u belong four hexadecimal digits", at: start) }
    if value & 0xFC00 == 0xD800, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      if let low = unit(), low & 0xFC00 == 0xDC00 { value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF) }
    }
    guard let scalar = Unicode.Scalar(value) else { throw error("half of a pair of \\u", at: start) }
    return Character(scalar)
  }

  private mutating func unit() -> UInt32? {
    guard position + 4 <= bytes.count,
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
      bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-")
    else { return nil }
    position += 4
    return value
  }

  // MARK: Words

  /// The next byte that is no white space, at which the position is then.
  private mutating func next() -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      if byte != 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D { return byte }
      position += 1
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next() == byte else { return false }
    position += 1
    return true
  }

  /// Takes a word in any case, if it stands here as a whole.
  private mutating func take(word: StaticString) -> Bool {
    _ = next()
    let wanted = Array("\(word)".utf8)
    let end = position + wanted.count
    guard end <= bytes.count else { return false }
    for (index, byte) in wanted.enumerated() where bytes[position + index] | 0x20 != byte { return false }
    if end < bytes.count, Self.isPlain(bytes[end]) { return false }
    position = end
    return true
  }

  private mutating func plainWord() -> [UInt8] {
    let start = position
    while position < bytes.count, Self.isPlain(bytes[position]) { position += 1 }
    return Array(bytes[start..<position])
  }

  /// Whether a key with this byte needs no quotes.
  static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "$"),
      UInt8(ascii: "@"), 0x80...0xFF:
      true
    default: false
    }
  }

  private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

  // MARK: Errors

  /// What stands at the position, for an error.
  private func shown() -> String {
    guard position < bytes.count else { return "the end" }
    var end = position
    while end < bytes.count, Self.isPlain(bytes[end]), end - position < 24 { end += 1 }
    if end > position { return String(decoding: bytes[position..<end], as: UTF8.self) }
    return String(decoding: bytes[position...], as: UTF8.self).prefix(1).description
  }

  private func error(_ reason: String, at place: Int? = nil) -> MetadataPredicateError {
    let before = String(decoding: bytes[..<min(place ?? position, bytes.count)], as: UTF8.self)
    return MetadataPredicateError(text: text, position: before.count + 1, reason: reason)
  }
}
