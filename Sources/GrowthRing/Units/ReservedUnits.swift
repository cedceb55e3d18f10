public import StoreEngine

/// Units that the store keeps for itself beside those of its users.
enum ReservedUnits {
  /// Source types that begin so are the store's own.
  static let prefix = "growthring."
  /// The source type and the muid of a user's profile.
  static let profile = "growthring.profile"
  /// The muid in the form in which it is stored.
  static let storedProfile = Identifier.encode(profile)

  static func isReserved(sourceType: some Sequence<UInt8>) -> Bool { sourceType.starts(with: prefix.utf8) }
}

extension MemoryUnit {
  /// Whether it is none that a user wrote, such as a profile: never listed, searched or counted.
  public var isReserved: Bool { ReservedUnits.isReserved(sourceType: sourceType.utf8) }
}
