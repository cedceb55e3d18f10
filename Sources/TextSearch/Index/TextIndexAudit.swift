/// Compares an index with the texts from which it should have been made, token by token. In a transaction.
package struct TextIndexAudit {
  private let index: TextIndex
  private let find: SQLiteStatement
  /// Of each row, the sum of a hash of every token with its place.
  private var fingerprints: [Int64: UInt64] = [:]
  private var seen = 0
  private let tokenizer = Tokenizer()

  /// Reads the whole index.
  package init(_ index: TextIndex) throws(SQLiteError) {
    self.index = index
    find = try index.prepare(
      """
      SELECT u.id, u.version, u.size, u.user FROM units u JOIN users n ON n.id = u.user
      WHERE n.name = ?1 AND u.unit = ?2 AND u.deleted = 0
      """)
    try index.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, texts, instance)")
    let tokens = try index.prepare("SELECT doc, term, col, offset FROM temp.vocabulary")
    defer { tokens.reset() }
    while try tokens.step() {
      let hash = Self.hash(tokens.bytes(1), column: tokens.bytes(2), position: tokens.integer(3))
      fingerprints[tokens.integer(0), default: 0] &+= hash
    }
  }

  /// What is wrong with the index of a living unit; nil where it is as it should be.
  package mutating func problem(of document: TextDocument) throws(SQLiteError) -> String? {
    try find.bind(document.user, at: 1)
    try find.bind(document.unit, at: 2)
    defer { find.reset() }
    guard try find.step() else { return "is not in the index" }
    seen += 1
    if find.integer(1) != document.version { return "is in the index in another version" }
    var expected = Self.hash(Array(TextIndex.owner(find.integer(3)).utf8), column: Self.owner, position: 0)
    var size = 0
    for (column, text) in [(Self.title, document.title), (Self.content, document.content)] {
      var position: Int64 = 0
      tokenizer.forEachToken(in: text) { token, _ in
        expected &+= Self.hash(token, column: column, position: position)
        position += 1
      }
      size += Int(position)
    }
    let isSame = fingerprints[find.integer(0)] == expected && Int(find.integer(2)) == size
    return isSame ? nil : "has other words in the index"
  }

  /// How many units are in the index that were not asked for.
  package func surplus() throws(SQLiteError) -> Int {
    let count = try index.prepare("SELECT count(*) FROM units WHERE deleted = 0")
    return Int(try count.firstInteger() ?? 0) - seen
  }

  private static let owner = Array("owner".utf8)
  private static let title = Array("title".utf8)
  private static let content = Array("content".utf8)

  /// FNV-1a of the token and its column, mixed with the place.
  private static func hash(_ token: [UInt8], column: [UInt8], position: Int64) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in token { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ 0x20) &* 0x100_0000_01B3
    for byte in column { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash ^= UInt64(bitPattern: position) &* 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
    return hash ^ hash >> 27
  }
}
