/// The growth of one entity of a user in one dimension.
public struct EntityGrowth: Hashable, Sendable {
  public let userID: String
  public let entityID: String
  public let entityType: String
  public let dimension: String
  public let aggregate: Aggregate
}
