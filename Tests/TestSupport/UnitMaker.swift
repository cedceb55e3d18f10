package import StoreEngine

/// Random versions of memory units from small vocabularies, so that newer and late versions, duplicates, conflicts and deleted
/// units are frequent.
package struct UnitMaker: Sendable {
  private var random: SimulationRandom
  /// What was made before, to be sent again.
  private var made: [MemoryUnit] = []

  /// Ids of every shape.
  package static let muids = [
    "note-1", "note-10", "0190f5c8-7a31-7000-8000-0000000000aa", "0190F5C8-7A31-7000-8000-0000000000AA", "日記",
  ]
  private static let sourceTypes = ["", "note", "stackexchange"]
  /// Composed and decomposed, with U+0000 and with line feeds.
  private static let titles = ["", "Plan", "caf\u{e9}", "cafe\u{301}", "title \"quoted\""]
  private static let texts = [
    "", "a", "growth is slow\r\nand steady\n", "nul \u{0} inside", "cafe\u{301} and caf\u{e9}", "今日は良い天気です。",
    "{\"not\":\"metadata\"}",
  ]
  private static let documents = ["", #"{"tags":["launch","x"]}"#, #"{"a":1,"tags":[]}"#]

  /// 2026-01-01T00:00:00Z
  private static let start: Int64 = 1_767_225_600_000_000

  package init(seed: UInt64) { random = SimulationRandom(seed: seed, stream: 11) }

  package mutating func batch(_ count: Int) -> [MemoryUnit] { (0..<count).map { _ in unit() } }

  package mutating func unit() -> MemoryUnit {
    if made.isEmpty { return keep(fresh()) }
    switch random.below(10) {
    case 0, 1: return random.pick(made)
    case 2:
      var other = random.pick(made)
      if other.isDeleted { other.status += "?" } else { other.content += "!" }
      return other
    default: return keep(fresh())
    }
  }

  package mutating func fresh() -> MemoryUnit {
    // Few times, so that late versions and equal identities come.
    let updatedAt = Self.start + Int64(random.below(40)) * 7_200_000_000 + Int64(random.below(2))
    var unit = MemoryUnit(
      muid: random.pick(Self.muids), user: random.pick(EventMaker.users), sourceType: random.pick(Self.sourceTypes),
      contentType: random.pick(["text", "markdown"]), createdAt: Timestamp(microseconds: Self.start - 5),
      updatedAt: Timestamp(microseconds: random.oneIn(20) ? Timestamp.latest.microseconds : updatedAt),
      importanceScore: random.oneIn(2) ? nil : Delta(millionths: Int64(random.below(3)) * 500_000 - 500_000),
      status: random.pick(["active", "archived"]))
    if random.oneIn(5) {
      unit.isDeleted = true
      return unit
    }
    unit.title = random.pick(Self.titles)
    unit.metadata = random.pick(Self.documents)
    unit.content = random.pick(Self.texts)
    // Now and then a long one, that compresses or does not.
    if random.oneIn(12) {
      unit.content = String(repeating: unit.content + " repeated", count: random.pick([50, 300]))
    } else if random.oneIn(30) {
      unit.content = (0..<4_000).map { _ in String(random.below(10)) }.joined()
    }
    return unit
  }

  private mutating func keep(_ unit: MemoryUnit) -> MemoryUnit {
    if made.count < 48 { made.append(unit) } else { made[random.below(48)] = unit }
    return unit
  }
}
