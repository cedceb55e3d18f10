public import StoreEngine
public import TextSearch

/// A unit that a search found.
public struct SearchHit: Sendable {
  /// The unit in its newest version, without its content.
  public let unit: MemoryUnit
  /// How well it fits, by BM25; 0 where substrings were looked for.
  public let score: Double
  /// The title with what was found in it.
  public let title: Snippet
  /// The part of the content in which most was found.
  public let snippet: Snippet
}

/// What a search found.
public struct SearchResults: Sendable {
  /// The best first; of substrings the newest first.
  public internal(set) var hits: [SearchHit] = []
  /// How many units the query finds, the shown ones among them. Where a search is restricted by more than a user, those that
  /// the restriction takes away are still in it.
  public internal(set) var matched = 0
}
