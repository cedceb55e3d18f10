/// Why one event cannot be stored, and which.
public struct EventRejection: Error, Hashable, Sendable {
  /// The event's place, from 0: in the batch, or among the records of a file.
  public var row: Int
  /// The line, from 1, on which the record begins; nil for events that came from no file.
  public var line: Int?
  /// The field at fault; nil where the whole record is.
  public var field: EventField?
  public var reason: Reason
  /// What the reason alone cannot say, such as the rule that was broken; usually empty.
  public var detail: String

  public init(row: Int, line: Int? = nil, field: EventField? = nil, reason: Reason, detail: String = "") {
    self.row = row
    self.line = line
    self.field = field
    self.reason = reason
    self.detail = detail
  }

  /// The kinds of fault. The raw values are stable codes for machines: they are printed, stored and compared.
  public enum Reason: String, Error, CaseIterable, Sendable {
    /// A required field is absent or null.
    case missing
    /// A required text is empty.
    case empty
    /// Not in the form that the field asks for.
    case malformed
    /// Well-formed, but outside the range of the type or of the dimension.
    case outOfRange
    /// More fractional digits than are stored; nothing is ever rounded.
    case tooManyDigits
    /// Longer than the limit of the field or of a line.
    case tooLong
    /// Objects or arrays nested deeper than the limit.
    case tooDeep
    case invalidUTF8
    /// The character U+0000, which texts must not hold.
    case nulByte
    /// A key twice in one object.
    case duplicateKey
    /// A key that is no field of an event.
    case unknownField
    /// The growth model in force has no such dimension.
    case unknownDimension
    /// The growth model in force has no such entity type.
    case unknownEntityType
    /// Metadata that break a rule of the growth model.
    case metadataRule
    /// The metadata name another unit of memory than the field `source_muid`.
    case otherSource
    /// The same user and event id are stored with other content.
    case conflict
    /// Of a memory unit: another unit of the user has the same content, and that was to be rejected.
    case duplicateContent

    /// The stable code, for machines.
    public var code: String { rawValue }

    /// The fault in words, for people.
    public var text: String {
      switch self {
      case .missing: "is missing"
      case .empty: "is empty"
      case .malformed: "is malformed"
      case .outOfRange: "is out of range"
      case .tooManyDigits: "has more than six fractional digits"
      case .tooLong: "is too long"
      case .tooDeep: "is nested too deeply"
      case .invalidUTF8: "is not valid UTF-8"
      case .nulByte: "contains the character U+0000"
      case .duplicateKey: "has a key twice"
      case .unknownField: "has a key that is no field of an event"
      case .unknownDimension: "names a dimension that the growth model does not have"
      case .unknownEntityType: "names an entity type that the growth model does not have"
      case .metadataRule: "breaks a metadata rule of the growth model"
      case .otherSource: "is not the one that the metadata name"
      case .conflict: "repeats an event id with other content"
      case .duplicateContent: "repeats the content of another unit of the user"
      }
    }
  }
}

extension EventRejection: CustomStringConvertible {
  /// Such as `line 7: delta has more than six fractional digits`.
  public var description: String {
    let place = line.map { "line \($0)" } ?? "row \(row)"
    let subject = field?.name ?? "the event"
    return "\(place): \(subject) \(reason.text)" + (detail.isEmpty ? "" : ": \(detail)")
  }
}
