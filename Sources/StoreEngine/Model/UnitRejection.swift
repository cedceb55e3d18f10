/// Why one memory unit cannot be stored, and which.
public struct UnitRejection: Error, Hashable, Sendable {
  /// The unit's place, from 0: in the batch, or among the records of a file.
  public var row: Int
  /// The line, from 1, on which the record begins; nil for units that came from no file.
  public var line: Int?
  /// The field at fault; nil where the whole record is.
  public var field: UnitField?
  public var reason: EventRejection.Reason
  /// What the reason alone cannot say, such as the rule that was broken; usually empty.
  public var detail: String

  public init(
    row: Int, line: Int? = nil, field: UnitField? = nil, reason: EventRejection.Reason, detail: String = ""
  ) {
    self.row = row
    self.line = line
    self.field = field
    self.reason = reason
    self.detail = detail
  }
}

extension UnitRejection: CustomStringConvertible {
  /// Such as `line 7: content is too long`.
  public var description: String {
    let place = line.map { "line \($0)" } ?? "row \(row)"
    let subject = field?.name ?? "the unit"
    let text = reason == .conflict ? "repeats a muid and updated_at with other content" : reason.text
    return "\(place): \(subject) \(text)" + (detail.isEmpty ? "" : ": \(detail)")
  }
}
