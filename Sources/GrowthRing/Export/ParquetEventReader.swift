package import Columnar
import Parquet
import StorageIO
public import StoreEngine

/// Reads back what `ParquetEventWriter` wrote, a row group at a time, straight into columns: for comparing a file with its
/// source, and for reading archives. Files of other writers are for `ParquetDecoder`.
///
/// The file is not trusted: every value keeps the limits of its field, and metadata are canonical, or the file is damaged.
public struct ParquetEventReader: Sendable {
  private let file: ParquetReader

  /// Opens a file, which is mapped into memory and must not be truncated meanwhile.
  public init(path: String) throws(ParquetIngestError) {
    let mapping: Mapping
    do {
      mapping = try StorageEnvironment.posix.disk.map(path)
    } catch {
      throw .unreadable("\(error)")
    }
    try self.init(Bytes(mapping))
  }

  package init(_ bytes: Bytes) throws(ParquetIngestError) {
    do {
      file = try ParquetReader(bytes)
    } catch {
      throw .damaged(offset: error.offset, error.reason)
    }
    guard ParquetEventSchema.isKnown(file.schema.fields) else {
      throw .damaged(offset: 0, "the columns are not those of exported events")
    }
  }

  /// The number of events.
  public var count: Int { file.metadata.rowCount }

  public var rowGroupCount: Int { file.metadata.rowGroups.count }

  /// Events of a row group.
  public func count(rowGroup: Int) -> Int { file.metadata.rowGroups[rowGroup].rowCount }

  /// The events of a row group, in the order in which they stand there.
  public func events(rowGroup: Int) throws(ParquetIngestError) -> EventBatch {
    let (high, low) = try ids(rowGroup)
    let most = ParquetEventSchema.largestDelta
    let delta = try integers(.delta, rowGroup, -most...most)
    let createdAt = try integers(.createdAt, rowGroup, EventBatch.allowedTimes)
    var codes: [[UInt32]] = []
    var dictionaries: [ByteStringDictionary] = []
    for field in [EventField.user, .entity, .entityType, .dimension, .source, .scope, .metadata] {
      let column = try texts(field, rowGroup)
      codes.append(column.codes)
      dictionaries.append(column.dictionary)
    }
    return EventBatch(
      eventIDHigh: high, eventIDLow: low, codeColumns: codes, dictionaries: dictionaries, delta: delta,
      createdAt: createdAt)
  }

  private func place(_ field: EventField) -> Int { ParquetEventSchema.fields.firstIndex(of: field) ?? 0 }

  /// Calls `body` with each page of a column, and with how many of its strings are those of the chunk's dictionary. What
  /// it throws is why a value is none of the field.
  private func pages(
    _ field: EventField, _ rowGroup: Int, _ body: (ColumnBatch, Int) throws(EventRejection.Reason) -> Void
  ) throws(ParquetIngestError) {
    let expected = count(rowGroup: rowGroup)
    let chunk = file.metadata.rowGroups[rowGroup].columns[place(field)]
    var rows = 0
    do throws(FormatError) {
      var reader = try file.pages(rowGroup: rowGroup, column: place(field))
      while let page = try reader.nextPage() {
        rows += page.levelCount
        do throws(EventRejection.Reason) {
          try body(page, reader.dictionaryCount)
        } catch {
          throw FormatError(offset: chunk.dataPageOffset, "column \(field.name): a value \(error.text)")
        }
      }
      guard rows == expected else {
        throw FormatError(
          offset: chunk.dataPageOffset, "column \(field.name): \(rows) rows where \(expected) are expected")
      }
    } catch {
      throw .damaged(offset: error.offset, error.reason)
    }
  }

  /// Rows to make room for; what the file says is no reason to ask for much memory.
  private func room(_ rowGroup: Int) -> Int { min(count(rowGroup: rowGroup), 1 << 20) }

  private func ids(_ rowGroup: Int) throws(ParquetIngestError) -> (high: [UInt64], low: [UInt64]) {
    var high: [UInt64] = []
    var low: [UInt64] = []
    high.reserveCapacity(room(rowGroup))
    low.reserveCapacity(room(rowGroup))
    try pages(.eventID, rowGroup) { (page, _) throws(EventRejection.Reason) in
      guard case .fixed(let column) = page.values else { throw .malformed }
      guard Self.append(column, &high, &low) else { throw .malformed }
    }
    return (high, low)
  }

  /// False where an id is all zeros, which is none.
  private static func append(_ column: FixedColumn, _ high: inout [UInt64], _ low: inout [UInt64]) -> Bool {
    let before = high.count
    high.append(contentsOf: repeatElement(0, count: column.count))
    low.append(contentsOf: repeatElement(0, count: column.count))
    return unsafe column.bytes.withUnsafeBytes { bytes in
      unsafe high.withUnsafeMutableBufferPointer { high in
        unsafe low.withUnsafeMutableBufferPointer { low in
          var isThere = true
          for row in 0..<column.count {
            let first = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: row &* 16, as: UInt64.self))
            let second = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: row &* 16 &+ 8, as: UInt64.self))
            unsafe high[before &+ row] = first
            unsafe low[before &+ row] = second
            isThere = isThere && first | second != 0
          }
          return isThere
        }
      }
    }
  }

  private func integers(
    _ field: EventField, _ rowGroup: Int, _ allowed: ClosedRange<Int64>
  ) throws(ParquetIngestError) -> [Int64] {
    var all: [Int64] = []
    all.reserveCapacity(room(rowGroup))
    try pages(field, rowGroup) { (page, _) throws(EventRejection.Reason) in
      guard case .int64(let values) = page.values else { throw .malformed }
      var smallest = Int64.max
      var largest = Int64.min
      for value in values {
        smallest = min(smallest, value)
        largest = max(largest, value)
      }
      guard values.isEmpty || (allowed.contains(smallest) && allowed.contains(largest)) else { throw .outOfRange }
      all.append(contentsOf: values)
    }
    return all
  }

  private func texts(_ field: EventField, _ rowGroup: Int) throws(ParquetIngestError) -> ParquetTextColumn {
    var column = ParquetTextColumn(field, rows: room(rowGroup))
    try pages(field, rowGroup) { (page, shared) throws(EventRejection.Reason) in
      try column.append(page, shared: shared)
    }
    return column
  }
}
