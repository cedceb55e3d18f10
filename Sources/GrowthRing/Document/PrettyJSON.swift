/// Writes indented JSON, one field a line.
struct PrettyJSON {
  private(set) var text = ""
  private var depth = 0
  private var isFirst = true

  init() {}

  mutating func object(_ body: (inout PrettyJSON) -> Void) {
    open("{")
    body(&self)
    close("}")
  }

  mutating func field(_ key: String, string: String) { field(key, number: Self.quoted(string)) }

  /// A field whose value is a number, `true` or `false`.
  mutating func field(_ key: String, number: String) {
    line(Self.quoted(key) + ": " + number)
  }

  /// A list on one line.
  mutating func field(_ key: String, inline elements: [String]) {
    field(key, number: "[" + elements.joined(separator: ", ") + "]")
  }

  mutating func field(_ key: String, object body: (inout PrettyJSON) -> Void) {
    line(Self.quoted(key) + ": ")
    object(body)
  }

  /// A list of objects.
  mutating func field<T>(_ key: String, objects: [T], _ body: (inout PrettyJSON, T) -> Void) {
    line(Self.quoted(key) + ": ")
    open("[")
    for element in objects {
      line("")
      object { body(&$0, element) }
    }
    close("]")
  }

  /// A string in quotes, with the escapes that JSON demands and no others.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private mutating func line(_ content: String) {
    if !isFirst { text += "," }
    text += "\n" + String(repeating: "  ", count: depth) + content
    isFirst = false
  }

  private mutating func open(_ bracket: String) {
    text += bracket
    depth += 1
    isFirst = true
  }

  private mutating func close(_ bracket: String) {
    depth -= 1
    if !isFirst { text += "\n" + String(repeating: "  ", count: depth) }
    text += bracket
    isFirst = false
  }
}
