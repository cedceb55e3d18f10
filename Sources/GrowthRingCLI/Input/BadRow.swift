import GrowthRing

/// A record that is not stored: where it stands, why, and what it says.
struct BadRow: Sendable {
  let file: String
  /// From 1; nil where it is not known.
  let line: Int?
  /// From 0.
  let record: Int
  /// The field at fault; nil where the whole record is.
  let field: String?
  let reason: EventRejection.Reason
  /// The reason in words.
  let text: String
  /// What the reason alone cannot say; usually empty.
  let detail: String
  let raw: [UInt8]
  let isTruncated: Bool

  init(_ rejected: RejectedRecord, file: String) {
    self.file = file
    line = rejected.rejection.line
    record = rejected.rejection.row
    field = rejected.rejection.field?.name
    reason = rejected.rejection.reason
    text = reason.text
    detail = rejected.rejection.detail
    raw = rejected.raw
    isTruncated = rejected.isTruncated
  }

  init(_ rejected: RejectedUnit, file: String) {
    self.init(
      rejected.rejection, file: file, line: rejected.rejection.line, record: rejected.rejection.row, raw: rejected.raw,
      isTruncated: rejected.isTruncated)
  }

  /// A unit that the store has refused; it is written down as NDJSON, whatever it was read from.
  init(_ rejection: UnitRejection, of unit: MemoryUnit, file: String, line: Int?, record: Int) {
    var bytes: [UInt8] = []
    NDJSONUnitEncoder().encode(unit, into: &bytes)
    bytes.removeLast()
    self.init(
      rejection, file: file, line: line, record: record, raw: Array(bytes.prefix(Self.longestUnit)),
      isTruncated: bytes.count > Self.longestUnit)
  }

  private static let longestUnit = 64 << 10

  init(
    _ rejection: UnitRejection, file: String, line: Int?, record: Int, raw: [UInt8], isTruncated: Bool
  ) {
    self.file = file
    self.line = line
    self.record = record
    field = rejection.field?.name
    reason = rejection.reason
    text =
      switch rejection.reason {
      case .conflict: "repeats a muid and updated_at with other content"
      case .unknownField: "has a key that is no field of a unit"
      default: rejection.reason.text
      }
    detail = rejection.detail
    self.raw = raw
    self.isTruncated = isTruncated
  }

  /// A row that the store has refused; it is written down as NDJSON, whatever it was read from.
  init(_ rejection: EventRejection, of decoded: DecodedBatch) {
    file = decoded.file
    record = decoded.places.record(ofRow: rejection.row)
    line = decoded.places.line(ofRecord: record)
    field = rejection.field?.name
    reason = rejection.reason
    text = reason.text
    detail = rejection.detail
    var bytes: [UInt8] = []
    NDJSONEventEncoder().encode(decoded.batch, rows: rejection.row..<rejection.row + 1, into: &bytes)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    raw = bytes
    isTruncated = false
  }

  /// `line 7: delta has more than six fractional digits`.
  var description: String {
    let place = line.map { "line \($0)" } ?? "record \(record + 1)"
    // The reason in words is part of what a rule says.
    return "\(place): \(field ?? "the record") \(text)\(detail.isEmpty ? "" : ": \(detail)")"
  }

  /// The row as one line of the quarantine.
  var quarantineLine: [UInt8] {
    var object = JSONObject()
    object.put("file", file)
    if let line { object.put("line", line) } else { object.putNothing("line") }
    object.put("record", record + 1)
    if let field { object.put("field", field) } else { object.putNothing("field") }
    object.put("reason", reason.code)
    let saysMore = reason == .malformed || reason == .outOfRange || reason == .tooManyDigits || reason == .unknownField
    object.put("detail", detail.isEmpty ? text : saysMore ? "\(text): \(detail)" : detail)
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
