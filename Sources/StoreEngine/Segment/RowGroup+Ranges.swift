package import Columnar

extension RowGroup {
  /// The rows of a user, given in stored form; empty where there are none.
  package func rows(ofUser user: Bytes) throws(StoreError) -> Range<Int> {
    guard let code = try findUser(user) else { return 0..<0 }
    // Users are numbered in the order of the rows, so codes compare as users do.
    let lower = try firstRow(0..<rows) { row throws(StoreError) in try self.code(.user, row: row) >= code }
    let upper = try firstRow(lower..<rows) { row throws(StoreError) in try self.code(.user, row: row) > code }
    return lower..<upper
  }

  /// The rows of the users of a range.
  package func rows(ofUsers users: UserRange) throws(StoreError) -> Range<Int> {
    var bounds = (lower: 0, upper: rows)
    if let from = users.from.map({ Bytes($0) }) {
      bounds.lower = try firstRow(0..<rows) { row throws(StoreError) in try self.compare(.user, row, from) >= 0 }
    }
    if let to = users.to.map({ Bytes($0) }) {
      bounds.upper = try firstRow(bounds.lower..<rows) { row throws(StoreError) in try self.compare(.user, row, to) >= 0
      }
    }
    return bounds.lower..<bounds.upper
  }

  /// The rows of a user about an entity.
  package func rows(ofUser user: Bytes, entity: Bytes) throws(StoreError) -> Range<Int> {
    try rows(of: .entity, equalTo: entity, in: try rows(ofUser: user))
  }

  /// The rows of `range` whose text in `column` is `text`, where the columns of the key before it are the same in all of
  /// `range`: entity within a user, entity type within an entity, dimension within an entity type.
  package func rows(of column: TextColumn, equalTo text: Bytes, in range: Range<Int>) throws(StoreError) -> Range<Int> {
    let lower = try firstRow(range) { row throws(StoreError) in try self.compare(column, row, text) >= 0 }
    guard lower < range.upperBound, try compare(column, lower, text) == 0 else { return lower..<lower }
    let upper = try firstRow(lower..<range.upperBound) { row throws(StoreError) in
      try self.compare(column, row, text) > 0
    }
    return lower..<upper
  }

  private func compare(_ column: TextColumn, _ row: Int, _ text: Bytes) throws(StoreError) -> Int {
    Bytes.compare(try string(column, try code(column, row: row)), text)
  }

  /// The first row of a range for which `isBehind` holds, by binary search; the end of the range where it never does.
  private func firstRow(
    _ range: Range<Int>, _ isBehind: (Int) throws(StoreError) -> Bool
  ) throws(StoreError) -> Int {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper {
      let middle = (lower + upper) / 2
      if try isBehind(middle) { upper = middle } else { lower = middle + 1 }
    }
    return lower
  }
}
