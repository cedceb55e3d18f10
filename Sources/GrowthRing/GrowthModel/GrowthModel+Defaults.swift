import StoreEngine

extension GrowthModel {
  /// The model of a new store: self and world, each in knowing, acting and showing; any entity type and metadata.
  ///
  /// What was shown to the world is what connects, so events in `world_show` are the connections.
  public static let standard = GrowthModel(
    unchecked: "standard", isOpen: false,
    dimensions: [
      standardDimension("self_know", "Self: know", "Knowing oneself: reflection, journals, recognising patterns"),
      standardDimension("self_act", "Self: act", "Acting on oneself: habits, exercises, practice"),
      standardDimension("self_show", "Self: show", "Showing oneself: telling, presenting, standing up for something"),
      standardDimension("world_know", "World: know", "Knowing the world: study, reading, understanding a subject"),
      standardDimension("world_act", "World: act", "Acting in the world: tasks, projects, work with others"),
      standardDimension("world_show", "World: show", "Showing to the world: publishing, teaching, sharing"),
    ],
    entityTypes: nil, metadataRules: MetadataRules(), connectionDimension: "world_show",
    connectionMeasure: .eventCount, evolution: nil)

  /// For data of unknown origin: any dimension, entity type, delta and metadata.
  ///
  /// The evolution has the default states and thresholds over whatever dimensions occur, without connections.
  public static let open = GrowthModel(
    unchecked: "open", isOpen: true, dimensions: [], entityTypes: nil, metadataRules: MetadataRules(),
    connectionDimension: nil, connectionMeasure: .eventCount, evolution: nil)

  /// A delta above a million is a mistake of units, so the standard model stops there.
  private static func standardDimension(_ key: String, _ name: String, _ description: String) -> Dimension {
    Dimension(
      key: key, name: name, description: description, minDelta: Delta(millionths: -1_000_000_000_000),
      maxDelta: Delta(millionths: 1_000_000_000_000))
  }

  /// The five states of a model that names none.
  ///
  /// - Parameters:
  ///   - dimensions: how many dimensions of the model can be active; conditions above it are lowered to it, so that a
  ///     small model can reach every state. Where it is 0 no dimension is asked for.
  ///   - open: dimensions that are not listed can be active too, so that no condition is lowered.
  ///   - connected: whether the model has a connection dimension; without one no connections are asked for.
  public static func defaultEvolution(dimensions: Int, open: Bool, connected: Bool) -> [EvolutionState] {
    func upTo(_ count: Int) -> Int { open ? count : min(count, dimensions) }
    return [
      EvolutionState(state: "seed"),
      EvolutionState(state: "sprout", minActiveDimensions: upTo(1)),
      EvolutionState(state: "bloom", minActiveDimensions: upTo(3), minScore: Delta(millionths: 10_000_000)),
      EvolutionState(
        state: "constellation", minActiveDimensions: upTo(4), minScore: Delta(millionths: 25_000_000),
        minConnections: connected ? 3 : 0),
      EvolutionState(
        state: "supernova", minActiveDimensions: upTo(6), minMasteredDimensions: upTo(3),
        minScore: Delta(millionths: 100_000_000), minConnections: connected ? 10 : 0),
    ]
  }
}
