/// The index of the texts of one partition, on SQLite's FTS5. See Formats/search.md.
///
/// It is derived from the store and can be thrown away at any time. It knows up to which commit of the store it covers it, and
/// every change of it is one transaction with that number, so that a crash leaves it behind the store at most. The texts
/// themselves are not in it.
///
/// Not for several threads at once: whoever has it takes turns. Several processes may have the same file.
package final class TextIndex: Sendable {
  /// Of tables and tokens together: an index of another version is built anew.
  package static let version = 2

  let database: SQLiteDatabase
  /// Whose index it is.
  private let store: String
  package let isInMemory: Bool
  /// Whether it was made, or made empty, when it was opened.
  package let wasMade: Bool

  private let beginRead: SQLiteStatement
  private let beginWrite: SQLiteStatement
  private let commitStatement: SQLiteStatement
  private let rollbackStatement: SQLiteStatement
  private let readState: SQLiteStatement
  private let findUser: SQLiteStatement
  private let findName: SQLiteStatement
  /// How many texts an expression finds.
  let countTexts: SQLiteStatement
  /// The texts that an expression finds, with what is known of their units, which is null for dead ones.
  let findTexts: SQLiteStatement

  /// Opens the index of a store, or makes it; in memory where there is no path. A file that is of another version or another
  /// store is made empty.
  ///
  /// - Throws: an error of kind `damaged` where the file is none of ours or broken: ``reset(path:)`` helps.
  package init(path: String?, store: String) throws(SQLiteError) {
    database = try SQLiteDatabase(path: path)
    self.store = store
    isInMemory = path == nil
    if path != nil {
      try database.execute("PRAGMA journal_mode=WAL")
      // Without a sync of every commit: a power loss may take the last ones, and they are made up for.
      try database.execute("PRAGMA synchronous=NORMAL")
    }
    beginRead = try database.prepare("BEGIN")
    beginWrite = try database.prepare("BEGIN IMMEDIATE")
    commitStatement = try database.prepare("COMMIT")
    rollbackStatement = try database.prepare("ROLLBACK")
    wasMade = try Self.prepareTables(database, store)
    try database.registerCounts()
    readState = try database.prepare(
      """
      SELECT covered, rows, tokens, dead, next, expired, mark_user, mark_unit, mark_version, mark_hash FROM state
      """)
    // Made once, since FTS5 and its tables take longer to be looked up than a short list to be read.
    findUser = try database.prepare("SELECT id FROM users WHERE name = ?1")
    findName = try database.prepare("SELECT name FROM users WHERE id = ?1")
    countTexts = try database.prepare("SELECT count(*) FROM texts WHERE texts MATCH ?1")
    // The left side of such a join is read first: what FTS5 finds, and then its unit.
    findTexts = try database.prepare(
      """
      SELECT growthring_counts(texts), u.size, u.version, u.unit, u.user
      FROM texts LEFT JOIN units u ON u.id = texts.rowid AND u.deleted = 0 WHERE texts MATCH ?1
      """)
  }

  /// Makes a file empty that is damaged or foreign, whatever else has it open.
  package static func reset(path: String) throws(SQLiteError) { try SQLiteDatabase(path: path).reset() }

  /// Whether there was none of this version and store.
  private static func prepareTables(_ database: SQLiteDatabase, _ store: String) throws(SQLiteError) -> Bool {
    if try isCurrent(database, store) { return false }
    try database.execute("BEGIN IMMEDIATE")
    do throws(SQLiteError) {
      let isDue = try !isCurrent(database, store)
      if isDue {
        try database.execute(
          """
          DROP TABLE IF EXISTS state;
          DROP TABLE IF EXISTS users;
          DROP TABLE IF EXISTS units;
          DROP TABLE IF EXISTS texts;
          CREATE TABLE state(version INTEGER, store TEXT, covered INTEGER, rows INTEGER, tokens INTEGER, dead INTEGER,
            next INTEGER, expired INTEGER, mark_user TEXT, mark_unit TEXT, mark_version INTEGER, mark_hash INTEGER);
          CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
          CREATE TABLE units(id INTEGER PRIMARY KEY, user INTEGER NOT NULL, unit TEXT NOT NULL, version INTEGER NOT NULL,
            size INTEGER NOT NULL, deleted INTEGER NOT NULL);
          CREATE UNIQUE INDEX units_of_users ON units(user, unit);
          CREATE VIRTUAL TABLE texts USING fts5(owner, title, content, content='', columnsize=0, tokenize='ascii');
          """)
        let insert = try database.prepare("INSERT INTO state VALUES(\(version), ?1, 0, 0, 0, 0, 1, 0, '', '', 0, 0)")
        try insert.bind(store, at: 1)
        try insert.run()
      }
      try database.execute("COMMIT")
      return isDue
    } catch {
      try? database.execute("ROLLBACK")
      throw error
    }
  }

  private static func isCurrent(_ database: SQLiteDatabase, _ store: String) throws(SQLiteError) -> Bool {
    let tables = try database.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'state'")
    guard try tables.firstInteger() == 1 else { return false }
    let columns = try database.prepare(
      "SELECT count(*) FROM pragma_table_info('state') WHERE name IN ('version', 'store')")
    guard try columns.firstInteger() == 2 else { return false }
    let state = try database.prepare("SELECT count(*) FROM state WHERE version = \(version) AND store = ?1")
    try state.bind(store, at: 1)
    return try state.firstInteger() == 1
  }

  // MARK: Transactions

  /// Within it the index does not change; with `writing`, nobody else changes it, and it may be changed.
  package func begin(writing: Bool) throws(SQLiteError) { try (writing ? beginWrite : beginRead).run() }

  package func commit() throws(SQLiteError) { try commitStatement.run() }

  /// Ends a transaction, if there is one, without its changes.
  package func rollback() { if database.isInTransaction { try? rollbackStatement.run() } }

  // MARK: State

  package struct State: Sendable, Hashable {
    /// All versions of commits up to this number are known to the index.
    package var covered: UInt64
    /// Texts in the index, replaced ones included.
    package var rows: Int
    package var tokens: Int
    /// Texts that were replaced since or deleted.
    package var dead: Int
    var next: Int64
    /// The number of expired versions of which the index knows.
    package var expired: Int
    /// A version of the commit `covered`; nil while nothing is covered.
    package var mark: TextMark?

    /// Whether so much of it is dead that it is worth to build it anew.
    package var isWorn: Bool { dead > 1000 + 2 * (rows - dead) }
  }

  package func state() throws(SQLiteError) -> State {
    defer { readState.reset() }
    guard try readState.step() else { throw SQLiteError(code: Self.missing, message: "the index has no state") }
    return State(
      covered: UInt64(bitPattern: readState.integer(0)), rows: Int(readState.integer(1)),
      tokens: Int(readState.integer(2)), dead: Int(readState.integer(3)), next: readState.integer(4),
      expired: Int(readState.integer(5)),
      mark: readState.bytes(7).isEmpty
        ? nil
        : TextMark(
          user: readState.text(6), unit: readState.text(7), version: readState.integer(8),
          hash: UInt64(bitPattern: readState.integer(9))))
  }

  /// SQLITE_CORRUPT: a table of ours is not as we left it.
  static let missing: Int32 = 11

  // MARK: Changing

  /// Takes out everything. In a transaction that writes.
  package func clear() throws(SQLiteError) {
    try database.execute(
      """
      DELETE FROM units;
      DELETE FROM users;
      INSERT INTO texts(texts) VALUES('delete-all');
      UPDATE state SET covered = 0, rows = 0, tokens = 0, dead = 0, next = 1, expired = 0, mark_user = '', mark_unit = '';
      """)
  }

  /// Takes in versions of units. In a transaction that writes, until `finish`.
  package func writer() throws(SQLiteError) -> TextIndexWriter {
    try Self.set(database)
    return try TextIndexWriter(database, try state())
  }

  /// A unit in the index, in its newest version.
  package struct Entry: Sendable {
    package let user: String
    package let unit: String
    package let version: Int64
    package let isDeleted: Bool
    let id: Int64
  }

  /// The entries of which a condition holds, in no order. In a transaction.
  package func entries<E: Error>(
    failure: E.Type, where isWanted: (Entry) throws(E) -> Bool
  ) throws(SQLiteError) -> Result<[Entry], E> {
    let rows = try database.prepare(
      "SELECT u.id, u.unit, u.version, u.deleted, n.name FROM units u JOIN users n ON n.id = u.user")
    defer { rows.reset() }
    var entries: [Entry] = []
    while try rows.step() {
      let entry = Entry(
        user: rows.text(4), unit: rows.text(1), version: rows.integer(2), isDeleted: rows.integer(3) != 0,
        id: rows.integer(0))
      do throws(E) {
        if try isWanted(entry) { entries.append(entry) }
      } catch {
        return .failure(error)
      }
    }
    return .success(entries)
  }

  /// The token that stands for a user in the column `owner`.
  static func owner(_ user: Int64) -> String { "u\(user)" }

  // MARK: Parts of it, for searching and verifying

  func prepare(_ statement: String) throws(SQLiteError) -> SQLiteStatement { try database.prepare(statement) }

  func execute(_ statements: String) throws(SQLiteError) { try database.execute(statements) }

  /// The number of a user; nil where nothing of that user is in the index.
  func number(ofUser name: String) throws(SQLiteError) -> Int64? {
    try findUser.bind(name, at: 1)
    return try findUser.firstInteger()
  }

  func name(ofUser number: Int64) throws(SQLiteError) -> String {
    try findName.bind(number, at: 1)
    defer { findName.reset() }
    guard try findName.step() else { throw SQLiteError(code: Self.missing, message: "a unit of nobody") }
    return findName.text(0)
  }
}
