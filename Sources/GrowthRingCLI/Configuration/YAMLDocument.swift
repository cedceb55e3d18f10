import GrowthRing
import Yams

/// Turns YAML into the neutral tree that growth models and ageing policies are read from.
///
/// Plain scalars are resolved by the core schema of YAML 1.2, so that `no` and `on` stay texts, and numbers keep their
/// spelling. Quoted and block scalars are texts. Aliases are followed; a document that grows beyond a limit by them is
/// refused.
enum YAMLDocument {
  /// The most nodes a document may unfold to.
  static let mostNodes = 200_000
  static let deepest = 32

  static func parse(_ yaml: String, file: String) throws(ConfigurationError) -> DocumentNode {
    func failure(_ line: Int?, _ column: Int?, _ reason: String) -> ConfigurationError {
      ConfigurationError(file: file, problems: [.init(line: line, column: column, keyPath: "", reason: reason)])
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch let error as YamlError {
      let mark = mark(of: error)
      throw failure(mark?.line, mark?.column, reason(of: error))
    } catch {
      throw failure(nil, nil, "\(error)")
    }
    guard let root else { throw failure(1, nil, "the document is empty") }
    var remaining = mostNodes
    do throws(ConfigurationError.Problem) {
      return try convert(root, depth: 0, remaining: &remaining, after: 1)
    } catch {
      throw ConfigurationError(file: file, problems: [error])
    }
  }

  private static func mark(of error: YamlError) -> Mark? {
    switch error {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark
    case .duplicatedKeysInMapping(_, let context): context.mark
    default: nil
    }
  }

  private static func reason(of error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
    case .reader(let problem, _, _, _): problem
    case .duplicatedKeysInMapping(let keys, _):
      "given more than once in one mapping: " + keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    default: "\(error)"
    }
  }

  private static func convert(
    _ node: Node, depth: Int, remaining: inout Int, after line: Int
  ) throws(ConfigurationError.Problem) -> DocumentNode {
    let line = node.mark?.line ?? line
    remaining -= 1
    guard remaining >= 0 else {
      throw .init(line: line, keyPath: "", reason: "the document unfolds to more than \(mostNodes) values")
    }
    guard depth <= deepest else {
      throw .init(line: line, keyPath: "", reason: "nested deeper than \(deepest) levels")
    }
    switch node {
    case .scalar(let scalar): return DocumentNode(value(of: scalar), line: line)
    case .sequence(let sequence):
      var elements: [DocumentNode] = []
      for element in sequence {
        elements.append(try convert(element, depth: depth + 1, remaining: &remaining, after: line))
      }
      return DocumentNode(.sequence(elements), line: line)
    case .mapping(let mapping):
      var entries: [DocumentNode.Entry] = []
      for (key, value) in mapping {
        let keyLine = key.mark?.line ?? line
        guard case .scalar(let scalar) = key else {
          throw .init(line: keyLine, keyPath: "", reason: "a key must be a single value")
        }
        let value = try convert(value, depth: depth + 1, remaining: &remaining, after: keyLine)
        entries.append(.init(key: scalar.string, line: keyLine, value: value))
      }
      return DocumentNode(.mapping(entries), line: line)
    case .alias:
      throw .init(line: line, keyPath: "", reason: "an alias without an anchor")
    }
  }

  private static func value(of scalar: Node.Scalar) -> DocumentNode.Value {
    guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
    switch scalar.string {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    default: return isNumber(scalar.string) ? .number(jsonSpelling(of: scalar.string)) : .string(scalar.string)
    }
  }

  /// JSON has neither a plus sign nor zeros before a number.
  private static func jsonSpelling(of number: String) -> String {
    var digits = Substring(number)
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits.removeFirst() }
    while digits.first == "0", digits.dropFirst().first?.isNumber == true { digits.removeFirst() }
    return (isNegative ? "-" : "") + digits
  }

  /// `[-+]digits[.digits][e[-+]digits]`, the decimal numbers of the core schema.
  private static func isNumber(_ text: String) -> Bool {
    var rest = Substring(text)
    func dropDigits() -> Int {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest.removeFirst(digits.count)
      return digits.count
    }
    if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
    guard dropDigits() > 0 else { return false }
    if rest.first == "." {
      rest.removeFirst()
      guard dropDigits() > 0 else { return false }
    }
    if rest.first == "e" || rest.first == "E" {
      rest.removeFirst()
      if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
      guard dropDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
