/// What keeps an index small and quick while nobody needs it. It changes nothing of what is found.
extension TextIndex {
  /// What FTS5 is told. It keeps that in the file, so an index of an earlier release gets it when it is filled.
  ///
  /// - `hashsize`: the bytes of new lists that wait in memory before they are written. Of what comes in one transaction, fewer
  ///   pieces are then written and merged.
  /// - `usermerge`: how many lists of about one size are merged at rest.
  static let settings: [(name: String, value: Int64)] = [("hashsize", 8 << 20), ("usermerge", 2)]

  /// In a transaction that writes.
  static func set(_ database: SQLiteDatabase) throws(SQLiteError) {
    let read = try database.prepare("SELECT v FROM texts_config WHERE k = ?1")
    for (name, value) in settings {
      try read.bind(name, at: 1)
      if try read.firstInteger() == value { continue }
      let write = try database.prepare("INSERT INTO texts(texts, rank) VALUES(?1, ?2)")
      try write.bind(name, at: 1)
      try write.bind(value, at: 2)
      try write.run()
    }
  }

  /// The pages that a call of FTS5 merges before it gives back those that it has read: so many lie idle in the file afterwards.
  private static let pagesOfCall: Int64 = 16
  private static let callsOfStep = 16

  /// Merges lists of about one size, so that a search has few to look into: a step that takes milliseconds, in a transaction of its
  /// own. Returns whether there is more to do. Not in a transaction.
  ///
  /// - Throws: where another process writes, for which it does not wait.
  package func mergeStep() throws(SQLiteError) -> Bool {
    try database.withoutWaiting { () throws(SQLiteError) in
      try begin(writing: true)
      do throws(SQLiteError) {
        let merge = try prepare("INSERT INTO texts(texts, rank) VALUES('merge', ?1)")
        try merge.bind(Self.pagesOfCall, at: 1)
        for _ in 0..<Self.callsOfStep {
          let before = database.changes
          try merge.run()
          // The command itself counts as one.
          if database.changes &- before < 2 {
            try commit()
            return false
          }
        }
        try commit()
        return true
      } catch {
        rollback()
        throw error
      }
    }
  }

  /// Takes what is in SQLite's log into the file, and cuts the log off. Not in a transaction.
  ///
  /// - Throws: where somebody is in the way, for whom it does not wait.
  package func checkpoint() throws(SQLiteError) {
    try database.withoutWaiting { () throws(SQLiteError) in try database.checkpoint() }
  }
}
