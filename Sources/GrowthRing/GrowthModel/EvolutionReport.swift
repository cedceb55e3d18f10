public import StoreEngine

/// How far growth has come by a growth model.
public struct EvolutionReport: Sendable, Hashable {
  /// A condition that does not hold yet.
  public enum Missing: Sendable, Hashable {
    case activeDimensions(have: Int, need: Int)
    case masteredDimensions(have: Int, need: Int)
    case score(have: Score, need: Score)
    /// `dimension` is the one that counts connections.
    case connections(have: UInt64, need: UInt64, dimension: String)
  }

  /// The state after the present one, and what it still takes.
  public struct Next: Sendable, Hashable {
    public let state: String
    /// At least one.
    public let missing: [Missing]
  }

  public let state: String
  /// In the order of the model; those that an open model does not list follow in bytewise order.
  public let activeDimensions: [String]
  /// A part of `activeDimensions`, in the same order.
  public let masteredDimensions: [String]
  /// The sum over all dimensions of the model that are no counters.
  public let totalScore: Score
  public let connections: UInt64
  /// nil in the last state.
  public let next: Next?
}

extension EvolutionReport.Missing: CustomStringConvertible {
  /// `2 more active dimensions (1 of 3)`.
  public var description: String {
    switch self {
    case .activeDimensions(let have, let need):
      "\(need - have) more active dimension\(need - have == 1 ? "" : "s") (\(have) of \(need))"
    case .masteredDimensions(let have, let need):
      "\(need - have) more mastered dimension\(need - have == 1 ? "" : "s") (\(have) of \(need))"
    case .score(let have, let need):
      "\(Score(millionths: need.millionths - have.millionths)) more score (\(have) of \(need))"
    case .connections(let have, let need, let dimension):
      "\(need - have) more connection\(need - have == 1 ? "" : "s") in \(dimension) (\(have) of \(need))"
    }
  }
}

extension EvolutionReport.Next: CustomStringConvertible {
  /// `bloom needs 2 more active dimensions (1 of 3) and 4.5 more score (5.5 of 10)`.
  public var description: String {
    "\(state) needs \(missing.map(\.description).joined(separator: " and "))"
  }
}
