/// The growth of a user in one dimension, over all entities.
public struct UserGrowth: Hashable, Sendable {
  public let userID: String
  public let dimension: String
  public let aggregate: Aggregate
}
