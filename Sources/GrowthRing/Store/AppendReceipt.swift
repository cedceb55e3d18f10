public import StoreEngine

/// What became of an append.
public struct AppendReceipt: Sendable, Hashable {
  /// The sequence number of the commit: it ascends, and whoever reads at or above it sees these events.
  public var sequence: UInt64
  /// Events stored by this append.
  public var stored: Int
  /// Events that were stored before with the same content; they changed nothing.
  public var duplicates: Int
  /// Events that were refused: by the growth model (in lenient mode), or because their identity was stored before with
  /// other content (`conflict`). Ascending by row.
  public var rejections: [EventRejection]

  public var rejected: Int { rejections.count }
}

/// What `append` does with a batch in which some event is refused by the growth model.
public enum AppendMode: Sendable {
  /// Stores nothing, and throws an error of kind `rejected` that names every refused event.
  case strict
  /// Stores the others, and names the refused ones in the receipt.
  case lenient
}
