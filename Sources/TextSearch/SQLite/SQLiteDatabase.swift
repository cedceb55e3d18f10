import CSQLite

/// A connection to a database: one of two owners of SQLite's pointers.
///
/// Unchecked because a pointer is not Sendable: it never changes, and the connection is opened in the mode in which SQLite takes
/// a lock of its own for every call.
@safe
package final class SQLiteDatabase: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Opens or makes a database; in memory where there is no path. Waits so long for locks of others.
  package init(path: String?, waitMilliseconds: Int32 = 60_000) throws(SQLiteError) {
    var handle: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX
    let result = unsafe sqlite3_open_v2(path ?? ":memory:", &handle, flags, nil)
    guard let opened = unsafe handle else { throw SQLiteError(code: SQLITE_NOMEM, message: "out of memory") }
    unsafe self.handle = opened
    unsafe sqlite3_extended_result_codes(opened, 1)
    unsafe sqlite3_busy_timeout(opened, waitMilliseconds)
    try check(result)
  }

  deinit { unsafe sqlite3_close_v2(handle) }

  func check(_ result: Int32) throws(SQLiteError) {
    if result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE { return }
    throw SQLiteError(code: result, message: unsafe String(cString: sqlite3_errmsg(handle)))
  }

  /// Runs statements that have no rows and no values.
  package func execute(_ statements: String) throws(SQLiteError) {
    try check(unsafe sqlite3_exec(handle, statements, nil, nil, nil))
  }

  package func prepare(_ statement: String) throws(SQLiteError) -> SQLiteStatement {
    var prepared: OpaquePointer?
    try check(
      unsafe sqlite3_prepare_v3(handle, statement, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
    guard let result = unsafe prepared else { throw SQLiteError(code: SQLITE_ERROR, message: "an empty statement") }
    return unsafe SQLiteStatement(result, of: self)
  }

  /// Makes the database empty, whatever its state, under SQLite's own locks.
  package func reset() throws(SQLiteError) { try check(unsafe growthring_sqlite_reset(handle)) }

  /// Makes `growthring_counts(table)` known: how often each phrase stands in each column of a row.
  package func registerCounts() throws(SQLiteError) { try check(unsafe growthring_sqlite_register(handle)) }

  package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }
}
