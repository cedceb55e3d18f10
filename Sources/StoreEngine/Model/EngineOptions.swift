/// What can be tuned. The defaults suit a service on a small machine.
package struct EngineOptions: Sendable {
  /// Bytes of memtables above which the largest are flushed; appends wait at half as much again.
  package var memtableBytes: Int
  /// A log file is ended beyond this many bytes.
  package var logFileBytes: Int
  /// Zeros that are laid ahead of small frames, so that a sync need not write the length of the file; 0 for none.
  package var logAheadBytes: Int
  /// A compaction merges this many runs of one level, or unit segments: few, since every read of aggregates asks all runs.
  package var fanIn: Int
  /// The same of segments. More, since few reads ask every segment, and a row is written again once a level.
  package var segmentFanIn: Int
  /// A compaction of everything merges at most so many at once, and goes on in rounds: a merge holds a piece of every input.
  package var mostInputs: Int = 32
  /// Rows of the largest segment that compaction makes.
  package var largestSegmentRows: Int
  /// Bytes of the largest unit segment that compaction makes, about.
  package var largestUnitBytes: Int = 256 << 20
  /// Bytes that reads of histories may keep of row groups for the next reads.
  package var rowGroupCacheBytes: Int
  /// Bytes that row groups of archived files may take in memory once they were read.
  package var archiveCacheBytes: Int
  /// The form of archived files; a store that has some cannot be opened without.
  package var archiveFormat: (any ArchiveFormat)?
  /// The folder of archived files; that in the store's folder where nothing is said.
  package var archiveFolder: String?
  /// The same of archived memory units.
  package var unitArchiveFolder: String?
  /// Bytes of distinct metadata beyond which a row group ends: a merge holds as much of every file it reads.
  package var rowGroupMetadataBytes: Int

  package init(
    memtableBytes: Int = 96 << 20, logFileBytes: Int = 64 << 20, logAheadBytes: Int = 512 << 10, fanIn: Int = 8,
    segmentFanIn: Int = 16, largestSegmentRows: Int = 4 << 20, rowGroupCacheBytes: Int = 64 << 20,
    archiveCacheBytes: Int = 64 << 20, rowGroupMetadataBytes: Int = SegmentLayout.metadataLimit
  ) {
    self.memtableBytes = memtableBytes
    self.logFileBytes = logFileBytes
    self.logAheadBytes = logAheadBytes
    self.fanIn = fanIn
    self.segmentFanIn = segmentFanIn
    self.largestSegmentRows = largestSegmentRows
    self.rowGroupCacheBytes = rowGroupCacheBytes
    self.archiveCacheBytes = archiveCacheBytes
    self.rowGroupMetadataBytes = rowGroupMetadataBytes
  }
}
