import StoreEngine

/// What a Delta table of the archive holds: the columns of its files, and what is told of them.
struct DeltaSchema: Sendable {
  struct Column: Sendable {
    let name: String
    /// As the table spells it.
    let type: String
    let isNullable: Bool
  }

  let name: String
  let description: String
  /// In the order of the files.
  let columns: [Column]
  /// The column whose bounds are told of every file, and whose months are those of the folders.
  let time: String

  static let events = DeltaSchema(
    name: "events", description: "Archived growth events",
    columns: ParquetEventSchema.fields.map { field in
      let type =
        switch field {
        case .eventID: "binary"
        case .delta: "decimal(\(ParquetEventSchema.precision),6)"
        case .createdAt: "timestamp"
        default: "string"
        }
      return Column(name: field.name, type: type, isNullable: !(field.isRequired || field == .eventID))
    }, time: EventField.createdAt.name)

  static let units = DeltaSchema(
    name: "memory_units", description: "Archived versions of memory units",
    columns: UnitField.allCases.map { field in
      let type =
        switch field {
        case .importanceScore: "decimal(18,6)"
        case .createdAt, .updatedAt: "timestamp"
        case .isDeleted: "boolean"
        default: "string"
        }
      return Column(name: field.name, type: type, isNullable: field == .importanceScore || field == .metadata)
    } + [Column(name: ParquetUnitArchive.sequence, type: "long", isNullable: false)], time: UnitField.updatedAt.name)

  /// The columns of the files, and the one that the names of folders tell.
  var text: String {
    let fields = (columns + [Column(name: "month", type: "string", isNullable: true)])
      .map { #"{"name":"\#($0.name)","type":"\#($0.type)","nullable":\#($0.isNullable),"metadata":{}}"# }
    return #"{"type":"struct","fields":["# + fields.joined(separator: ",") + "]}"
  }
}
