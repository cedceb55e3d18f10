public import StoreEngine

/// What became of an append of memory units.
public struct UnitReceipt: Sendable, Hashable {
  /// The sequence number of the commit: it ascends, and whoever reads at or above it sees these units.
  public var sequence: UInt64
  /// Versions stored by this append.
  public var stored: Int
  /// Versions that were stored before with the same content; they changed nothing.
  public var duplicates: Int
  /// Units that were refused: malformed ones (in lenient mode), or those whose version, by user, muid and `updatedAt`, was
  /// stored before with other content (`conflict`). Ascending by row.
  public var rejections: [UnitRejection]

  public var rejected: Int { rejections.count }

  public init(sequence: UInt64, stored: Int, duplicates: Int, rejections: [UnitRejection]) {
    self.sequence = sequence
    self.stored = stored
    self.duplicates = duplicates
    self.rejections = rejections
  }
}
