import Columnar
package import StorageIO

/// Reads the whole log of a store, oldest frame first.
package struct LogReader: Sendable {
  package let files: [LogFile]

  /// Reads every log file that is there. One that vanishes meanwhile was covered by manifests, and so was every older one:
  /// they are skipped.
  package init(disk: any Disk, layout: StoreLayout) throws(StoreError) {
    let names = try onDisk { () throws(DiskError) in try disk.list(layout.logFolder) }
    var found: [(sequence: UInt64, path: String, bytes: Bytes)] = []
    for name in names {
      guard let sequence = StoreLayout.logSequence(name) else { continue }
      let path = layout.logFolder + "/" + name
      do {
        // Read, not mapped: the file is still growing.
        found.append((sequence, path, Bytes(try disk.read(path))))
      } catch  where error.kind == .notFound {
        found.removeAll()
      } catch {
        throw StoreError(error)
      }
    }
    var files: [LogFile] = []
    for (index, file) in found.enumerated() {
      let isLast = index == found.count - 1
      files.append(try LogFile(file.bytes, path: file.path, firstSequence: file.sequence, isLast: isLast))
      if isLast { break }
      let next = files[index].frames.last.map { $0.sequence + 1 } ?? file.sequence
      guard next == found[index + 1].sequence else {
        throw StoreError(
          .corruption, file: file.path, offset: files[index].validLength,
          "the next frame is \(next), but the next file begins with \(found[index + 1].sequence)")
      }
    }
    self.files = files
  }

  /// Whether nothing follows what was read, where no file of the log has come or gone or changed its length: a frame in the
  /// place of zeros that its writer laid ahead makes the file no longer.
  package func isCurrent(disk: any Disk) throws(StoreError) -> Bool {
    guard let file = files.last, file.validLength < file.bytes.count else { return true }
    let start = file.validLength
    let count = min(4, file.bytes.count - start)
    // What is neither a frame nor zeros may have been a frame that was being written.
    guard (start..<start + count).allSatisfy({ file.bytes[$0] == 0 }) else { return false }
    do {
      let handle = try disk.open(file.path, .read)
      let bytes = try handle.read(at: start, count: count)
      try handle.close()
      return bytes.count == count && bytes.allSatisfy { $0 == 0 }
    } catch  where error.kind == .notFound {
      return false
    } catch {
      throw StoreError(error)
    }
  }

  /// The highest sequence number in the log; 0 where it is empty.
  package var lastSequence: UInt64 { files.last(where: { !$0.frames.isEmpty })?.frames.last?.sequence ?? 0 }

  /// Whether this log holds everything that an earlier reading found, unless it was trimmed: then the last frame that was
  /// read then stands in the same place.
  package func continues(_ earlier: LogReader) -> Bool {
    guard let old = earlier.files.last(where: { !$0.frames.isEmpty }), let last = old.frames.last else { return true }
    return files.contains { file in
      file.fileID == old.fileID
        && file.frames.contains { frame in
          frame.sequence == last.sequence && frame.offset == last.offset && frame.length == last.length
            && frame.committedAt == last.committedAt && frame.durableSequence == last.durableSequence
        }
    }
  }

  /// Checks that no file is missing before the oldest: what came before it was flushed. `flushed` is the highest flushed
  /// sequence of all partitions, from manifests that were read after the log.
  package func checkBeginning(flushed: UInt64) throws(StoreError) {
    guard let file = files.first(where: { !$0.frames.isEmpty }), let first = file.frames.first?.sequence else { return }
    guard first - 1 <= flushed else {
      throw StoreError(
        .corruption, file: file.path,
        "the log begins with frame \(first), but only frames up to \(flushed) were flushed; a file is missing")
    }
  }

  /// Every frame up to this one is known to have been synced.
  package var durableSequence: UInt64 {
    files.last(where: { !$0.frames.isEmpty })?.frames.last?.durableSequence ?? 0
  }

  /// Calls `events` with those of every section that a partition wants: in frames above its number in `above`. With it
  /// comes the partition of all of them, or nil where the users tell it. Memory units go to `units`; their users tell their
  /// partitions.
  package func replay(
    above: [UInt64], units: (_ sequence: UInt64, [UnitVersion]) throws(StoreError) -> Void,
    events: (_ sequence: UInt64, _ partition: Int?, EventBatch) throws(StoreError) -> Void
  ) throws(StoreError) {
    let lowest = above.min() ?? .max
    for file in files {
      for frame in file.frames where frame.sequence > lowest {
        for section in frame.sections {
          let partition = section.kind == .onePartition ? section.partition : nil
          if let partition, partition >= above.count || above[partition] >= frame.sequence { continue }
          if section.kind == .units {
            let found = try Self.read(file) { () throws(FormatError) in
              try frame.units(section, file.bytes, fileID: file.fileID)
            }
            try units(frame.sequence, found)
            continue
          }
          let batch = try Self.read(file) { () throws(FormatError) in
            try frame.events(section, file.bytes, fileID: file.fileID)
          }
          try events(frame.sequence, partition, batch)
        }
      }
    }
  }

  private static func read<R>(_ file: LogFile, _ body: () throws(FormatError) -> R) throws(StoreError) -> R {
    do {
      return try body()
    } catch {
      throw StoreError(error, file: file.path)
    }
  }
}
