import GrowthRing
import StoreEngine
import Testing

/// States computed by hand.
@Suite struct GrowthModelEvolutionTests {
  private func growth(
    _ parts: [(String, String, UInt64)]
  ) throws -> [(dimension: String, score: Score, eventCount: UInt64)] {
    try parts.map { key, score, count in
      let delta = try #require(Delta(score))
      return (dimension: key, score: Score(millionths: Int128(delta.millionths)), eventCount: count)
    }
  }

  @Test func nothingIsASeed() {
    let report = GrowthModel.standard.evolution(of: [])
    #expect(report.state == "seed")
    #expect(report.totalScore == .zero)
    #expect(report.next?.description == "sprout needs 1 more active dimension (0 of 1)")
  }

  @Test func theThresholdIsActive() throws {
    let below = GrowthModel.standard.evolution(of: try growth([("self_know", "0.999999", 3)]))
    #expect(below.state == "seed")
    let at = GrowthModel.standard.evolution(of: try growth([("self_know", "1", 3)]))
    #expect(at.state == "sprout")
    #expect(at.activeDimensions == ["self_know"])
    #expect(at.masteredDimensions.isEmpty)
    #expect(
      at.next?.missing == [
        .activeDimensions(have: 1, need: 3),
        .score(have: Score(millionths: 1_000_000), need: Score(millionths: 10_000_000)),
      ])
    #expect(at.next?.description == "bloom needs 2 more active dimensions (1 of 3) and 9 more score (1 of 10)")
  }

  @Test func partsOfADimensionAreSummed() throws {
    let report = GrowthModel.standard.evolution(
      of: try growth([
        ("world_show", "0.6", 1), ("world_show", "0.4", 1), ("self_know", "7.5", 9), ("self_act", "1.5", 2),
      ]))
    #expect(report.state == "bloom")
    #expect(report.activeDimensions == ["self_know", "self_act", "world_show"])
    #expect(report.totalScore == Score(millionths: 10_000_000))
    #expect(report.connections == 2)
    #expect(
      report.next?.missing == [
        .activeDimensions(have: 3, need: 4),
        .score(have: Score(millionths: 10_000_000), need: Score(millionths: 25_000_000)),
        .connections(have: 2, need: 3, dimension: "world_show"),
      ])
  }

  @Test func constellationAndSupernova() throws {
    var parts =
      [
        ("self_know", "10", 1), ("self_act", "10", 1), ("self_show", "10", 1), ("world_know", "1", 1),
        ("world_act", "68", 1), ("world_show", "0.999999", 10),
      ] as [(String, String, UInt64)]
    let almost = GrowthModel.standard.evolution(of: try growth(parts))
    #expect(almost.state == "constellation")
    #expect(almost.masteredDimensions == ["self_know", "self_act", "self_show", "world_act"])
    #expect(
      almost.next?.description
        == "supernova needs 1 more active dimension (5 of 6) and 0.000001 more score (99.999999 of 100)")
    parts[5].1 = "1"
    let done = GrowthModel.standard.evolution(of: try growth(parts))
    #expect(done.state == "supernova")
    #expect(done.next == nil)
  }

  @Test func growthOutsideOfTheModelIsLeftOut() throws {
    let report = GrowthModel.standard.evolution(of: try growth([("elsewhere", "100", 5)]))
    #expect(report.state == "seed")
    #expect(report.totalScore == .zero)
  }

  @Test func anOpenModelCountsWhateverOccurs() throws {
    let report = GrowthModel.open.evolution(
      of: try growth([("z", "10", 1), ("a", "3", 1), ("m", "1", 1), ("n", "-2", 1)]))
    #expect(report.state == "bloom")
    #expect(report.activeDimensions == ["a", "m", "z"])
    #expect(report.masteredDimensions == ["z"])
    #expect(report.totalScore == Score(millionths: 12_000_000))
    #expect(report.connections == 0)
  }

  @Test func countersOnlyCount() throws {
    let model = try GrowthModel(
      name: "m", dimensions: [.init(key: "a"), .init(key: "links", isCounter: true)], connectionDimension: "links",
      connectionMeasure: .score,
      evolution: [
        .init(state: "alone"), .init(state: "linked", minConnections: 2),
        .init(state: "grown", minActiveDimensions: 1, minScore: .zero),
      ])
    let linked = model.evolution(of: try growth([("links", "2.999999", 9), ("a", "-5", 1)]))
    #expect(linked.state == "linked")
    #expect(linked.connections == 2)
    #expect(linked.totalScore == Score(millionths: -5_000_000))
    #expect(linked.activeDimensions.isEmpty)
    // The last state that holds, even where one before it does not.
    let grown = model.evolution(of: try growth([("a", "1", 1), ("links", "-3", 7)]))
    #expect(grown.state == "grown")
    #expect(grown.connections == 0)
  }

  @Test func theLargestScores() {
    let report = GrowthModel.standard.evolution(of: [
      (dimension: "self_know", score: Score(millionths: Int128.max / 2), eventCount: UInt64.max)
    ])
    #expect(report.state == "sprout")
    #expect(report.masteredDimensions == ["self_know"])
  }
}
