public import StoreEngine

extension GrowthModel {
  /// The state of somebody's growth, computed from aggregates; it is never stored.
  ///
  /// A state holds where all its conditions hold, and the last one in the order of the model that holds is the state.
  /// Growth in dimensions that the model does not list is left out, except in an open model, where they count with
  /// the default thresholds.
  ///
  /// - Parameter growth: scores and counts; a dimension that occurs more than once (for several entities, say) is
  ///   summed first.
  public func evolution(of growth: [(dimension: String, score: Score, eventCount: UInt64)]) -> EvolutionReport {
    var sums: [ExactText: (score: Score, count: UInt64)] = [:]
    for part in growth where isOpen || dimension(part.dimension) != nil {
      let key = ExactText(part.dimension)
      let before = sums[key] ?? (.zero, 0)
      sums[key] = (before.score + part.score, before.count &+ part.eventCount)
    }
    var active: [String] = []
    var mastered: [String] = []
    var total = Score.zero
    func add(_ dimension: Dimension) {
      guard let score = sums[ExactText(dimension.key)]?.score, !dimension.isCounter else { return }
      total += score
      if dimension.isActive(at: score) { active.append(dimension.key) }
      if dimension.isMastered(at: score) { mastered.append(dimension.key) }
    }
    for dimension in dimensions { add(dimension) }
    let unlisted = sums.keys.filter { dimension($0.text) == nil }
    for key in unlisted.sorted() { add(Dimension(key: key.text)) }

    let connections = connections(in: sums)
    func missing(_ state: EvolutionState) -> [EvolutionReport.Missing] {
      var missing: [EvolutionReport.Missing] = []
      if active.count < state.minActiveDimensions {
        missing.append(.activeDimensions(have: active.count, need: state.minActiveDimensions))
      }
      if mastered.count < state.minMasteredDimensions {
        missing.append(.masteredDimensions(have: mastered.count, need: state.minMasteredDimensions))
      }
      if let minScore = state.minScore, total.millionths < Int128(minScore.millionths) {
        missing.append(.score(have: total, need: Score(millionths: Int128(minScore.millionths))))
      }
      if connections < state.minConnections {
        missing.append(
          .connections(have: connections, need: state.minConnections, dimension: connectionDimension ?? ""))
      }
      return missing
    }
    let reached = evolution.lastIndex { missing($0).isEmpty } ?? 0
    let following = reached + 1 < evolution.count ? evolution[reached + 1] : nil
    return EvolutionReport(
      state: evolution[reached].state, activeDimensions: active, masteredDimensions: mastered, totalScore: total,
      connections: connections,
      next: following.map { EvolutionReport.Next(state: $0.state, missing: missing($0)) })
  }

  private func connections(in sums: [ExactText: (score: Score, count: UInt64)]) -> UInt64 {
    guard let connectionDimension, let sum = sums[ExactText(connectionDimension)] else { return 0 }
    switch connectionMeasure {
    case .eventCount: return sum.count
    case .score: return UInt64(clamping: max(0, sum.score.millionths) / 1_000_000)
    }
  }
}
