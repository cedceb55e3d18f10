/// In which order rows of a summary come; rows that are equal in it, by their parts.
public enum SummaryOrder: String, CaseIterable, Sendable {
  /// By the values of their parts, ascending.
  case key
  /// The highest score first.
  case score
  /// Most events first.
  case events
  /// Most users first; only where users are counted.
  case users
}
