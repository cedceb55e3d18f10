public import StoreEngine

/// One event of a batch that the growth model does not allow, and why.
public struct ModelViolation: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// The model does not list the dimension.
    case unknownDimension
    /// The model lists entity types, and this is none of them.
    case unknownEntityType
    /// The delta is outside the dimension's range.
    case deltaOutOfRange
    /// The metadata breaks a rule.
    case metadataRule
  }

  /// The event's row in its batch, counted from 0.
  public let row: Int
  public let kind: Kind
  /// The reason in words.
  public let text: String
}

extension ModelViolation {
  /// The violation as the rejection that a caller of the store sees.
  ///
  /// - Parameter line: the line of the event's record, where it came from a file.
  public func rejection(line: Int? = nil) -> EventRejection {
    let (field, reason): (EventField, EventRejection.Reason) =
      switch kind {
      case .unknownDimension: (.dimension, .unknownDimension)
      case .unknownEntityType: (.entityType, .unknownEntityType)
      case .deltaOutOfRange: (.delta, .outOfRange)
      case .metadataRule: (.metadata, .metadataRule)
      }
    return EventRejection(row: row, line: line, field: field, reason: reason, detail: text)
  }
}
