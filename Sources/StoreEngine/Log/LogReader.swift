import Columnar
package import StorageIO

/// Reads the whole log of a store, oldest frame first.
package struct LogReader: Sendable {
  package let files: [LogFile]

  /// Reads every log file that is there. One that vanishes meanwhile was covered by manifests and is skipped.
  package init(disk: any Disk, layout: StoreLayout) throws(StoreError) {
    let names = try onDisk { () throws(DiskError) in try disk.list(layout.logFolder) }
    var found: [(sequence: UInt64, path: String, bytes: Bytes)] = []
    for name in names {
      guard let sequence = StoreLayout.logSequence(name) else { continue }
      let path = layout.logFolder + "/" + name
      do {
        // Read, not mapped: the file is still growing.
        found.append((sequence, path, Bytes(try disk.read(path))))
      } catch where error.kind == .notFound {
        continue
      } catch {
        throw StoreError(error)
      }
    }
    var files: [LogFile] = []
    for (index, file) in found.enumerated() {
      files.append(
        try LogFile(file.bytes, path: file.path, firstSequence: file.sequence, isLast: index == found.count - 1))
    }
    self.files = files
  }

  /// The highest sequence number in the log; 0 where it is empty.
  package var lastSequence: UInt64 { files.last(where: { !$0.frames.isEmpty })?.frames.last?.sequence ?? 0 }

  /// Checks that no file is missing before another. `flushed` is the highest flushed sequence of all partitions, from
  /// manifests that were read after the log. See Formats/log.md, "From file to file".
  package func checkContinuity(flushed: UInt64) throws(StoreError) {
    var last: UInt64 = 0
    for file in files {
      guard let first = file.frames.first?.sequence, let end = file.frames.last?.sequence else { continue }
      guard first > last, first - 1 == last || first - 1 <= flushed else {
        throw StoreError(
          .corruption, file: file.path, "the log goes on with frame \(first) where \(last + 1) belongs; a file is missing")
      }
      last = end
    }
  }

  /// Calls `body` with the events of every section of `partition` in frames above `flushed`.
  package func replay(
    partition: Int, above flushed: UInt64, _ body: (UInt64, EventBatch) throws(StoreError) -> Void
  ) throws(StoreError) {
    for file in files {
      for frame in file.frames where frame.sequence > flushed {
        for section in frame.sections where section.partition == partition {
          let batch: EventBatch
          do {
            batch = try frame.events(section, file.bytes, fileID: file.fileID)
          } catch {
            throw StoreError(error, file: file.path)
          }
          try body(frame.sequence, batch)
        }
      }
    }
  }
}
