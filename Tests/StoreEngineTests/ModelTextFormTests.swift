import StoreEngine
import Testing

struct ModelTextFormTests {
  private func text(_ body: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = []
    body(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("a\nb", "\"a\nb\""),
    ("a\r", "\"a\r\""), (" a", "\" a\""), ("a ", "\"a \""), ("ü;'", "ü;'"),
  ])
  func csv(value: String, expected: String) { #expect(text { $0.append(csv: value.utf8) } == expected) }

  @Test(arguments: [
    ("plain", "\"plain\""), ("", "\"\""), ("a\"b\\", "\"a\\\"b\\\\\""),
    ("\u{0}\u{1}\u{1F}\n\t\r\u{8}\u{C}/", "\"\\u0000\\u0001\\u001f\\n\\t\\r\\b\\f/\""), ("ü😀", "\"ü😀\""),
    ("\u{7F}", "\"\u{7F}\""),
  ])
  func json(value: String, expected: String) {
    #expect(text { $0.append(json: value.utf8) } == expected)
    #expect(JSONEscape.quoted(value) == expected)
    #expect(String(decoding: JSONEscape.escaped(Array(value.utf8)), as: UTF8.self) == expected.dropFirst().dropLast())
  }
}
