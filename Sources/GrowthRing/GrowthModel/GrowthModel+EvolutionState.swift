public import StoreEngine

extension GrowthModel {
  /// One state of the evolution, and the conditions that all have to hold for it. nil and 0 are no condition.
  public struct EvolutionState: Sendable, Hashable {
    /// The state's name: 1 to 255 bytes of UTF-8.
    public let state: String
    /// How many dimensions must be active.
    public let minActiveDimensions: Int
    /// How many dimensions must be mastered.
    public let minMasteredDimensions: Int
    /// The smallest total score; nil is no condition, while 0 still asks for a total that is not negative.
    public let minScore: Delta?
    /// How many connections there must be.
    public let minConnections: UInt64

    public init(
      state: String, minActiveDimensions: Int = 0, minMasteredDimensions: Int = 0, minScore: Delta? = nil,
      minConnections: UInt64 = 0
    ) {
      self.state = state
      self.minActiveDimensions = minActiveDimensions
      self.minMasteredDimensions = minMasteredDimensions
      self.minScore = minScore
      self.minConnections = minConnections
    }

    var hasConditions: Bool {
      minActiveDimensions != 0 || minMasteredDimensions != 0 || minScore != nil || minConnections != 0
    }
  }
}
