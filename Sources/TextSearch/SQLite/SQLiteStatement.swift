import CSQLite

/// A prepared statement: the other owner of SQLite's pointers. Used by one thread at a time, as whoever holds it sees to.
///
/// Unchecked for the reason of its database, which it keeps open.
@safe
package final class SQLiteStatement: @unchecked Sendable {
  private let handle: OpaquePointer
  private let database: SQLiteDatabase

  @unsafe
  init(_ handle: OpaquePointer, of database: SQLiteDatabase) {
    unsafe self.handle = handle
    self.database = database
  }

  deinit { unsafe sqlite3_finalize(handle) }

  // MARK: Values, whose numbers begin with 1

  package func bind(_ value: Int64, at number: Int32) throws(SQLiteError) {
    try database.check(unsafe sqlite3_bind_int64(handle, number, value))
  }

  package func bind(_ text: [UInt8], at number: Int32) throws(SQLiteError) {
    let result = unsafe text.withUnsafeBytes { bytes in
      // SQLite copies the text at once. An address is needed even of nothing, which else would be null.
      let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      guard let start = bytes.baseAddress else { return unsafe sqlite3_bind_text(handle, number, "", 0, copied) }
      return unsafe sqlite3_bind_text64(
        handle, number, start.assumingMemoryBound(to: CChar.self), UInt64(bytes.count), copied, UInt8(SQLITE_UTF8))
    }
    try database.check(result)
  }

  package func bind(_ text: String, at number: Int32) throws(SQLiteError) { try bind(Array(text.utf8), at: number) }

  // MARK: Rows, whose columns begin with 0

  /// Whether there is another row.
  package func step() throws(SQLiteError) -> Bool {
    let result = unsafe sqlite3_step(handle)
    try database.check(result)
    return result == SQLITE_ROW
  }

  /// Runs the statement to its end, and makes it ready for the next time.
  package func run() throws(SQLiteError) {
    defer { reset() }
    while try step() {}
  }

  /// The first column of the first row; nil where there is none. The statement is ready for the next time.
  package func firstInteger() throws(SQLiteError) -> Int64? {
    defer { reset() }
    return try step() ? integer(0) : nil
  }

  package func reset() { unsafe sqlite3_reset(handle) }

  package func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

  package func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

  package func bytes(_ column: Int32) -> [UInt8] {
    guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  /// Appends the bytes of a column.
  package func append(_ column: Int32, to bytes: inout [UInt8]) {
    guard let start = unsafe sqlite3_column_blob(handle, column) else { return }
    unsafe bytes.append(
      contentsOf: UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  package func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

  /// Puts the 32-bit numbers of a column into `numbers`, in place of what was there.
  package func numbers(_ column: Int32, into numbers: inout [Int32]) {
    numbers.removeAll(keepingCapacity: true)
    guard let start = unsafe sqlite3_column_blob(handle, column) else { return }
    let count = Int(unsafe sqlite3_column_bytes(handle, column)) / 4
    for place in 0..<count {
      numbers.append(unsafe start.loadUnaligned(fromByteOffset: place * 4, as: Int32.self))
    }
  }
}
