import Columnar
public import StoreEngine

/// Makes up the growth events of two years, from 2024-01-01 on, in the order in which a store would receive them.
///
/// The history resembles that of a learning product: few users do most, each with 5 to 500 entities, about 22 events
/// to an entity, six dimensions; ids, deltas, sources and metadata as such a product writes them. Most events arrive
/// within milliseconds, 8 % minutes to hours late, and 1.5 % up to days; ``Options/late`` adds some that are years late.
///
/// Events stream: memory is about 50 bytes a user, some 65 MB for a thousand million events.
/// Time goes in days; a day's events are drawn from those active on it and lie in order within it, so that arrival
/// times never go back, while `created_at` does. Random numbers and arithmetic are the generator's own, in integers but
/// for a few tables made of exactly rounded operations, so that a seed means the same bytes everywhere.
public struct EventGenerator: Sendable {
  public let options: Options
  let tables = GeneratorTables()
  let texts = MetadataTexts()
  let population: GeneratorPopulation
  private var day: GeneratorDay
  private var random: GeneratorRandom
  /// Events made so far, and those of the days before the present one.
  public private(set) var produced = 0
  private var producedBeforeDay = 0
  let userKey: UInt64
  let entityKey: UInt64
  private let lateBelow: UInt64
  let organizations: UInt64

  /// Sets up the users. Complexity: O(users).
  ///
  /// - Precondition: `events` is not negative, `users` is positive, and `late` is between 0 and 1.
  public init(_ options: Options) {
    precondition(options.events >= 0, "the number of events must not be negative")
    precondition(options.users ?? 1 > 0, "there has to be a user")
    precondition(options.late >= 0 && options.late <= 1, "the part of late events must be between 0 and 1")
    self.options = options
    var random = GeneratorRandom(seed: options.seed)
    population = GeneratorPopulation(events: options.events, users: options.users, random: &random)
    day = GeneratorDay(population, events: options.events)
    userKey = random.next()
    entityKey = random.next()
    lateBelow = UInt64(options.late * 0x1p32)
    organizations = UInt64(max(1, population.count / 200))
    self.random = random
  }

  /// How many users may occur.
  public var users: Int { population.count }

  /// How many pairs of user and entity may occur.
  public var entities: Int { Int(population.entities) }

  /// The first of the 730 days.
  public static let firstDay = Timestamp(microseconds: 1_704_067_200_000_000)

  /// Appends the next events to a batch, which may hold some already.
  ///
  /// How the events are cut into batches has no influence on them.
  ///
  /// - Parameter count: how many to append at most.
  /// - Returns: how many were appended; 0 when there are no more.
  public mutating func next(into batch: inout EventBatch, count: Int) -> Int {
    let wanted = min(count, options.events - produced)
    guard wanted > 0 else { return 0 }
    // Later calls let the columns grow by doubling.
    if batch.isEmpty { batch.reserve(wanted) }
    var codes = BatchCodes(interningInto: &batch)
    var left = wanted
    while left > 0 {
      while produced == day.eventsUntilEnd {
        producedBeforeDay = day.eventsUntilEnd
        day.advance(population, tables)
      }
      let part = min(left, day.eventsUntilEnd - produced)
      for _ in 0..<part {
        appendEvent(to: &batch, &codes)
        produced += 1
      }
      left -= part
    }
    return wanted
  }

  private static let maximumLateness: UInt64 = 3 * 365 * 86_400_000_000

  @inline(__always)
  private mutating func appendEvent(to batch: inout EventBatch, _ codes: inout BatchCodes) {
    let user = day.user(random.next())
    let first = population.firstEntity[user]
    let word = random.next()
    let entity = first + entityRank(UInt32(word >> 32), owned: Int(population.firstEntity[user + 1] - first))
    let attributes = GeneratorRandom.mix(entityKey &+ (entity &* 3 &+ 2) &* GeneratorRandom.step)

    let arrival = arrival(jitter: UInt32(truncatingIfNeeded: word))
    let created = createdAt(arrival: arrival)
    let origin = random.next()
    let source = Int(tables.source[GeneratorTables.thousandth(UInt32(origin >> 32))])
    let creator = Int(tables.creator[GeneratorTables.thousandth(UInt32(truncatingIfNeeded: origin))])
    let delta = delta(source: source)
    let dimension = dimension(attributes)
    let metadata = metadata(creator, source, created: created, into: &batch, &codes)
    let low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    var high = random.next()
    if options.idVersion == .timeOrdered {
      high = UInt64(max(0, created) / 1000) << 16 | 0x7000 | high & 0xFFF
    } else {
      high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    }
    let type = Int(tables.entityType[GeneratorTables.thousandth(UInt32(attributes >> 32))])

    batch.eventIDHigh.append(high)
    batch.eventIDLow.append(low)
    batch.user.append(intern(userKey, UInt64(user) &* 2, into: &batch.users))
    batch.entity.append(intern(entityKey, entity &* 3, into: &batch.entities))
    batch.entityType.append(codes.entityTypes[type])
    batch.dimension.append(codes.dimensions[dimension])
    batch.source.append(codes.sources[source])
    batch.scope.append(options.scopes ? scope(user: user, attributes, into: &batch, codes) : codes.noScope)
    batch.metadata.append(metadata)
    batch.delta.append(delta)
    batch.createdAt.append(created)
  }

  /// Which of a user's entities; the first ones come most often.
  @inline(__always)
  private func entityRank(_ random: UInt32, owned: Int) -> UInt64 {
    let target = UInt32((UInt64(random) * UInt64(tables.entityWeight[owned])) >> 32)
    var low = 0
    var high = owned - 1
    while low < high {
      let middle = (low + high) / 2
      if tables.entityWeight[middle + 1] > target { high = middle } else { low = middle + 1 }
    }
    return UInt64(low)
  }

  /// The n-th of the day's N events arrives when n/N of the day's traffic has: 8.75 % by 7:00, and 97.5 % by 22:00.
  @inline(__always)
  private func arrival(jitter: UInt32) -> Int64 {
    let index = UInt64(produced - producedBeforeDay)
    let part = (index << 32 | UInt64(jitter)) / UInt64(day.events)
    // Slopes in 2^-16 microseconds for each 2^-32 of the traffic.
    let morning: UInt64 = 375_809_638
    let evening: UInt64 = 4_187_593_113
    let time: UInt64
    if part < morning {
      time = (part * 4_394_531) >> 16
    } else if part < evening {
      time = 25_200_000_000 + ((part - morning) * 928_422) >> 16
    } else {
      time = 79_200_000_000 + ((part - evening) * 4_394_531) >> 16
    }
    return Self.firstDay.microseconds + Int64(day.day) * 86_400_000_000 + Int64(min(time, 86_399_999_999))
  }

  @inline(__always)
  private mutating func createdAt(arrival: Int64) -> Int64 {
    let word = random.next()
    let kind = UInt32(word >> 32)
    let amount = UInt32(truncatingIfNeeded: word)
    if lateBelow > 0 {
      let drawn = random.next()
      if drawn >> 32 < lateBelow {
        let lateness = (drawn << 32 | UInt64(amount)).multipliedFullWidth(by: Self.maximumLateness).high
        return arrival - Int64(lateness)
      }
    }
    let mean: Int64 = kind < 64_424_509 ? 86_400_000_000 : kind < 343_597_383 ? 3_600_000_000 : 80_000
    return max(arrival - tables.exponential(amount, mean: mean), Self.firstDay.microseconds)
  }

  /// 45 % are the source's own delta, 40 % a multiple of it, and 15 % scattered around it; in millionths.
  @inline(__always)
  private mutating func delta(source: Int) -> Int64 {
    let base = tables.sourceDelta[source]
    let word = random.next()
    let kind = UInt32(word >> 32)
    let value: Int64
    if kind < 1_932_735_283 {
      value = base
    } else if kind < 3_650_722_202 {
      value = base * tables.factor[Int(((word & 0xFFFF_FFFF) * 5) >> 32)] / 1000
    } else {
      value = base + base * Self.bell(random.next()) / 75_674
    }
    return max(-1000, min(5000, value)) * 1000
  }

  /// The sum of four 16-bit numbers less its mean; its standard deviation is 37,837.
  @inline(__always)
  private static func bell(_ word: UInt64) -> Int64 {
    Int64(word & 0xFFFF) + Int64(word >> 16 & 0xFFFF) + Int64(word >> 32 & 0xFFFF) + Int64(word >> 48) - 131_070
  }

  /// Six in ten events go to one of two dimensions of the entity's own, so that about three live in each.
  @inline(__always)
  private mutating func dimension(_ attributes: UInt64) -> Int {
    let word = random.next()
    if word & 0xFFFF < 39_322 {
      let own = Int(((attributes & 0xFFFF) * 6) >> 16)
      let dimension = own + (word >> 16 & 0xFFFF < 19_661 ? 1 : 0)
      return dimension == 6 ? 0 : dimension
    }
    return Int(tables.dimension[GeneratorTables.thousandth(UInt32(word >> 32))])
  }

  @inline(__always)
  private mutating func metadata(
    _ creator: Int, _ source: Int, created: Int64, into batch: inout EventBatch, _ codes: inout BatchCodes
  ) -> UInt32 {
    let word = random.next()
    let minutes = (created - Self.firstDay.microseconds) / 60_000_000
    let position = minutes * 327_680 / Int64(GeneratorPopulation.minutes) + Self.bell(random.next()) * 26 / 100
    let version = Int(max(0, min(4, position >> 16)))
    let combination = (creator * 12 + source) * 5 + version
    if word & 0xFFFF < 13_107 {
      // One to three tags in two events of ten.
      let count = 1 + Int(((word >> 16 & 0xFFFF) * 3) >> 16)
      let tags = (word >> 32 & 0x3FF, word >> 42 & 0x3FF, word >> 52 & 0x3FF)
      codes.scratch.removeAll(keepingCapacity: true)
      writeMetadata(creator, source, version, tags: tags, count: count, into: &codes.scratch)
      return batch.metadatas.intern(codes.scratch)
    }
    let known = codes.metadata[combination]
    if known != UInt32.max { return known }
    codes.scratch.removeAll(keepingCapacity: true)
    writeMetadata(creator, source, version, tags: (0, 0, 0), count: 0, into: &codes.scratch)
    let code = batch.metadatas.intern(codes.scratch)
    codes.metadata[combination] = code
    return code
  }
}
