import CSQLite

/// What SQLite answered instead of success.
package struct SQLiteError: Error, Sendable, CustomStringConvertible {
  package enum Kind: Sendable {
    /// The file is no database, or not a sound one.
    case damaged
    /// Another process holds the lock for too long.
    case busy
    /// The file cannot be opened or written here.
    case unavailable
    case full
    case other
  }

  /// With SQLite's extension of it.
  package let code: Int32
  package let message: String

  package var kind: Kind {
    switch code & 0xFF {
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_SCHEMA, SQLITE_MISMATCH: .damaged
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH, SQLITE_NOLFS: .unavailable
    case SQLITE_FULL: .full
    default: .other
    }
  }

  package var description: String { "SQLite (\(code)): \(message)" }
}
