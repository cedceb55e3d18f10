/// The users of a generated history: how much each does, of what, and when. 22 bytes a user, nothing per entity.
struct GeneratorPopulation: Sendable {
  /// The most entities of one user.
  static let mostEntities = 500
  static let days = 730
  static let minutes = UInt32(days * 1440)

  /// The number of the user's first entity; one more than there are users.
  private(set) var firstEntity: [UInt64] = [0]
  /// In proportion to the number of events, in 1/256.
  private(set) var activity: [UInt32] = []
  /// When the user came, in minutes from the first day.
  private(set) var start: [UInt32] = []
  /// How long the user stays, in minutes; at least three days, and not beyond the last day.
  private(set) var life: [UInt32] = []

  var count: Int { activity.count }
  var entities: UInt64 { firstEntity[count] }

  /// - Parameters:
  ///   - users: how many; nil makes as many as have `events` / 22.5 entities together.
  init(events: Int, users: Int?, random: inout GeneratorRandom) {
    let pairs = UInt64(events / 45 * 2 + 2)
    var most: UInt32 = 1
    while true {
      if let users { if count >= users { break } } else if entities >= pairs && count >= 2 { break }
      // Pareto with exponent 0.9: from 5 entities to 500.
      let pareto = 5 * GeneratorMath.pow(1 - random.unit(), -1 / 0.9)
      let owned = Int(min(pareto, Double(Self.mostEntities)))
      let weight = Double(owned) * GeneratorMath.exp(0.5 * random.bell())
      firstEntity.append(entities + UInt64(owned))
      activity.append(UInt32(max(1, weight * 256)))
      most = max(most, activity[count - 1])
    }
    start.reserveCapacity(count)
    life.reserveCapacity(count)
    let span = Double(Self.minutes)
    for user in 0..<count {
      let begin = GeneratorMath.pow(random.unit(), 1.3) * span * 0.95
      let drawn = -GeneratorMath.log(1 - random.unit()) * 220 * 1440
      let stay = drawn + Double(activity[user]) / Double(most) * span
      start.append(UInt32(begin))
      life.append(UInt32(max(3 * 1440, min(span - begin, stay))))
    }
  }
}
