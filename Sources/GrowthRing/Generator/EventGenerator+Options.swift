extension EventGenerator {
  /// What to generate. The same options give the same events, byte for byte, on every platform.
  public struct Options: Sendable, Hashable {
    public enum IDVersion: Int, Sendable, Hashable, CaseIterable {
      /// UUIDv4: random throughout.
      case random = 4
      /// UUIDv7: the milliseconds of `created_at`, then random.
      case timeOrdered = 7
    }

    /// How many events; from 0.
    public var events: Int
    /// How many users there are; nil derives it from the events, so that about 22.5 events fall on each pair of user
    /// and entity.
    public var users: Int?
    public var seed: UInt64
    /// The part of the events, 0 to 1, that arrives up to three years late, beside the usual lateness.
    public var late: Double
    public var idVersion: IDVersion
    /// Whether the events of three in five users have a scope of one to five parts.
    public var scopes: Bool

    public init(
      events: Int, users: Int? = nil, seed: UInt64 = 1, late: Double = 0, idVersion: IDVersion = .timeOrdered,
      scopes: Bool = false
    ) {
      self.events = events
      self.users = users
      self.seed = seed
      self.late = late
      self.idVersion = idVersion
      self.scopes = scopes
    }
  }
}
