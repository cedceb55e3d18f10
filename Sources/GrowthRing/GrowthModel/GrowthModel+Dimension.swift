public import StoreEngine

extension GrowthModel {
  /// One direction of growth, and what its score means.
  public struct Dimension: Sendable, Hashable {
    /// What events name in `dim_key`: 1 to 255 bytes of UTF-8.
    public let key: String
    /// For people; the key where the file gives none.
    public let name: String
    public let description: String
    /// The dimension is active where its score is at least this.
    public let activationThreshold: Delta
    /// The dimension is mastered where its score is at least this; not below the activation threshold.
    public let masteryThreshold: Delta
    /// The smallest delta that an event may carry.
    public let minDelta: Delta
    /// The largest delta that an event may carry.
    public let maxDelta: Delta
    /// Whether it only counts: a counter is never active or mastered, and its score is not part of the total.
    public let isCounter: Bool

    public static let defaultActivationThreshold = Delta(millionths: 1_000_000)
    public static let defaultMasteryThreshold = Delta(millionths: 10_000_000)
    /// No lower limit: the smallest delta there is.
    public static let smallestDelta = Delta(millionths: -Int64.max)
    /// No upper limit: the largest delta there is.
    public static let largestDelta = Delta(millionths: Int64.max)

    public init(
      key: String, name: String? = nil, description: String = "",
      activationThreshold: Delta = Self.defaultActivationThreshold,
      masteryThreshold: Delta = Self.defaultMasteryThreshold,
      minDelta: Delta = Self.smallestDelta, maxDelta: Delta = Self.largestDelta, isCounter: Bool = false
    ) {
      self.key = key
      self.name = name ?? key
      self.description = description
      self.activationThreshold = activationThreshold
      self.masteryThreshold = masteryThreshold
      self.minDelta = minDelta
      self.maxDelta = maxDelta
      self.isCounter = isCounter
    }

    /// Whether a score reaches the activation threshold; never for a counter.
    public func isActive(at score: Score) -> Bool {
      !isCounter && score.millionths >= Int128(activationThreshold.millionths)
    }

    /// Whether a score reaches the mastery threshold; never for a counter.
    public func isMastered(at score: Score) -> Bool {
      !isCounter && score.millionths >= Int128(masteryThreshold.millionths)
    }
  }
}
