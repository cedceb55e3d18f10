import GrowthRing
import TestSupport

/// One look at a store that is fed by whole batches with one event of fixed delta for every user.
struct WatchedSnapshot {
  /// Events of each user; equal, unless a batch was seen in part.
  private(set) var counts: [UInt64] = []
  /// What is wrong, in words.
  private(set) var problems: [String] = []

  /// The batches seen.
  var batches: Int { Int(counts.min() ?? 0) }

  /// Where events expire, aggregates tell of more than are there.
  init(_ snapshot: GrowthSnapshot, expires: Bool = false) throws {
    for user in AppenderStory.users {
      let rows = try snapshot.userGrowth(user: user)
      let growth = try snapshot.growth(user: user)
      for row in growth where row.score.millionths != Int128(AppenderStory.delta.millionths) * Int128(row.eventCount) {
        problems.append("torn: \(row)")
      }
      let count = rows.reduce(0) { $0 + $1.eventCount }
      let sum = growth.reduce(0) { $0 + $1.eventCount }
      if count != sum { problems.append("\(user): \(count) by user_growth, \(sum) by entity_growth") }
      counts.append(count)
    }
    if Set(counts).count != 1 { problems.append("a batch in part: \(counts)") }
    let scopes = try snapshot.scopeGrowth(prefix: "org").filter { $0.scope == "org" }
    let scoped = scopes.reduce(0) { $0 + $1.eventCount }
    if scoped != counts.reduce(0, +) { problems.append("scope_growth counts \(scoped), user_growth \(counts)") }
    if !expires, snapshot.eventCount != Int(scoped) {
      problems.append("\(snapshot.eventCount) events, \(scoped) counted")
    }
  }
}
