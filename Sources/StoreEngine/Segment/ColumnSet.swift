/// Which columns a reader wants. The others cost nothing and come as zeros and empty texts.
package struct ColumnSet: OptionSet, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package init(_ column: TextColumn) { rawValue = 1 << UInt16(column.rawValue) }

  package static let user = ColumnSet(.user)
  package static let entity = ColumnSet(.entity)
  package static let entityType = ColumnSet(.entityType)
  package static let dimension = ColumnSet(.dimension)
  package static let source = ColumnSet(.source)
  package static let scope = ColumnSet(.scope)
  package static let metadata = ColumnSet(.metadata)
  package static let createdAt = ColumnSet(rawValue: 1 << 7)
  package static let eventID = ColumnSet(rawValue: 1 << 8)
  package static let delta = ColumnSet(rawValue: 1 << 9)

  package static let all = ColumnSet(rawValue: (1 << 10) - 1)
  /// What the order of a segment is made of.
  package static let key: ColumnSet = [.user, .entity, .entityType, .dimension, .createdAt, .eventID]
}
