import Columnar
import StorageIO

/// The new segments of a merge: opened as they are needed, made durable together at the end.
final class SegmentSink {
  private let partition: Partition
  private var outputs: [FileOutput] = []
  /// Of all files that were begun, so that they can be removed where the merge fails.
  private(set) var fileIDs: [UInt64] = []

  init(_ partition: Partition) { self.partition = partition }

  /// Bytes written so far.
  var bytes: Int { outputs.reduce(0) { $0 + $1.offset } }

  func next() throws(StoreError) -> SegmentMerge.Target {
    let fileID = partition.environment.entropy.next()
    fileIDs.append(fileID)
    let path = partition.folder + "/" + StoreLayout.segmentName(fileID)
    let output = try FileOutput.create(path, disk: partition.environment.disk)
    outputs.append(output)
    return SegmentMerge.Target(fileID: fileID, output: output)
  }

  /// Makes the files durable under their names; the caller syncs the folder.
  func publish() throws(StoreError) {
    for output in outputs { try output.publish(disk: partition.environment.disk) }
  }
}

extension Manifest.SegmentEntry {
  init(_ summary: SegmentSummary, level: Int, tier: Manifest.Tier) {
    self.init(
      fileID: summary.fileID, length: summary.fileLength, rows: summary.rows, level: level,
      smallestCreatedAt: summary.smallestCreatedAt, largestCreatedAt: summary.largestCreatedAt, tier: tier)
  }
}
