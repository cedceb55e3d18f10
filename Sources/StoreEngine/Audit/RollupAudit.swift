import Columnar

/// Compares the stored aggregates of one rollup with those that a summary of the events says.
package struct RollupAudit {
  private let rollup: Rollup
  private let limit: Int
  package private(set) var mismatches: [RollupMismatch] = []
  package private(set) var mismatchCount = 0
  package private(set) var keyCount = 0

  /// Keeps at most `limit` mismatches, and counts all.
  package init(_ rollup: Rollup, limit: Int) {
    self.rollup = rollup
    self.limit = limit
  }

  /// Compares all that the cursor has before the group `end` with a table of `parts(rollup)`; leaves the cursor there.
  package mutating func compare(
    _ cursor: MergedRollup, before end: [UInt8]? = nil, with expected: SummaryTable
  ) throws(StoreError) {
    precondition(expected.parts == RollupSummary.parts(rollup) && cursor.rollup == rollup, "another rollup")
    keyCount += expected.count
    var expected = expected
    expected.index()
    var place = KeyFinder(rollup, expected, cursor.vocabulary)
    var isSeen = [Bool](repeating: false, count: expected.count)
    let end = end.map { KeySpan($0) }
    while !cursor.isAtEnd {
      if !cursor.isSameItem, let end, KeySpan.compare(cursor.group, end) >= 0 { break }
      let found = cursor.leaf.measures
      if let group = place.find(cursor) {
        isSeen[Int(group)] = true
        if expected[group] != found { report(expected.key(group), expected: expected[group], found: found) }
      } else {
        report(Self.key(cursor), expected: nil, found: found)
      }
      try cursor.advance()
    }
    for group in 0..<UInt32(expected.count) where !isSeen[Int(group)] {
      report(expected.key(group), expected: expected[group], found: nil)
    }
  }

  private static func key(_ cursor: MergedRollup) -> [(text: [UInt8], number: UInt32)] {
    let texts = cursor.vocabulary.texts
    var key: [(text: [UInt8], number: UInt32)] = [(cursor.group.array, 0)]
    if cursor.rollup.hasItems { key.append((cursor.item.array, 0)) }
    key.append((texts.bytes(cursor.leaf.a), 0))
    if cursor.rollup.hasTextB { key.append((texts.bytes(cursor.leaf.b), 0)) }
    if cursor.rollup.hasDays { key.append(([], cursor.leaf.b)) }
    return key
  }

  private mutating func report(_ key: [(text: [UInt8], number: UInt32)], expected: Aggregate?, found: Aggregate?) {
    mismatchCount += 1
    guard mismatches.count < limit else { return }
    let texts = zip(RollupSummary.parts(rollup), key).map { part, value in
      if part.column == nil { return "day \(Rollup.day(ofCode: value.number))" }
      return (part.isIdentifier ? Identifier.decode(value.text) : nil) ?? String(decoding: value.text, as: UTF8.self)
    }
    mismatches.append(RollupMismatch(rollup: rollup, key: texts, expected: expected, found: found))
  }
}

/// Finds the group of a cursor's entry in a table, looking texts up only when they change.
private struct KeyFinder {
  private let rollup: Rollup
  private let table: SummaryTable
  /// By code of the vocabulary: the codes of the table for `a` and for `b`.
  private let codesOfA: [UInt32?]
  private let codesOfB: [UInt32?]
  /// The group of the cursor's group and item.
  private var owner: UInt32?
  private var isFirst = true
  /// By part: the group that was found last. Both sides are in order, as a rule, so the next one is often the one after it.
  private var last: [UInt32]

  init(_ rollup: Rollup, _ table: SummaryTable, _ vocabulary: RollupVocabulary) {
    self.rollup = rollup
    self.table = table
    last = [UInt32](repeating: .max, count: table.parts.count)
    let part = rollup.hasItems ? 2 : 1
    let codes = 0..<UInt32(vocabulary.texts.count)
    codesOfA = codes.map { table.texts[part].find($0, of: vocabulary.texts) }
    codesOfB = rollup.hasTextB ? codes.map { table.texts[part + 1].find($0, of: vocabulary.texts) } : []
  }

  mutating func find(_ cursor: MergedRollup) -> UInt32? {
    if isFirst || !cursor.isSameItem {
      isFirst = false
      owner = table.texts[0].find(cursor.group.slice)
      if rollup.hasItems, let user = owner {
        owner = table.texts[1].find(cursor.item.slice).flatMap { group(user, part: 1, code: $0) }
      }
    }
    let part = rollup.hasItems ? 2 : 1
    guard let owner, let a = codesOfA[Int(cursor.leaf.a)], let found = group(owner, part: part, code: a) else {
      return nil
    }
    if rollup.hasTextB {
      return codesOfB[Int(cursor.leaf.b)].flatMap { group(found, part: part + 1, code: $0) }
    }
    return rollup.hasDays ? group(found, part: part + 1, code: cursor.leaf.b) : found
  }

  private mutating func group(_ group: UInt32, part: Int, code: UInt32) -> UInt32? {
    let found = table.group(group, part: part, code: code, guess: last[part] &+ 1)
    if let found { last[part] = found }
    return found
  }
}
