/// Who is active on one day, as a table to draw users from, rebuilt day after day.
struct GeneratorDay: Sendable {
  /// From 0; -1 before the first.
  private(set) var day = -1
  /// The events of all days up to this one's end.
  private(set) var eventsUntilEnd = 0
  /// The events of this day.
  private(set) var events = 0

  /// What each user had done when the day began, in 2^-24.
  private var done: [UInt32]
  private var users: [UInt32] = []
  /// The sum of the weights of `users` up to and with each.
  private var sums: [UInt64] = []
  /// For each of 2^guideBits equal parts of the whole weight: the first user of that part.
  private var guide: [UInt32] = []
  private var guideBits: UInt64 = 0

  private let allEvents: Int
  private let allWeight: UInt64
  private var weightUntilEnd: UInt64 = 0

  init(_ population: GeneratorPopulation, events: Int) {
    done = [UInt32](repeating: 0, count: population.count)
    allEvents = events
    allWeight = population.activity.reduce(0) { $0 + UInt64($1) << 24 }
  }

  /// Goes to the next day. Complexity: O(users).
  mutating func advance(_ population: GeneratorPopulation, _ tables: GeneratorTables) {
    day += 1
    users.removeAll(keepingCapacity: true)
    sums.removeAll(keepingCapacity: true)
    var sum: UInt64 = 0
    let end = UInt32(day + 1) * 1440
    for user in 0..<population.count where end > population.start[user] && done[user] < 1 << 24 {
      let now = Self.part(end - population.start[user], of: population.life[user], tables)
      let weight = UInt64(now - done[user]) * UInt64(population.activity[user])
      done[user] = now
      if weight == 0 { continue }
      sum += weight
      users.append(UInt32(user))
      sums.append(sum)
    }
    weightUntilEnd += sum
    // The same share of the events as of the weight, so that the days together have exactly all events.
    let scaled = UInt64(allEvents).multipliedFullWidth(by: weightUntilEnd)
    let until = Int(allWeight.dividingFullWidth(scaled).quotient)
    events = until - eventsUntilEnd
    eventsUntilEnd = until
    buildGuide()
  }

  /// One user in proportion to the day's weights.
  @inline(__always)
  func user(_ random: UInt64) -> Int {
    let target = random.multipliedFullWidth(by: sums[sums.count - 1]).high
    var index = Int(guide[Int(random >> (64 - guideBits))])
    while sums[index] <= target { index += 1 }
    return Int(users[index])
  }

  private static func part(_ elapsed: UInt32, of life: UInt32, _ tables: GeneratorTables) -> UInt32 {
    if elapsed >= life { return 1 << 24 }
    // Linear between the entries of the curve.
    let position = UInt64(elapsed) << 24 / UInt64(life)
    let index = Int(position >> 12)
    let low = tables.activityCurve[index]
    let rise = UInt64(tables.activityCurve[index + 1] - low)
    return low + UInt32((rise * (position & 0xFFF)) >> 12)
  }

  private mutating func buildGuide() {
    guideBits = 1
    while 1 << guideBits < users.count { guideBits += 1 }
    guide.removeAll(keepingCapacity: true)
    guard let sum = sums.last else { return }
    var index = 0
    for part in 0..<UInt64(1) << guideBits {
      let target = (part << (64 - guideBits)).multipliedFullWidth(by: sum).high
      while sums[index] <= target { index += 1 }
      guide.append(UInt32(index))
    }
  }
}
