import Columnar
public import StoreEngine

extension GrowthSnapshot {
  /// The growth of a user by dimension and day of a time zone, from and through days since 1970.
  ///
  /// Added up from the user's events, for the rollups know days of UTC only: it takes as long as reading them, and
  /// events that have expired are in the days of UTC and in no others.
  public func dailyGrowth(
    user: String, in zone: LocalZone, from: Int32? = nil, through: Int32? = nil, dimension: String? = nil
  ) throws(StoreError) -> [DailyGrowth] {
    if zone.isUTC { return try dailyGrowth(user: user, from: from, through: through, dimension: dimension) }
    let wanted = (from ?? .min)...max(from ?? .min, through ?? .max)
    if let from, let through, from > through { return [] }
    // No zone is a day and a half away from UTC.
    let filter = EventFilter(
      user: user, dimensions: dimension.map { [$0] }, from: from.map { Self.midnight(Int64($0) - 2) },
      to: through.map { Self.midnight(Int64($0) + 3) })
    var days = LocalDays(zone)
    var sums: [[UInt8]: [Int32: Aggregate]] = [:]
    let scan = view(ofUser: user).scan(filter, columns: [.key, .delta])
    while let batch = try scan.next() {
      var byCode = [[Int32: Aggregate]](repeating: [:], count: batch.dimensions.count)
      for row in 0..<batch.count {
        let day = days.day(of: batch.createdAt[row])
        guard wanted.contains(day) else { continue }
        byCode[Int(batch.dimension[row])][day, default: .empty].merge(
          Aggregate(delta: batch.delta[row], createdAt: batch.createdAt[row]))
      }
      for (code, found) in byCode.enumerated() where !found.isEmpty {
        sums[batch.dimensions.bytes(UInt32(code)), default: [:]].merge(found) { first, second in
          var both = first
          both.merge(second)
          return both
        }
      }
    }
    return sums.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap { dimension, days -> [DailyGrowth] in
      let name = String(decoding: dimension, as: UTF8.self)
      return days.sorted { $0.key < $1.key }.map { day, sum in
        DailyGrowth(user: user, dimension: name, day: day, sum)
      }
    }
  }

  private static func midnight(_ day: Int64) -> Timestamp {
    let days = Int64(Timestamp.earliest.day)...Int64(Timestamp.latest.day)
    return Timestamp(microseconds: min(max(day, days.lowerBound), days.upperBound + 1) * 86_400_000_000)
  }
}

extension GrowthStore {
  /// The growth of a user by dimension and day of a time zone; see
  /// ``GrowthSnapshot/dailyGrowth(user:in:from:through:dimension:)``.
  public func dailyGrowth(
    user: String, in zone: LocalZone, from: Int32? = nil, through: Int32? = nil, dimension: String? = nil
  ) async throws(StoreError) -> [DailyGrowth] {
    let snapshot = try await snapshot()
    return try await readQueue.run { () throws(StoreError) in
      try snapshot.dailyGrowth(user: user, in: zone, from: from, through: through, dimension: dimension)
    }
  }
}
