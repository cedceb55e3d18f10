/// Strings as templates with holes, and the values of the holes in columns. See Formats/encodings.md, "Text page".
///
/// Metadata repeat their keys in every text, and many of their values. As columns the values cost what they differ in,
/// and are found under the path of their key. This knows nothing of JSON: who splits the strings decides what a template
/// is, and a string is its template's literals and its values in turn.
package enum TemplatePage {
  /// The fixed parts of strings of one shape: a literal, then for every hole a value of its column and a literal.
  package struct Template: Sendable {
    package var literals: [[UInt8]]
    /// For every hole the number of its column.
    package var columns: [Int]

    package init(literals: [[UInt8]], columns: [Int]) {
      precondition(literals.count == columns.count + 1, "a literal before, between and behind the holes")
      self.literals = literals
      self.columns = columns
    }
  }

  /// The values that stand in the holes of one path, in the order of the strings.
  package struct Column: Sendable {
    package let path: [UInt8]
    package var values = ByteStringDictionary()
    package var codes: [Int64] = []

    package init(path: [UInt8]) { self.path = path }
  }

  static let texts: UInt8 = 0
  static let integers: UInt8 = 1

  /// Values in all columns of a page.
  package static let mostValues = 1 << 20
  /// Bytes of all strings of a page.
  package static let largestLength = 1 << 26
  static let longestPath = 1 << 16

  /// Appends a page: the templates, for every string the number of its template, and the columns.
  package static func encode(
    _ templates: [Template], _ numbers: [Int64], _ columns: [Column], into writer: inout ByteWriter
  ) {
    writer.append(TextPage.templates)
    writer.appendVarint(numbers.count)
    writer.appendVarint(columns.count)
    for column in columns { writer.appendString(column.path) }
    writer.appendVarint(templates.count)
    for template in templates {
      writer.appendVarint(template.columns.count)
      for column in template.columns { writer.appendVarint(column) }
      for literal in template.literals { writer.appendString(literal) }
    }
    IntegerPage.encode(numbers, extended: true, into: &writer)
    for column in columns { encode(column, into: &writer) }
  }

  private static func encode(_ column: Column, into writer: inout ByteWriter) {
    let values = column.values
    let codes = IntegerPage.Plan(column.codes, 0..<column.codes.count, extended: true)
    if let numbers = numbers(values) {
      let all = column.codes.map { numbers[Int($0)] }
      let plan = IntegerPage.Plan(all, 0..<all.count, findScale: true, extended: true)
      if plan.length <= codes.length + values.arena.count + values.count {
        writer.append(integers)
        plan.encode(all, 0..<all.count, into: &writer)
        return
      }
    }
    writer.append(texts)
    DictionaryPage.encode(values, 0..<values.count, into: &writer)
    codes.encode(column.codes, 0..<column.codes.count, into: &writer)
  }

  /// The values as numbers, where each is spelled as this would spell it.
  private static func numbers(_ values: ByteStringDictionary) -> [Int64]? {
    var numbers: [Int64] = []
    numbers.reserveCapacity(values.count)
    for code in 0..<UInt32(values.count) {
      let start = values.start(code)
      guard let number = number(values.arena[start..<start + values.length(code)]) else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  private static func number(_ text: ArraySlice<UInt8>) -> Int64? {
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = isNegative ? text.dropFirst() : text
    guard let first = digits.first, digits.count <= 18 else { return nil }
    if first == UInt8(ascii: "0"), digits.count > 1 || isNegative { return nil }
    var number: Int64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      number = number * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return isNegative ? -number : number
  }

  static func append(_ number: Int64, to output: inout [UInt8]) {
    let start = output.count
    var rest = number.magnitude
    repeat {
      output.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    if number < 0 { output.append(UInt8(ascii: "-")) }
    output[start...].reverse()
  }
}
