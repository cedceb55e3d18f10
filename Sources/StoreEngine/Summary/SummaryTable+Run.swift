import Columnar

extension SummaryTable {
  /// Writes the groups of a table of `RollupSummary.parts(rollup)` as entries of a run, in order, with the codes of a
  /// vocabulary that has all of their texts.
  func append(
    _ rollup: Rollup, texts vocabulary: ByteStringDictionary, to writer: inout RunWriter,
    measures: (_ group: UInt32) -> (aggregate: Aggregate, isReset: Bool)
  ) throws(StoreError) {
    precondition(parts == RollupSummary.parts(rollup), "a table of another rollup")
    let partOfA = rollup.hasItems ? 2 : 1
    let codes = parts.indices.map { self.codes(part: $0) }
    let ranks: [[UInt32]?] = parts.indices.map { parts[$0].column == nil ? nil : texts[$0].ranks() }
    let keys = parts.indices.map { part in
      if let ranks = ranks[part] { return codes[part].map { ranks[Int($0)] } }
      return codes[part]
    }
    var order = [Int](0..<count)
    order.sort { a, b in
      for part in keys.indices where keys[part][a] != keys[part][b] { return keys[part][a] < keys[part][b] }
      return false
    }
    let codesOfA = Self.codes(texts[partOfA], in: vocabulary)
    let codesOfB = rollup.hasTextB ? Self.codes(texts[partOfA + 1], in: vocabulary) : []
    var last: (group: UInt32, item: UInt32)?
    for place in order {
      let group = codes[0][place]
      let item = rollup.hasItems ? codes[1][place] : 0
      if last.map({ $0 != (group, item) }) ?? true {
        try writer.beginItem(
          group: KeySpan(texts[0].bytes(group)), item: KeySpan(rollup.hasItems ? texts[1].bytes(item) : []))
        last = (group, item)
      }
      let (aggregate, isReset) = measures(UInt32(place))
      let a = codesOfA[Int(codes[partOfA][place])]
      let b =
        rollup.hasTextB
        ? codesOfB[Int(codes[partOfA + 1][place])] : rollup.hasDays ? codes[partOfA + 1][place] : 0
      try writer.append(RunLeaf(a: a, b: b, measures: aggregate, isReset: isReset))
    }
  }

  /// For every group of this table the aggregate that another one has for the same key; empty where it has none.
  func aggregates(from other: SummaryTable) -> [Aggregate] {
    var other = other
    other.index()
    let maps: [[UInt32?]?] = parts.indices.map { part in
      guard parts[part].column != nil else { return nil }
      return (0..<UInt32(texts[part].count)).map { other.texts[part].find($0, of: texts[part]) }
    }
    let codes = parts.indices.map { self.codes(part: $0) }
    return (0..<count).map { place in
      var group: UInt32? = 0
      for part in parts.indices {
        let own = codes[part][place]
        guard let before = group, let code = maps[part].map({ $0[Int(own)] }) ?? own else { return .empty }
        group = other.group(before, part: part, code: code)
      }
      guard let group, Int(group) < other.count else { return .empty }
      return other[group]
    }
  }

  private static func codes(_ texts: ByteStringDictionary, in vocabulary: ByteStringDictionary) -> [UInt32] {
    (0..<UInt32(texts.count)).map { code in
      guard let found = vocabulary.find(code, of: texts) else {
        preconditionFailure("a text outside of the vocabulary")
      }
      return found
    }
  }
}
