/// Takes versions of units into an index, in any order, and the same one as often as one likes: the newest of each unit counts.
package struct TextIndexWriter {
  private var state: TextIndex.State
  private let database: SQLiteDatabase
  private let findUser: SQLiteStatement
  private let addUser: SQLiteStatement
  private let findUnit: SQLiteStatement
  private let removeUnit: SQLiteStatement
  private let addUnit: SQLiteStatement
  private let addText: SQLiteStatement
  private let tokenizer = Tokenizer()
  private var lastUser: (name: [UInt8], id: Int64)?

  init(_ database: SQLiteDatabase, _ state: TextIndex.State) throws(SQLiteError) {
    self.database = database
    self.state = state
    findUser = try database.prepare("SELECT id FROM users WHERE name = ?1")
    addUser = try database.prepare("INSERT INTO users(name) VALUES(?1) RETURNING id")
    findUnit = try database.prepare("SELECT id, version, deleted FROM units WHERE user = ?1 AND unit = ?2")
    removeUnit = try database.prepare("DELETE FROM units WHERE id = ?1")
    addUnit = try database.prepare("INSERT INTO units VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
    addText = try database.prepare("INSERT INTO texts(rowid, owner, title, content) VALUES(?1, ?2, ?3, ?4)")
  }

  package mutating func add(_ document: TextDocument) throws(SQLiteError) {
    let user = try number(ofUser: Array(document.user.utf8))
    if let known = try known(user, document.unit) {
      // An older version, or the same once more.
      if known.version >= document.version { return }
      if !known.isDeleted { state.dead += 1 }
      try removeUnit.bind(known.id, at: 1)
      try removeUnit.run()
    }
    var size = 0
    if !document.isDeleted {
      let title = tokenizer.folded(document.title)
      let content = tokenizer.folded(document.content)
      size = title.count + content.count
      try addText.bind(state.next, at: 1)
      try addText.bind(TextIndex.owner(user), at: 2)
      try addText.bind(title.text, at: 3)
      try addText.bind(content.text, at: 4)
      try addText.run()
      state.rows += 1
      state.tokens += size
    }
    try addUnit.bind(state.next, at: 1)
    try addUnit.bind(user, at: 2)
    try addUnit.bind(document.unit, at: 3)
    try addUnit.bind(document.version, at: 4)
    try addUnit.bind(Int64(size), at: 5)
    try addUnit.bind(document.isDeleted ? 1 : 0, at: 6)
    try addUnit.run()
    state.next += 1
  }

  /// Takes out a unit of which the store knows nothing any more.
  package mutating func remove(_ entry: TextIndex.Entry) throws(SQLiteError) {
    if !entry.isDeleted { state.dead += 1 }
    try removeUnit.bind(entry.id, at: 1)
    try removeUnit.run()
  }

  private func known(
    _ user: Int64, _ unit: String
  ) throws(SQLiteError) -> (id: Int64, version: Int64, isDeleted: Bool)? {
    try findUnit.bind(user, at: 1)
    try findUnit.bind(unit, at: 2)
    defer { findUnit.reset() }
    guard try findUnit.step() else { return nil }
    return (findUnit.integer(0), findUnit.integer(1), findUnit.integer(2) != 0)
  }

  private mutating func number(ofUser name: [UInt8]) throws(SQLiteError) -> Int64 {
    if let lastUser, lastUser.name == name { return lastUser.id }
    try findUser.bind(name, at: 1)
    var id = try findUser.firstInteger()
    if id == nil {
      try addUser.bind(name, at: 1)
      id = try addUser.firstInteger()
    }
    let found = id ?? 0
    lastUser = (name, found)
    return found
  }

  /// From now on the index covers commits up to `covered`, of which `mark` is a version, and knows of `expired` versions that
  /// expired; nil for what is as before.
  package func finish(covered: UInt64, mark: TextMark?, expired: Int? = nil) throws(SQLiteError) {
    let update = try database.prepare(
      """
      UPDATE state SET covered = ?1, rows = ?2, tokens = ?3, dead = ?4, next = ?5, expired = ?6,
        mark_user = ?7, mark_unit = ?8, mark_version = ?9, mark_hash = ?10
      """)
    try update.bind(Int64(bitPattern: max(covered, state.covered)), at: 1)
    try update.bind(Int64(state.rows), at: 2)
    try update.bind(Int64(state.tokens), at: 3)
    try update.bind(Int64(state.dead), at: 4)
    try update.bind(state.next, at: 5)
    try update.bind(Int64(expired ?? state.expired), at: 6)
    let mark = mark ?? state.mark
    try update.bind(mark?.user ?? "", at: 7)
    try update.bind(mark?.unit ?? "", at: 8)
    try update.bind(mark?.version ?? 0, at: 9)
    try update.bind(Int64(bitPattern: mark?.hash ?? 0), at: 10)
    try update.run()
  }
}
