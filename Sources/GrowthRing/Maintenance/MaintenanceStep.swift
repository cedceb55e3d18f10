/// What maintenance does, in this order.
public enum MaintenanceStep: String, Sendable, Hashable, CaseIterable {
  /// Writes what only the log holds to segments and runs, and removes what a job that died left behind. Not where another
  /// process appends, which does so itself.
  case flush
  /// Merges segments and runs, as a store at rest does by itself.
  case compact
  /// Removes raw events that have expired; before others would be moved with them.
  case expire
  /// Moves events that have come of age to warm segments.
  case warm
  /// Moves events that have come of age to the archive.
  case archive
  /// Brings the search indexes up to date and tidies them, where there are any: the first search makes them.
  case index
  /// Verifies every checksum.
  case scrub
  /// Brings the archived events of a month back: only where ``GrowthStore/rehydrate(month:progress:)`` was asked to, so
  /// not among `allCases`.
  case rehydrate

  /// The steps of maintenance, in their order.
  public static let allCases: [MaintenanceStep] = [.flush, .compact, .expire, .warm, .archive, .index, .scrub]
}
