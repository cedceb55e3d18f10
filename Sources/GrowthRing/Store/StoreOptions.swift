import StoreEngine

/// How a store is opened.
public struct StoreOptions: Sendable {
  public enum Access: Sendable {
    /// Appends and reads. One process at a time has it.
    case readWrite
    /// Reads beside whoever appends. Any number of processes.
    case readOnly
  }

  public enum Durability: Sendable {
    /// An append returns after its events are on the disk.
    case synced
    /// An append returns after its events are handed to the operating system: a crash of the process loses nothing, a
    /// power failure may lose the last appends, never earlier ones, and never exactness.
    case buffered
  }

  public var access: Access = .readWrite
  public var durability: Durability = .synced
  /// Creates the store where there is none.
  public var createIfMissing = false
  /// Of a new store: how many partitions, a power of two from 1 to 4096. More let more users be compacted apart; 16 suits
  /// stores up to some billion events.
  public var partitions = 16
  /// Of a new store: its growth model.
  public var model: GrowthModel = .standard
  /// Bytes of memory that the engine keeps for new events before it writes them out; appends wait at half as much again.
  /// From 1 MiB on.
  public var memtableBytes = 96 << 20
  /// Merges files in the background. Without it, `compact` must be called by somebody.
  public var compactsInBackground = true
  /// Runs the schedule of the ageing policy while the store is open: what has come of age moves to warm segments, and
  /// checksums are verified. Without it, `maintain` must be called by somebody, such as a timer that starts
  /// `growthring maintain`.
  public var runsSchedule = false

  public init() {}

  var engineOptions: EngineOptions {
    var options = EngineOptions()
    options.memtableBytes = max(1 << 20, memtableBytes)
    options.logFileBytes = min(options.logFileBytes, options.memtableBytes)
    return options
  }
}
