/// Finds what somebody probably meant to write.
enum NearestName {
  /// ` (did you mean "max_delta"?)`, or nothing where no candidate is near.
  static func suggestion(for name: String, among candidates: [String]) -> String {
    guard let nearest = nearest(to: name, among: candidates) else { return "" }
    return " (did you mean \"\(nearest)\"?)"
  }

  /// The candidate with the fewest edits, where that is at most a third of the name's length (two at least).
  static func nearest(to name: String, among candidates: [String]) -> String? {
    let letters = Array(name.utf8.prefix(64))
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(letters, Array(candidate.utf8.prefix(64)))
      if distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(2, letters.count / 3), best.distance < letters.count else { return nil }
    return best.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [Int](repeating: i + 1, count: b.count + 1)
      for j in b.indices {
        row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], before[j - 1] + 1) }
      }
      before = last
      last = row
    }
    return last[b.count]
  }
}
