public import StoreEngine

/// What `verify` found.
public struct VerifyReport: Sendable {
  /// Events read.
  public internal(set) var events = 0
  /// Keys of all rollups that were compared with what their events say.
  public internal(set) var aggregates = 0
  /// Events that expired: their identities are kept.
  public internal(set) var expiredEvents = 0
  /// Those of them that aggregates still count, as a sealed summary proves.
  public internal(set) var sealedEvents = 0
  /// Versions of memory units read.
  public internal(set) var units = 0
  /// Versions of memory units that expired: their identities are kept.
  public internal(set) var expiredUnits = 0
  /// Versions of memory units whose identity is stored more than once, or was when they had expired.
  public internal(set) var repeatedUnits = 0
  /// Events whose identity is stored more than once.
  public internal(set) var repeatedEvents = 0
  /// Aggregates that are not what their events say; at most a thousand a rollup and partition.
  public internal(set) var mismatches: [RollupMismatch] = []
  /// All of them.
  public internal(set) var mismatchCount = 0
  /// Units in the search index, and where it is not as it should be: `updateSearchIndex(anew:)` helps.
  public internal(set) var search = SearchVerifyReport()
  /// Files that are damaged.
  public internal(set) var damage: [StoreError] = []

  /// Everything is exactly as it should be.
  public var isSound: Bool {
    repeatedEvents == 0 && repeatedUnits == 0 && mismatchCount == 0 && damage.isEmpty && search.problemCount == 0
  }

  /// Every problem in words.
  public var problems: [String] {
    var problems = damage.map(\.description) + mismatches.map(\.description)
    if mismatchCount > mismatches.count { problems.append("\(mismatchCount - mismatches.count) further mismatches") }
    if repeatedEvents > 0 { problems.append("\(repeatedEvents) events are stored more than once") }
    if repeatedUnits > 0 {
      problems.append("\(repeatedUnits) versions of memory units are stored more than once, or have expired")
    }
    problems += search.problems
    if search.problemCount > search.problems.count {
      problems.append("\(search.problemCount - search.problems.count) further units are wrong in the search index")
    }
    return problems
  }
}

/// How far `verify` is.
public struct VerifyProgress: Sendable {
  public let events: Int
  public let totalEvents: Int
}
