/// What has gone to a disk, for measuring write amplification and syncs per append.
package struct DiskCounters: Sendable, Equatable {
  /// Bytes accepted by writes that succeeded.
  package var bytesWritten: Int
  /// Syncs of files and directories that succeeded.
  package var syncs: Int

  package init(bytesWritten: Int = 0, syncs: Int = 0) {
    self.bytesWritten = bytesWritten
    self.syncs = syncs
  }
}
