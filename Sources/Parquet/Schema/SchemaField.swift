/// A field of a schema: a column, or a group of fields.
package struct SchemaField: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    /// A column; `length` is the width of fixed-length values, else 0.
    case column(PhysicalType, length: Int)
    case group([SchemaField])
  }

  package var name: String
  package var repetition: Repetition
  package var content: Content
  package var logical: LogicalType?
  package var id: Int32?

  package init(
    _ name: String, _ repetition: Repetition = .required, _ type: PhysicalType, length: Int = 0,
    _ logical: LogicalType? = nil, id: Int32? = nil
  ) {
    precondition((length > 0) == (type == .fixedLengthByteArray), "fixed-length values have a length, others none")
    self.name = name
    self.repetition = repetition
    self.content = .column(type, length: length)
    self.logical = logical
    self.id = id
  }

  package init(
    _ name: String, _ repetition: Repetition, group: [SchemaField], _ logical: LogicalType? = nil, id: Int32? = nil
  ) {
    self.name = name
    self.repetition = repetition
    self.content = .group(group)
    self.logical = logical
    self.id = id
  }

  /// A list in the three levels that the format asks for.
  package static func list(_ name: String, _ repetition: Repetition, of element: SchemaField) -> SchemaField {
    var element = element
    element.name = "element"
    let middle = SchemaField("list", .repeated, group: [element])
    return SchemaField(name, repetition, group: [middle], .list)
  }
}
