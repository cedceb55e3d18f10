public import StoreEngine

/// The record of one run of maintenance. See Formats/jobs.md.
public struct MaintenanceJob: Sendable, Hashable {
  public enum Cause: String, Sendable, Hashable, CaseIterable {
    /// Somebody asked: a person, cron, a timer.
    case command
    /// The schedule of a service.
    case schedule
  }

  public enum State: String, Sendable, Hashable {
    case running
    case done
    /// It ended with an error.
    case failed
    /// It never ended: its process was killed, or the machine. What it was about to commit is not there, and nothing else
    /// is missing.
    case died
  }

  public struct Step: Sendable, Hashable {
    public var step: MaintenanceStep
    public var startedAt: Timestamp
    public var endedAt: Timestamp?
    /// Events and versions of memory units moved by warming and archiving, brought back or removed by expiry, files merged away
    /// by compacting, files read by a scrub.
    public var moved = 0
    /// The versions of memory units among them.
    public var units = 0
    /// Of the files that went, and of those that came in their place; of a scrub, what was read.
    public var bytesBefore = 0
    public var bytesAfter = 0
    public var error: String?

    /// Whether it came to its end; one that was interrupted is still due.
    var isDone: Bool { endedAt != nil && error == nil }

    /// Bytes that the disk has more than before; less than 0 where it has less.
    public var freed: Int { step == .scrub ? 0 : bytesBefore - bytesAfter }
  }

  /// Unique in the store, and ascending with time.
  public let name: String
  public let cause: Cause
  public let startedAt: Timestamp
  public internal(set) var endedAt: Timestamp?
  public internal(set) var steps: [Step] = []
  /// What ended it early.
  public internal(set) var error: String?
  /// Why there is no record of it, or not of its end: the disk was full. Known to the process that ran it only.
  public internal(set) var recordFailure: String?
  /// The kind of what ended it early; known to the process that ran it only.
  public internal(set) var errorKind: StoreError.Kind?
  /// Whether damage was found; known to the process that ran it only.
  public internal(set) var isDamaged = false
  /// The error of what was ended by a store that was closed, or a task that was cancelled.
  static let interrupted = "interrupted"

  /// Whether it is under way, which no record can tell of itself.
  var isRunning = false

  public var state: State {
    guard endedAt != nil else { return isRunning ? .running : .died }
    return error == nil && steps.allSatisfy { $0.error == nil } ? .done : .failed
  }

  /// Events and versions of memory units that came to another tier, or expired.
  public var moved: Int {
    steps.reduce(0) { $0 + ([.warm, .archive, .expire, .rehydrate].contains($1.step) ? $1.moved : 0) }
  }
  public var freed: Int { steps.reduce(0) { $0 + $1.freed } }

  init(name: String, cause: Cause, startedAt: Timestamp) {
    self.name = name
    self.cause = cause
    self.startedAt = startedAt
  }
}
