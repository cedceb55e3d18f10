import GrowthRing

/// One JSON object on a line, for results that are no rows.
struct JSONObject {
  private var bytes: [UInt8] = [UInt8(ascii: "{")]

  mutating func put(_ key: String, _ value: String) {
    begin(key)
    bytes.append(json: value.utf8)
  }

  mutating func put(_ key: String, _ value: some BinaryInteger) {
    begin(key)
    bytes.append(String(value))
  }

  mutating func put(_ key: String, _ value: Bool) {
    begin(key)
    bytes.append(value ? "true" : "false")
  }

  /// A number that was measured, with so many fractional digits.
  mutating func put(_ key: String, measured value: Double, digits: Int) {
    begin(key)
    let text = NumberText.fixed(value, digits)
    bytes.append(text == "-" ? "null" : text)
  }

  mutating func putNothing(_ key: String) {
    begin(key)
    bytes.append("null" as StaticString)
  }

  mutating func put(_ key: String, _ values: [String]) {
    begin(key)
    bytes.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(json: value.utf8)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// Pairs of where each begins and ends.
  mutating func put(_ key: String, _ ranges: [Range<Int>]) {
    begin(key)
    bytes.append("[" + ranges.map { "[\($0.lowerBound),\($0.upperBound)]" }.joined(separator: ",") + "]")
  }

  mutating func put(_ key: String, _ object: JSONObject) {
    begin(key)
    bytes.append(contentsOf: object.bytes)
    bytes.append(UInt8(ascii: "}"))
  }

  /// The object with a line feed.
  var line: [UInt8] { bytes + [UInt8(ascii: "}"), UInt8(ascii: "\n")] }

  private mutating func begin(_ key: String) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    bytes.append(json: key.utf8)
    bytes.append(UInt8(ascii: ":"))
  }
}
