import StorageIO
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
  /// Bytes of memory that a store takes for its own work at the most, from 64 MiB on: for new events, for writing and
  /// merging files, and for what reads keep. Appends wait where memory would not suffice.
  ///
  /// Not counted are what the caller holds (batches, results), the mapped files, which the system may take back at any
  /// time, one commit on its way: about twice its batch, and the search indexes, once they are used: 0.8 MiB, up to 3 MiB a
  /// partition, 1 MiB a partition of a search under way, and up to 20 MiB a partition that is being filled, of which there are as
  /// many at once as the machine has cores where a search or `updateSearchIndex` fills them, and else one.
  public var memoryBytes = 256 << 20
  /// Of these the bytes for new events before they are written out; a quarter where nothing is said. Appends wait at half
  /// as much again. From 1 MiB on.
  public var memtableBytes: Int?
  /// Merges files in the background: what is due at once, more for the sake of reads in quiet times. Without it, `compact` must be called by somebody.
  public var compactsInBackground = true
  /// Runs the schedule of the ageing policy while the store is open: what has come of age moves to warm segments and to the
  /// archive, what has expired goes, and checksums are verified. Without it, `maintain` must be called by somebody, such as
  /// a timer that starts `growthring maintain`.
  public var runsSchedule = false

  public init() {}

  private var memory: Int { max(64 << 20, memoryBytes) }

  /// How many partitions are written or merged at once: each takes up to a third of the least memory for two.
  var lanes: Int { max(1, min(Machine.cores, memory / (96 << 20))) }

  /// How many of them merge while events are appended: with memtables and the batches of those who append, one merge is
  /// what 256 MiB have room for.
  var mergingLanes: Int { max(1, min(lanes, memory / (192 << 20))) }

  /// How a proof of the whole store shares a third of the memory: partitions at once, and events of each that are summed up at
  /// a time, at about a hundred bytes. Copies of tables that grow take as much again for a moment.
  var audit: (lanes: Int, rows: Int) {
    let lanes = max(1, min(Machine.cores, memory / (48 << 20)))
    return (lanes, min(1 << 20, memory / lanes / 300))
  }

  var engineOptions: EngineOptions {
    var options = EngineOptions()
    options.memtableBytes = max(1 << 20, memtableBytes ?? memory / 4)
    options.logFileBytes = min(options.logFileBytes, options.memtableBytes)
    options.logAheadBytes = min(options.logAheadBytes, options.logFileBytes / 8)
    options.rowGroupCacheBytes = memory / 8
    options.archiveCacheBytes = memory / 8
    options.archiveFormat = ParquetArchive()
    // The filter of a segment takes about 26 bytes a row while it is made, beside the eight of each row's hash.
    options.largestSegmentRows = min(options.largestSegmentRows, memory / 256)
    options.rowGroupMetadataBytes = min(options.rowGroupMetadataBytes, memory / 64)
    return options
  }
}
