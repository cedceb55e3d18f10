import Columnar
import Parquet
import StorageIO

/// The rows of a Parquet file one after the other, and their values as text: what decoders of events and of memory units have
/// in common.
struct ParquetRows: Sendable {
  /// A column that is read.
  struct Column: Sendable {
    /// Among the columns of the file.
    let place: Int
    let name: String
    let cells: ParquetCells
  }

  let columns: [Column]
  private var batches: ParquetBatchReader
  private var current: [ColumnBatch] = []
  private var rowsOfCurrent = 0
  /// The next row of the current columns, and of each column the next value.
  private var row = 0
  private var next: [Int] = []

  init(_ file: ParquetReader, _ columns: [Column]) {
    self.columns = columns
    batches = ParquetBatchReader(file, columns: columns.map(\.place))
  }

  /// A file as it lies on the disk; it must not be truncated meanwhile.
  static func map(_ path: String) throws(DiskError) -> Bytes {
    Bytes(try StorageEnvironment.posix.disk.map(path))
  }

  /// Whether there is a row; `rowsAhead` are read together, where none is left in memory.
  mutating func isReady(rowsAhead: Int) throws(FormatError) -> Bool {
    if isReady { return true }
    guard let read = try batches.next(limit: rowsAhead) else { return false }
    current = read.columns
    rowsOfCurrent = read.rowCount
    row = 0
    next = [Int](repeating: 0, count: columns.count)
    return true
  }

  /// Whether there is a row in memory.
  var isReady: Bool { row < rowsOfCurrent }

  /// Appends the value of the row in a column, of which each is asked once.
  @inline(__always)
  mutating func append(column index: Int, to output: inout [UInt8]) {
    columns[index].cells.append(current[index], row: row, next: &next[index], to: &output)
  }

  /// Ends the row.
  mutating func advance() { row += 1 }

  /// A row as the quarantine keeps it: its columns as a JSON object of texts.
  func object(_ texts: some Sequence<some Collection<UInt8>>) -> [UInt8] {
    var object: [UInt8] = [UInt8(ascii: "{")]
    for (column, text) in zip(columns, texts) {
      if object.count > 1 { object.append(UInt8(ascii: ",")) }
      object.append(json: column.name.utf8)
      object.append(UInt8(ascii: ":"))
      if text.isEmpty { object.append(contentsOf: "null".utf8) } else { object.append(json: text) }
    }
    object.append(UInt8(ascii: "}"))
    return object
  }
}
