import Columnar
import StorageIO

/// The new segments of a merge: opened as they are needed, made durable together at the end.
final class SegmentSink {
  private let partition: Partition
  private var outputs: [(fileID: UInt64, output: FileOutput)] = []
  /// Of all files that were begun, so that they can be removed where the merge fails.
  private(set) var fileIDs: [UInt64] = []

  init(_ partition: Partition) { self.partition = partition }

  /// Bytes written so far.
  var bytes: Int { outputs.reduce(0) { $0 + $1.output.offset } }

  func next() throws(StoreError) -> SegmentMerge.Target {
    let fileID = partition.environment.entropy.next()
    fileIDs.append(fileID)
    let output = try partition.create(StoreLayout.segmentName(fileID))
    outputs.append((fileID, output))
    return SegmentMerge.Target(fileID: fileID, output: output)
  }

  /// Makes the files durable under their names; the caller syncs the folder.
  func publish() throws(StoreError) {
    for (_, output) in outputs { try output.publish(disk: partition.environment.disk) }
  }

  /// Makes only these durable, and opens the others, which are never more than files that are read once and removed.
  func publish(only kept: [UInt64]) throws(StoreError) -> [Segment] {
    var others: [Segment] = []
    for (fileID, output) in outputs {
      if kept.contains(fileID) {
        try output.publish(disk: partition.environment.disk)
      } else {
        let bytes = try output.finishUnpublished(disk: partition.environment.disk)
        others.append(try Segment(bytes: bytes, path: output.path, expectedFileID: fileID))
      }
    }
    return others
  }
}
