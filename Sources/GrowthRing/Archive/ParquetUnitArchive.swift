import Columnar
import Parquet
import StoreEngine

/// Archived files of memory units: the columns of an export, and the number of the commit of every version. See
/// Formats/archive.md, "Memory units".
enum ParquetUnitArchive {
  /// The name of the last column.
  static let sequence = "sequence"

  static let schema = ParquetSchema(
    UnitField.allCases.map { ParquetUnitWriter.column($0, metadata: .string) }
      + [SchemaField(sequence, .required, .int64)],
    rootName: "memory_unit")

  /// Rows of a row group are sorted by these.
  static let sorting = [
    SortingColumn(place(.user)), SortingColumn(place(.muid)), SortingColumn(place(.updatedAt), isDescending: true),
  ]

  static let keyValues = [KeyValue("growthring.archived_units", "1")]

  static func place(_ field: UnitField) -> Int { UnitField.allCases.firstIndex(of: field) ?? 0 }

  struct Writer: ArchivedUnitWriter {
    private var writer: ParquetWriter

    init(profile: ParquetEventWriter.Profile) {
      var options = ParquetWriterOptions(
        profile: profile == .compatible ? .compatible : .compact, createdBy: "growthring version 0.1.0")
      options.columns[UnitField.user.name] = .init(hasBloomFilter: true)
      // One content is read without the others, or with few.
      options.pageBytes = 1 << 20
      options.pageValues = 1 << 15
      options.columns[UnitField.content.name] = .init(isWithoutDictionary: true)
      options.sorting = sorting
      options.keyValues = keyValues
      writer = ParquetWriter(schema, options: options)
    }

    mutating func writeRowGroup(_ versions: [UnitVersion], into output: inout [UInt8]) throws(StoreError) {
      let largest = ParquetUnitWriter.largestImportance
      guard versions.allSatisfy({ ($0.fields.importance ?? 0).magnitude <= largest.magnitude }) else {
        throw StoreError(.invalidArgument, "an importance that does not fit DECIMAL(18,6)")
      }
      writer.write(ArchivedUnitColumns(versions).columns()) { output.append(contentsOf: $0) }
    }

    mutating func finish(into output: inout [UInt8]) throws(StoreError) {
      writer.finish { output.append(contentsOf: $0) }
    }
  }
}

/// Versions as the columns of a row group.
private struct ArchivedUnitColumns {
  private let versions: [UnitVersion]
  private let users: [[UInt8]]
  private let muids: [[UInt8]]

  /// Sorts them by the texts of their ids, which is not always the order of the stored form.
  init(_ given: [UnitVersion]) {
    let users = given.map { Self.spelled($0.user) }
    let muids = given.map { Self.spelled($0.muid) }
    func precedes(_ a: Int, _ b: Int) -> Bool {
      if users[a] != users[b] { return users[a].lexicographicallyPrecedes(users[b]) }
      if muids[a] != muids[b] { return muids[a].lexicographicallyPrecedes(muids[b]) }
      return given[a].updatedAt > given[b].updatedAt
    }
    guard given.indices.dropFirst().contains(where: { !precedes($0 - 1, $0) }) else {
      (versions, self.users, self.muids) = (given, users, muids)
      return
    }
    let order = given.indices.sorted(by: precedes)
    versions = order.map { given[$0] }
    self.users = order.map { users[$0] }
    self.muids = order.map { muids[$0] }
  }

  private static func spelled(_ id: [UInt8]) -> [UInt8] { Array((Identifier.decode(id) ?? "").utf8) }

  func columns() -> [ColumnBatch] {
    UnitField.allCases.map { column($0) } + [ColumnBatch(.int64(versions.map { Int64($0.sequence) }))]
  }

  private func column(_ field: UnitField) -> ColumnBatch {
    switch field {
    case .muid: Self.texts(muids)
    case .user: Self.texts(users)
    case .sourceType: texts(\.sourceType)
    case .title: texts(\.title)
    case .content: contents()
    case .contentType: texts(\.contentType)
    case .status: texts(\.status)
    case .createdAt: ColumnBatch(.int64(versions.map(\.fields.createdAt)))
    case .updatedAt: ColumnBatch(.int64(versions.map(\.fields.updatedAt)))
    case .importanceScore:
      ColumnBatch(
        .int64(versions.compactMap(\.fields.importance)),
        definition: versions.map { $0.fields.importance == nil ? 0 : 1 })
    case .metadata:
      ColumnBatch(
        .bytes(ByteColumn(ByteStrings(versions.map(\.fields.metadata).filter { !$0.isEmpty }))),
        definition: versions.map { $0.fields.metadata.isEmpty ? 0 : 1 })
    case .isDeleted: ColumnBatch(.boolean(versions.map(\.fields.isDeleted)))
    }
  }

  private static func texts(_ texts: [[UInt8]]) -> ColumnBatch { ColumnBatch(.bytes(ByteColumn(ByteStrings(texts)))) }

  private func texts(_ part: KeyPath<UnitVersion.Fields, [UInt8]>) -> ColumnBatch {
    Self.texts(versions.map { $0.fields[keyPath: part] })
  }

  private func contents() -> ColumnBatch {
    var strings = ByteStrings()
    for version in versions { strings.append(version.content.array) }
    return ColumnBatch(.bytes(ByteColumn(strings)))
  }
}
