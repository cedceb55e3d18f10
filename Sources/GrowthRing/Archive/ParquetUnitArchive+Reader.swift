import Columnar
import Parquet
import StoreEngine

extension ParquetUnitArchive {
  /// Reads archived files of memory units, a row group at a time without its contents, and these page by page.
  struct Reader: ArchivedUnitReader {
    private let file: ParquetReader
    private let path: String

    /// `path` names the file in errors.
    init(_ bytes: Bytes, path: String) throws(StoreError) {
      self.path = path
      do {
        file = try ParquetReader(bytes)
      } catch {
        throw StoreError(error, file: path)
      }
      guard file.schema.fields == schema.fields else {
        throw StoreError(.corruption, file: path, offset: 0, "the columns are not those of archived memory units")
      }
    }

    var rowGroupCount: Int { file.metadata.rowGroups.count }

    func versions(rowGroup: Int) throws(StoreError) -> [UnitVersion] {
      do {
        return try read(rowGroup)
      } catch {
        throw StoreError(error, file: path)
      }
    }

    private func read(_ group: Int) throws(FormatError) -> [UnitVersion] {
      let users = try ids(.user, group)
      let muids = try ids(.muid, group)
      let sourceTypes = try texts(.sourceType, group)
      let titles = try texts(.title, group)
      let contentTypes = try texts(.contentType, group)
      let statuses = try texts(.status, group)
      let createdAt = try integers(place(.createdAt), group)
      let updatedAt = try integers(place(.updatedAt), group)
      let sequences = try integers(UnitField.allCases.count, group)
      let importance = try importance(group)
      let metadata = try metadata(group)
      guard case .boolean(let deleted) = try column(place(.isDeleted), group).values else {
        throw FormatError(offset: 0, "no booleans")
      }
      let nothing = Bytes([])
      var versions: [UnitVersion] = []
      versions.reserveCapacity(users.count)
      for row in users.indices {
        var fields = UnitVersion.Fields()
        fields.user = users[row]
        fields.muid = muids[row]
        fields.updatedAt = updatedAt[row]
        fields.createdAt = createdAt[row]
        fields.sourceType = sourceTypes[row]
        fields.contentType = contentTypes[row]
        fields.status = statuses[row]
        fields.title = titles[row]
        fields.metadata = metadata[row]
        fields.importance = importance[row]
        fields.isDeleted = deleted[row]
        try fields.check()
        guard sequences[row] > 0 else { throw FormatError(offset: 0, "row \(row): a sequence number below 1") }
        versions.append(UnitVersion(fields, content: nothing, sequence: UInt64(sequences[row])))
      }
      return versions
    }

    func contents(rowGroup: Int, around row: Int) throws(StoreError) -> (places: Range<Int>, contents: [Bytes]) {
      do {
        return try contents(rowGroup, row)
      } catch {
        throw StoreError(error, file: path)
      }
    }

    private func contents(_ group: Int, _ row: Int) throws(FormatError) -> (places: Range<Int>, contents: [Bytes]) {
      let rows = file.metadata.rowGroups[group].rowCount
      guard let index = try file.offsetIndex(rowGroup: group, column: place(.content)), row < rows,
        let page = index.pages.lastIndex(where: { $0.firstRow <= row })
      else { throw FormatError(offset: 0, "no offset index of contents") }
      let end = page + 1 < index.pages.count ? index.pages[page + 1].firstRow : rows
      let batch = try file.column(place(.content), rowGroup: group, pages: page..<page + 1, of: index)
      guard case .bytes(let column) = batch.values else { throw FormatError(offset: 0, "no contents") }
      return (index.pages[page].firstRow..<end, (0..<column.count).map { Bytes(column[$0]) })
    }

    // MARK: Columns

    /// All rows have a place in it, as its row group says.
    private func column(_ place: Int, _ group: Int) throws(FormatError) -> ColumnBatch {
      try file.column(place, rowGroup: group)
    }

    private func integers(_ place: Int, _ group: Int) throws(FormatError) -> [Int64] {
      guard case .int64(let values) = try column(place, group).values else {
        throw FormatError(offset: 0, "no integers")
      }
      return values
    }

    private func texts(_ field: UnitField, _ group: Int) throws(FormatError) -> [[UInt8]] {
      try Self.rows(try column(place(field), group)) { (text) throws(FormatError) in text }
    }

    /// In stored form.
    private func ids(_ field: UnitField, _ group: Int) throws(FormatError) -> [[UInt8]] {
      try Self.rows(try column(place(field), group)) { (text) throws(FormatError) in
        guard (1...UnitLimits.idLength).contains(text.count) else {
          throw FormatError(offset: 0, "column \(field.name): an id of \(text.count) bytes")
        }
        return Identifier.encode(text)
      }
    }

    /// The values of rows; `body` is asked once about each string that is there once.
    private static func rows(
      _ batch: ColumnBatch, _ body: ([UInt8]) throws(FormatError) -> [UInt8]
    ) throws(FormatError) -> [[UInt8]] {
      guard case .bytes(let column) = batch.values else { throw FormatError(offset: 0, "no texts") }
      var strings: [[UInt8]] = []
      strings.reserveCapacity(column.strings.count)
      for string in 0..<column.strings.count { strings.append(try body(column.strings[string])) }
      guard let codes = column.codes else { return strings }
      return codes.map { strings[Int($0)] }
    }

    private func importance(_ group: Int) throws(FormatError) -> [Int64?] {
      let batch = try column(place(.importanceScore), group)
      guard case .int64(let values) = batch.values else { throw FormatError(offset: 0, "no decimals") }
      return batch.places(maxDefinition: 1).map { place in place.map { values[$0] } }
    }

    private func metadata(_ group: Int) throws(FormatError) -> [[UInt8]] {
      let batch = try column(place(.metadata), group)
      let values = try Self.rows(batch) { (text) throws(FormatError) in text }
      return batch.places(maxDefinition: 1).map { place in place.map { values[$0] } ?? [] }
    }
  }
}
