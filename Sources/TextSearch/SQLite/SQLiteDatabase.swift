import CSQLite

/// A connection to a database: one of two owners of SQLite's pointers.
///
/// Unchecked because a pointer is not Sendable: it never changes, and the connection is opened in the mode in which SQLite takes
/// a lock of its own for every call.
@safe
package final class SQLiteDatabase: @unchecked Sendable {
  private let handle: OpaquePointer
  /// How long it waits for locks of others.
  private let waitMilliseconds: Int32

  /// Opens or makes a database; in memory where there is no path. Waits so long for locks of others.
  package init(path: String?, waitMilliseconds: Int32 = 60_000) throws(SQLiteError) {
    self.waitMilliseconds = waitMilliseconds
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
  package func reset() throws(SQLiteError) {
    // Whatever comes of it: unread, a database whose log was cut off is taken for one without a log, and SQLite waits until nobody
    // has it open.
    try? execute("SELECT count(*) FROM sqlite_master")
    try check(unsafe growthring_sqlite_reset(handle))
  }

  /// Makes `growthring_counts(table)` known: how often each phrase stands in each column of a row.
  package func registerCounts() throws(SQLiteError) { try check(unsafe growthring_sqlite_register(handle)) }

  /// Runs `body`, which fails instead of waiting for a lock.
  package func withoutWaiting<R>(_ body: () throws(SQLiteError) -> R) throws(SQLiteError) -> R {
    unsafe sqlite3_busy_timeout(handle, 0)
    defer { unsafe sqlite3_busy_timeout(handle, waitMilliseconds) }
    return try body()
  }

  /// Moves what is in the log of a database in WAL mode into its file, and cuts the log off; throws where others read what is in
  /// the log, or write, and then has moved what it could.
  package func checkpoint() throws(SQLiteError) {
    try check(unsafe sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil))
  }

  /// Rows that were changed so far, modulo 2^32.
  package var changes: Int32 { unsafe sqlite3_total_changes(handle) }

  package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }
}
