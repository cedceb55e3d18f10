/// How records of a file become events; what NDJSON and CSV have in common.
public struct IngestOptions: Sendable {
  /// The unit of times that are given as integers.
  public var timeUnit = TimeUnit.microseconds
  /// Skip keys and columns that are no fields of an event, instead of rejecting their records.
  public var ignoreUnknownFields = false
  /// Give a record without an id one that follows from its content, see `DerivedEventIDs`. Otherwise the store assigns a
  /// fresh id when the batch is appended, and taking in the same file twice counts everything twice.
  public var deriveEventIDs = false
  /// Longest record in bytes. A longer one is rejected and skipped without being held in memory.
  public var longestRecord = 16 << 20
  /// How much of a rejected record is kept for the quarantine, in bytes.
  public var longestQuarantine = 64 << 10

  public init() {}
}

/// The unit of a time that is given as an integer since 1970.
public enum TimeUnit: String, CaseIterable, Sendable {
  case microseconds = "us"
  case milliseconds = "ms"
  case seconds = "s"

  /// The length in microseconds.
  package var length: Int64 {
    switch self {
    case .microseconds: 1
    case .milliseconds: 1000
    case .seconds: 1_000_000
    }
  }
}
