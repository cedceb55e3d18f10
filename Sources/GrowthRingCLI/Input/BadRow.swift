import GrowthRing

/// A record that is not stored: where it stands, why, and what it says.
struct BadRow: Sendable {
  let file: String
  /// From 1; nil where it is not known.
  let line: Int?
  /// From 0.
  let record: Int
  let rejection: EventRejection
  let raw: [UInt8]
  let isTruncated: Bool

  init(_ rejected: RejectedRecord, file: String) {
    self.file = file
    line = rejected.rejection.line
    record = rejected.rejection.row
    rejection = rejected.rejection
    raw = rejected.raw
    isTruncated = rejected.isTruncated
  }

  /// A row that the store has refused; it is written down as NDJSON, whatever it was read from.
  init(_ rejection: EventRejection, of decoded: DecodedBatch) {
    file = decoded.file
    record = decoded.places.record(ofRow: rejection.row)
    line = decoded.places.line(ofRecord: record)
    self.rejection = rejection
    var bytes: [UInt8] = []
    NDJSONEventEncoder().encode(decoded.batch, rows: rejection.row..<rejection.row + 1, into: &bytes)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    raw = bytes
    isTruncated = false
  }

  /// `line 7: delta has more than six fractional digits`.
  var description: String {
    let place = line.map { "line \($0)" } ?? "record \(record + 1)"
    let subject = rejection.field?.name ?? "the record"
    // The reason in words is part of what a rule says.
    let text = rejection.detail.isEmpty ? rejection.reason.text : "\(rejection.reason.text): \(rejection.detail)"
    return "\(place): \(subject) \(text)"
  }

  /// The row as one line of the quarantine.
  var quarantineLine: [UInt8] {
    var object = JSONObject()
    object.put("file", file)
    if let line { object.put("line", line) } else { object.putNothing("line") }
    object.put("record", record + 1)
    if let field = rejection.field { object.put("field", field.name) } else { object.putNothing("field") }
    object.put("reason", rejection.reason.code)
    object.put("detail", rejection.detail.isEmpty ? rejection.reason.text : rejection.detail)
    if let text = String(validating: raw, as: UTF8.self) {
      object.put("raw", text)
    } else {
      object.put("raw", String(decoding: raw, as: UTF8.self))
      // Where the bytes are no text, they are kept exactly beside their repaired form.
      object.put("raw_hex", Self.hexadecimal(raw))
    }
    if isTruncated { object.put("truncated", true) }
    return object.line
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0xF)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
