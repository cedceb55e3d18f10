import Columnar
import StoreEngine

/// A key of any rollup by its texts, for comparing with naive dictionaries.
struct RollupKey: Hashable {
  var rollup: Rollup
  var group: [UInt8]
  var item: [UInt8] = []
  var a: String
  var b: String = ""
  var number: UInt32 = 0

  /// The order of entries in a run.
  static func < (x: RollupKey, y: RollupKey) -> Bool {
    if x.rollup != y.rollup { return x.rollup.rawValue < y.rollup.rawValue }
    if x.group != y.group { return x.group.lexicographicallyPrecedes(y.group) }
    if x.item != y.item { return x.item.lexicographicallyPrecedes(y.item) }
    if x.a != y.a { return Array(x.a.utf8).lexicographicallyPrecedes(Array(y.a.utf8)) }
    if x.b != y.b { return Array(x.b.utf8).lexicographicallyPrecedes(Array(y.b.utf8)) }
    return x.number < y.number
  }
}

/// What a run says of a key.
struct RollupFact: Equatable {
  var measures: Aggregate
  var isReset = false
}

typealias RollupFacts = [RollupKey: RollupFact]

/// Deterministic random numbers (SplitMix64).
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

enum RollupFixtures {
  /// The bytes of a run that says these facts.
  static func run(
    _ facts: RollupFacts, fileID: UInt64 = 7, pairsOfTable: Int = PairTable.largestCount
  ) throws -> [UInt8] {
    let sorted = facts.keys.sorted { $0 < $1 }
    let sink = Sink()
    var writer = try RunWriter(fileID: fileID, pairsOfTable: pairsOfTable) { (bytes: [UInt8]) throws(StoreError) in
      sink.bytes += bytes
    }
    for rollup in Rollup.allCases {
      let keys = sorted.filter { $0.rollup == rollup }
      var texts = ByteStringDictionary()
      for key in keys {
        _ = texts.intern(key.a)
        if rollup.hasTextB { _ = texts.intern(key.b) }
      }
      let vocabulary = RollupVocabulary(texts)
      try writer.beginSection(rollup, texts: vocabulary.texts)
      for key in keys {
        guard let fact = facts[key], let a = vocabulary.texts.find(Array(key.a.utf8)) else { continue }
        let b = rollup.hasTextB ? vocabulary.texts.find(Array(key.b.utf8)) ?? 0 : key.number
        try writer.beginItem(group: KeySpan(key.group), item: KeySpan(key.item))
        try writer.append(RunLeaf(a: a, b: b, measures: fact.measures, isReset: fact.isReset))
      }
    }
    let summary = try writer.finish()
    precondition(summary.length == sink.bytes.count && summary.entries == facts.count)
    return sink.bytes
  }

  /// The same run with a footer that tells of no tables, as those of version 1 do.
  static func withoutTables(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = Bytes(bytes)
    let fileID = file.load(16, as: UInt64.self)
    let footer = Int(file.load(bytes.count - 48, as: UInt64.self))
    var reader = ByteReader(file, at: footer)
    for _ in 0..<(try reader.readVarint("sections")) {
      for _ in 0..<3 { _ = try reader.readVarint("section") }
      for _ in 0..<2 { _ = try PageReference(&reader) }
    }
    var output = Array(bytes[..<footer])
    _ = PageReference(
      storing: Array(bytes[footer..<reader.offset]) + [0], codec: .none, fileID: fileID, base: 0, into: &output)
    var trailer = ByteWriter()
    for value in [footer, reader.offset + 1 - footer, reader.offset + 1 - footer, 0] { trailer.append(UInt64(value)) }
    trailer.append(
      XXH3.hash(output, footer, reader.offset + 1 - footer, seed: fileID &+ UInt64(footer)))
    trailer.append(XXH3.hash(trailer.bytes, seed: fileID &+ UInt64(output.count)))
    return output + trailer.bytes
  }

  static func open(_ bytes: [UInt8]) throws -> Run { try Run(bytes: Bytes(bytes), path: "test.run") }

  /// All that a run says, and that it says it in order.
  static func facts(_ run: Run) throws -> RollupFacts {
    try run.check()
    var facts: RollupFacts = [:]
    for section in run.sections {
      let cursor = try RunCursor(section)
      while !cursor.isAtEnd {
        facts[try key(section, group: cursor.group.array, item: cursor.item.array, cursor.leaf)] = RollupFact(
          measures: cursor.leaf.measures, isReset: cursor.leaf.isReset)
        try cursor.advance()
      }
    }
    return facts
  }

  static func key(_ section: RunSection, group: [UInt8], item: [UInt8], _ leaf: RunLeaf) throws -> RollupKey {
    let a = String(decoding: try section.text(leaf.a).array, as: UTF8.self)
    guard section.rollup.hasTextB else {
      return RollupKey(rollup: section.rollup, group: group, item: item, a: a, number: leaf.b)
    }
    let b = String(decoding: try section.text(leaf.b).array, as: UTF8.self)
    return RollupKey(rollup: section.rollup, group: group, item: item, a: a, b: b)
  }

  /// All that a merged rollup says.
  static func facts(_ merged: MergedRollup) throws -> RollupFacts {
    var facts: RollupFacts = [:]
    var previous: RollupKey?
    while !merged.isAtEnd {
      var key = RollupKey(
        rollup: merged.rollup, group: merged.group.array, item: merged.item.array, a: merged.textOfA)
      if merged.rollup.hasTextB { key.b = merged.textOfB } else { key.number = merged.leaf.b }
      if let previous { precondition(previous < key, "out of order") }
      previous = key
      facts[key] = RollupFact(measures: merged.leaf.measures, isReset: merged.leaf.isReset)
      try merged.advance()
    }
    return facts
  }

  /// What sources, oldest first, say together.
  static func combined(_ sources: [RollupFacts], includesOldest: Bool) -> RollupFacts {
    var result: RollupFacts = [:]
    for source in sources {
      for (key, fact) in source {
        if var known = result[key] {
          if fact.isReset {
            known = fact
          } else {
            known.measures.merge(fact.measures)
          }
          result[key] = known
        } else {
          result[key] = fact
        }
      }
    }
    guard includesOldest else { return result }
    return result.filter { !$0.value.measures.isEmpty }.mapValues { RollupFact(measures: $0.measures) }
  }

  /// Facts of all rollups with keys and measures of every sort.
  static func randomFacts(_ generator: inout TestGenerator, keys: Int, resets: Bool) -> RollupFacts {
    var facts: RollupFacts = [:]
    for _ in 0..<keys {
      guard let rollup = Rollup.allCases.randomElement(using: &generator) else { continue }
      let group: [UInt8] = [0] + Array("u\(Int.random(in: 0..<8, using: &generator))".utf8)
      var key = RollupKey(rollup: rollup, group: group, a: "d\(Int.random(in: 0..<9, using: &generator))")
      if rollup.hasItems {
        key.item = [0] + Array(repeating: 0x61, count: Int.random(in: 1...20, using: &generator))
        key.b = "dim\(Int.random(in: 0..<5, using: &generator))"
      } else if rollup.hasDays {
        key.number = Rollup.code(ofDay: Int32.random(in: -5...40, using: &generator))
      }
      let isReset = resets && Int.random(in: 0..<4, using: &generator) == 0
      let isGone = isReset && Bool.random(using: &generator)
      facts[key] = RollupFact(measures: isGone ? .empty : randomMeasures(&generator), isReset: isReset)
    }
    return facts
  }

  static func randomMeasures(_ generator: inout TestGenerator) -> Aggregate {
    let first = Int64.random(in: -1_000_000...1_000_000_000_000, using: &generator)
    return Aggregate(
      score: Int128(Int64.random(in: -1_000_000...1_000_000, using: &generator)),
      count: UInt64.random(in: 1...20, using: &generator), first: first,
      last: first + Int64.random(in: 0...1_000_000, using: &generator))
  }

  /// Takes what a writer emits.
  final class Sink {
    var bytes: [UInt8] = []
  }
}
