/// The best of many hits, in bounded memory.
package struct BestHits {
  let limit: Int
  private var hits: [TextHit] = []
  /// Once there are enough: whoever is not before this one is out.
  private var last: TextHit?

  /// As good as no limit, and nothing that is worked out from it overflows.
  private static let most = Int.max / 16

  package init(limit: Int) { self.limit = min(max(0, limit), Self.most) }

  /// Whether a hit of that score can be among the best, before anything else of it is known.
  package func mayTake(score: Double) -> Bool {
    guard limit > 0 else { return false }
    guard let last else { return true }
    return score >= last.score
  }

  package mutating func take(_ hit: TextHit) {
    if limit == 0 { return }
    if let last, !TextHit.isBefore(hit, last) { return }
    hits.append(hit)
    // As soon as there are enough, so that most of what follows is known to be out by its score.
    if hits.count >= (last == nil ? limit : 2 * limit + 8) { settle() }
  }

  private mutating func settle() {
    hits.sort(by: TextHit.isBefore)
    if hits.count > limit { hits.removeLast(hits.count - limit) }
    if hits.count == limit { last = hits.last }
  }

  /// The best first.
  package mutating func best() -> [TextHit] {
    settle()
    return hits
  }
}
