/// What is indexed: one version of a unit.
package struct TextDocument: Sendable {
  package let user: String
  package let unit: String
  /// A later version of the same unit has a greater number.
  package let version: Int64
  package let title: String
  package let content: String
  package let isDeleted: Bool

  package init(
    user: String, unit: String, version: Int64, title: String, content: String, isDeleted: Bool = false
  ) {
    self.user = user
    self.unit = unit
    self.version = version
    self.title = title
    self.content = content
    self.isDeleted = isDeleted
  }
}

/// A unit that was found.
package struct TextHit: Sendable, Hashable {
  package let user: String
  package let unit: String
  package let version: Int64
  package let score: Double

  package init(user: String, unit: String, version: Int64, score: Double) {
    self.user = user
    self.unit = unit
    self.version = version
    self.score = score
  }

  /// The best first; among equals the newest, then by user and unit.
  package static func isBefore(_ a: TextHit, _ b: TextHit) -> Bool {
    if a.score != b.score { return a.score > b.score }
    if a.version != b.version { return a.version > b.version }
    if !a.user.utf8.elementsEqual(b.user.utf8) { return a.user.utf8.lexicographicallyPrecedes(b.user.utf8) }
    return a.unit.utf8.lexicographicallyPrecedes(b.unit.utf8)
  }
}
