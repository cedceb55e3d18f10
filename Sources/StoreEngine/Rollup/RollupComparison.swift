import Columnar

/// Compares the stored aggregates of one rollup with expected ones that come in the same order.
final class RollupComparison {
  private let found: MergedRollup
  /// The texts of the vocabulary by code.
  private let texts: [Bytes]
  private let rollup: Rollup
  private let limit: Int
  private(set) var mismatches: [RollupMismatch] = []
  private(set) var mismatchCount = 0
  private(set) var keyCount = 0

  /// Keeps at most `limit` mismatches, and counts all.
  init(_ found: MergedRollup, limit: Int) {
    self.found = found
    self.limit = limit
    rollup = found.rollup
    texts = (0..<UInt32(found.vocabulary.texts.count)).map { Bytes(found.vocabulary.texts.bytes($0)) }
  }

  /// A key below its group and item.
  struct Leaf {
    var a: Bytes
    /// Empty where `b` is a number.
    var b: Bytes
    var number: UInt32
  }

  /// The next expected aggregate.
  func expect(group: KeySpan, item: KeySpan, _ leaf: Leaf, _ expected: Aggregate) throws(StoreError) {
    keyCount += 1
    while !found.isAtEnd {
      let order = compareFound(group, item, leaf)
      if order > 0 { break }
      let measures = found.leaf.measures
      if order < 0 {
        report(found.group, found.item, foundLeaf, expected: nil, found: measures)
      } else if measures != expected {
        report(group, item, leaf, expected: expected, found: measures)
      }
      try found.advance()
      if order == 0 { return }
    }
    report(group, item, leaf, expected: expected, found: nil)
  }

  /// All that a cursor over expected aggregates holds; its codes are those of `vocabulary`.
  func expect(_ cursor: RollupCursor, vocabulary: RollupVocabulary) throws(StoreError) {
    let expectedTexts = (0..<UInt32(vocabulary.texts.count)).map { Bytes(vocabulary.texts.bytes($0)) }
    while !cursor.isAtEnd {
      let leaf = Leaf(a: expectedTexts[Int(cursor.leaf.a)], b: RunSection.none, number: cursor.leaf.b)
      try expect(group: cursor.group, item: cursor.item, leaf, cursor.leaf.measures)
      try cursor.advance()
    }
  }

  /// Nothing more is expected.
  func finish() throws(StoreError) {
    while !found.isAtEnd {
      report(found.group, found.item, foundLeaf, expected: nil, found: found.leaf.measures)
      try found.advance()
    }
  }

  private var foundLeaf: Leaf {
    let leaf = found.leaf
    return Leaf(
      a: texts[Int(leaf.a)], b: rollup.hasTextB ? texts[Int(leaf.b)] : RunSection.none,
      number: rollup.hasTextB ? 0 : leaf.b)
  }

  /// The order of the current stored key against an expected one.
  private func compareFound(_ group: KeySpan, _ item: KeySpan, _ leaf: Leaf) -> Int {
    var order = KeySpan.compare(found.group, group)
    if order == 0 { order = KeySpan.compare(found.item, item) }
    if order != 0 { return order }
    let stored = found.leaf
    let a = texts[Int(stored.a)]
    order = compareKeys(a, 0, a.count, leaf.a, 0, leaf.a.count)
    if order != 0 { return order }
    if !rollup.hasTextB { return stored.b == leaf.number ? 0 : stored.b < leaf.number ? -1 : 1 }
    let b = texts[Int(stored.b)]
    return compareKeys(b, 0, b.count, leaf.b, 0, leaf.b.count)
  }

  private func report(
    _ group: KeySpan, _ item: KeySpan, _ leaf: Leaf, expected: Aggregate?, found: Aggregate?
  ) {
    mismatchCount += 1
    guard mismatches.count < limit else { return }
    var key = [Self.text(group, isID: rollup != .scopeGrowth)]
    if rollup.hasItems { key.append(Self.text(item, isID: true)) }
    key.append(String(decoding: leaf.a.array, as: UTF8.self))
    if rollup.hasTextB { key.append(String(decoding: leaf.b.array, as: UTF8.self)) }
    if rollup.hasDays { key.append("day \(Rollup.day(ofCode: leaf.number))") }
    mismatches.append(RollupMismatch(rollup: rollup, key: key, expected: expected, found: found))
  }

  private static func text(_ key: KeySpan, isID: Bool) -> String {
    (isID ? Identifier.decode(key.array) : nil) ?? String(decoding: key.array, as: UTF8.self)
  }
}
