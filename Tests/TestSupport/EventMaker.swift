package import StoreEngine

/// Random events from small vocabularies, so that duplicates, conflicts and shared keys are frequent.
package struct EventMaker: Sendable {
  private var random: SimulationRandom
  /// What was made before, to be sent again.
  private var made: [GrowthEvent] = []

  /// Ids of every shape: text, UUIDs of both cases and of mixed case, one that begins another.
  package static let users = [
    "ada", "ada2", "0190f5c8-7a31-7000-8000-00000000abcd", "0190F5C8-7A31-7000-8000-00000000ABCD",
    "0190f5c8-7A31-7000-8000-00000000ABCD", "日本",
  ]
  package static let entities = [
    "swift", "swift-6", "11111111-2222-4333-8444-555555555555", "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE",
  ]
  package static let dimensions = ["self_know", "self_act", "world_know"]
  package static let scopes = ["", "org", "org/a", "org/a/b", "organ/a"]
  private static let entityTypes = ["skill", "habit"]
  private static let sources = ["", "app", "import"]
  private static let documents = ["", "", #"{"n":1}"#, #"{"a":"x","b":[1,2]}"#]

  /// 2026-01-01T00:00:00Z
  private static let start: Int64 = 1_767_225_600_000_000
  private static let year: Int64 = 365 * 86_400_000_000

  package init(seed: UInt64) { random = SimulationRandom(seed: seed, stream: 7) }

  package mutating func batch(_ count: Int) -> [GrowthEvent] { (0..<count).map { _ in event() } }

  package mutating func event() -> GrowthEvent {
    if made.isEmpty { return keep(fresh()) }
    switch random.below(12) {
    case 0, 1: return random.pick(made)
    case 2: return conflicting(with: random.pick(made))
    case 3:
      // The same id for another user is another event.
      var event = fresh()
      event.eventID = random.pick(made).eventID
      return keep(event)
    default: return keep(fresh())
    }
  }

  /// An event that nobody has seen.
  package mutating func fresh() -> GrowthEvent {
    let createdAt = Timestamp(microseconds: time())
    return GrowthEvent(
      eventID: id(createdAt), user: random.pick(Self.users), entity: random.pick(Self.entities),
      entityType: random.pick(Self.entityTypes), dimension: random.pick(Self.dimensions),
      delta: Delta(millionths: delta()), source: random.pick(Self.sources), scope: random.pick(Self.scopes),
      createdAt: createdAt, metadata: random.pick(Self.documents))
  }

  private mutating func keep(_ event: GrowthEvent) -> GrowthEvent {
    if made.count < 64 { made.append(event) } else { made[random.below(64)] = event }
    return event
  }

  /// The same identity with one field changed.
  private mutating func conflicting(with event: GrowthEvent) -> GrowthEvent {
    var other = event
    switch random.below(5) {
    case 0: other.delta = Delta(millionths: event.delta.millionths == 5 ? 6 : 5)
    case 1: other.createdAt = Timestamp(microseconds: event.createdAt.microseconds == 0 ? 1 : 0)
    case 2: other.metadata = event.metadata.isEmpty ? #"{"z":0}"# : ""
    case 3: other.scope = event.scope.isEmpty ? "else" : ""
    default: other.entity += "?"
    }
    return other
  }

  private mutating func id(_ createdAt: Timestamp) -> EventID {
    if random.oneIn(4) {
      // Version 4: no time in it.
      return EventID(
        high: random.next() & ~0xF000 | 0x4000, low: random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
    // The id's time is not always the event's.
    let time = random.oneIn(4) ? Timestamp(microseconds: Self.start) : createdAt
    return EventID(version7At: time, random: random.next(), random.next())
  }

  private mutating func time() -> Int64 {
    let moment = Int64(random.below(Int(3 * 86_400))) * 1_000_000 + Int64(random.below(3))
    switch random.below(24) {
    case 0: return Timestamp.earliest.microseconds
    case 1: return Timestamp.latest.microseconds
    case 2: return -1
    case 3, 4, 5: return Self.start - 3 * Self.year + moment
    default: return Self.start + moment
    }
  }

  private mutating func delta() -> Int64 {
    switch random.below(24) {
    case 0: return .max
    case 1: return -.max
    case 2: return 0
    default: return Int64(random.below(2_000_001)) - 1_000_000
    }
  }
}
