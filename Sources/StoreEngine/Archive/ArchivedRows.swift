import Columnar
import Synchronization

/// The rows of an archived file, read when they are asked for: a row group of the file becomes a segment in memory, of which
/// scans, look-ups and histories read as of any other.
final class ArchivedRows: RowGroupSource {
  let archive: Archive
  let index: ArchiveIndex
  let path: String
  private let bytes: Bytes
  private let fileID: UInt64
  /// Opened at the first read. Whoever reads a row group holds it, so that nobody decodes the same one beside him.
  private let reader = Mutex<(any ArchiveFileReader)?>(nil)

  init(_ archive: Archive, _ index: ArchiveIndex, _ bytes: Bytes, fileID: UInt64) {
    self.archive = archive
    self.index = index
    self.bytes = bytes
    path = archive.storage.path(index.file.path)
    self.fileID = fileID
  }

  func rowGroup(_ slice: Int) throws(StoreError) -> (segment: Segment, index: Int) {
    let group = index.slices[slice].rowGroup
    let first = index.slices[...slice].lastIndex { $0.rowGroup != group }.map { $0 + 1 } ?? 0
    let key = ArchiveCache.Key(fileID: fileID, rowGroup: group)
    if let segment = archive.cache.find(key, as: Segment.self) { return (segment, slice - first) }
    let segment = try reader.withLock { (reader) throws(StoreError) in
      if let segment = archive.cache.find(key, as: Segment.self) { return segment }
      let segment = try materialize(group, try open(&reader))
      archive.cache.keep(segment, bytes: segment.fileLength, key)
      return segment
    }
    return (segment, slice - first)
  }

  func verifyChecksums() throws(StoreError) {
    try reader.withLock { (reader) throws(StoreError) in
      let file = try open(&reader)
      for group in 0..<file.rowGroupCount { _ = try events(group, file) }
    }
  }

  private func open(_ reader: inout (any ArchiveFileReader)?) throws(StoreError) -> any ArchiveFileReader {
    if let reader { return reader }
    let opened = try archive.format.openReader(bytes, path: path)
    guard opened.rowGroupCount == (index.slices.last?.rowGroup ?? 0) + 1 else {
      throw StoreError(.corruption, file: path, "\(opened.rowGroupCount) row groups; its index knows others")
    }
    reader = opened
    return opened
  }

  /// The rows of a row group of the file in the order of segments, checked against the digests of their slices.
  private func events(
    _ group: Int, _ file: any ArchiveFileReader
  ) throws(StoreError) -> (batch: EventBatch, slices: [ArraySlice<UInt32>]) {
    let batch = try file.events(rowGroup: group)
    let known = index.slices.filter { $0.rowGroup == group }
    guard batch.count == known.reduce(0, { $0 + $1.entry.rows }) else {
      throw StoreError(.corruption, file: path, "row group \(group) has \(batch.count) rows; its index knows others")
    }
    var order = [UInt32](0..<UInt32(batch.count))
    // It is sorted by the texts of ids, which is not always the order of their stored form.
    if !batch.isInSortedOrder { order = batch.sortedOrder() }
    let digest = ContentDigest(batch)
    var slices: [ArraySlice<UInt32>] = []
    var next = 0
    for slice in known {
      let rows = order[next..<next + slice.entry.rows]
      guard digest.digest(rows) == slice.digest else {
        throw StoreError(
          .corruption, file: path, "rows \(next) to \(next + rows.count) of row group \(group) are not those archived")
      }
      slices.append(rows)
      next += rows.count
    }
    return (batch, slices)
  }

  private func materialize(_ group: Int, _ file: any ArchiveFileReader) throws(StoreError) -> Segment {
    let (batch, slices) = try events(group, file)
    let memory = MemoryFile(path: path)
    let writer = SegmentWriter(
      fileID: fileID, hashSeed: archive.hashSeed, codec: .none, metadataLimit: .max / 4,
      output: FileOutput(file: memory, path: path))
    for rows in slices { try writer.appendGroups(batch, order: Array(rows)) }
    _ = try writer.finish()
    return try Segment(bytes: Bytes(memory.take()), path: path, expectedFileID: fileID)
  }
}
