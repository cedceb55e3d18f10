import StoreEngine

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

  mutating func field(_ key: String, string: String) { field(key, number: JSONEscape.quoted(string)) }

  /// A field whose value is a number, `true` or `false`.
  mutating func field(_ key: String, number: String) {
    line(JSONEscape.quoted(key) + ": " + number)
  }

  /// A list on one line.
  mutating func field(_ key: String, inline elements: [String]) {
    field(key, number: "[" + elements.joined(separator: ", ") + "]")
  }

  mutating func field(_ key: String, object body: (inout PrettyJSON) -> Void) {
    line(JSONEscape.quoted(key) + ": ")
    object(body)
  }

  /// A list of objects.
  mutating func field<T>(_ key: String, objects: [T], _ body: (inout PrettyJSON, T) -> Void) {
    line(JSONEscape.quoted(key) + ": ")
    open("[")
    for element in objects {
      line("")
      object { body(&$0, element) }
    }
    close("]")
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
