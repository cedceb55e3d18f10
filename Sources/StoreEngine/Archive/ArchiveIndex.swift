import Columnar

/// What a partition keeps of an archived file: where it is, the filter of its keys, and the bounds of its rows, so that a
/// file is opened only for rows that may be in it. See Formats/archive.md.
struct ArchiveIndex: Sendable {
  /// Consecutive rows in the order of segments, all of one row group of the file.
  struct Slice: Sendable {
    /// The entry of a footer; its page reference means nothing.
    var entry: SegmentFooter.RowGroupEntry
    /// The row group of the file.
    var rowGroup: Int
    var digest: UInt64
  }

  let file: ArchivedFileReference
  private(set) var slices: [Slice]
  let days: EventDays

  var rows: Int { slices.reduce(0) { $0 + $1.entry.rows } }
  var smallest: Int64 { slices.reduce(Int64.max) { min($0, $1.entry.smallest) } }
  var largest: Int64 { slices.reduce(Int64.min) { max($0, $1.entry.largest) } }

  /// As the segment that stands for the file has it.
  var footer: SegmentFooter {
    SegmentFooter(
      rows: rows, smallest: smallest, largest: largest, filter: file.filter, filterKind: file.filterKind,
      rowGroups: slices.map(\.entry), days: days, sizes: [("archive", file.length)])
  }

  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    file.append(to: &writer)
    writer.appendVarint(slices.count)
    for slice in slices {
      writer.appendVarint(slice.rowGroup)
      writer.appendVarint(slice.entry.rows)
      let entry = slice.entry
      for key in [entry.firstUser, entry.firstEntity, entry.lastUser, entry.lastEntity] {
        writer.appendVarint(key.count)
        writer.append(key)
      }
      writer.appendSignedVarint(entry.smallest)
      writer.appendSignedVarint(entry.largest)
      writer.append(slice.digest)
      MetadataFilterReference.append(entry.metadataFilter, to: &writer)
      entry.metadataStatistics.append(to: &writer)
    }
    days.append(to: &writer)
    return writer.bytes
  }

  init(file: ArchivedFileReference, slices: [Slice], days: EventDays) {
    self.file = file
    self.slices = slices
    self.days = days
  }

  /// Reads the file of an index; `path` names it in errors.
  static func open(
    _ file: Bytes, path: String, expectedFileID: UInt64? = nil
  ) throws(StoreError) -> ArchiveIndexFile<ArchiveIndex> {
    try ArchiveIndexFile(file, path: path, kind: .archive, expectedFileID: expectedFileID) {
      (reader, version, limit) throws(FormatError) in
      try ArchiveIndex(&reader, version: version, endingBy: limit)
    }
  }

  /// Reads a footer page of a file of a version; the pages that it refers to must end by `limit`.
  private init(_ reader: inout ByteReader, version: UInt16, endingBy limit: Int) throws(FormatError) {
    let start = reader.offset
    file = try ArchivedFileReference(&reader, endingBy: limit)
    let count = try reader.readCount("slices", limit: reader.remaining / 16)
    guard count > 0 else { throw FormatError(offset: start, "an archived file without rows") }
    slices = []
    slices.reserveCapacity(count)
    for _ in 0..<count {
      let rowGroup = try reader.readCount("row group", limit: 1 << 24)
      let previous = slices.last
      guard rowGroup == previous?.rowGroup ?? 0 || rowGroup == (previous?.rowGroup ?? -1) + 1 else {
        throw FormatError(offset: start, "row group \(rowGroup) out of order")
      }
      var entry = try SegmentFooter.RowGroupEntry(withoutHeader: &reader)
      if let last = previous?.entry,
        SegmentFooter.RowGroupEntry.compare(last.lastUser, last.lastEntity, entry.firstUser, entry.firstEntity) > 0
      {
        throw FormatError(offset: start, "slice \(slices.count) begins before the one before it ends")
      }
      let digest = try reader.read(UInt64.self, "digest")
      if version >= 2 { entry.metadataFilter = try MetadataFilterReference.read(&reader, endingBy: limit) }
      if version >= 3 { entry.metadataStatistics = try MetadataStatisticsReference(&reader, endingBy: limit) }
      slices.append(Slice(entry: entry, rowGroup: rowGroup, digest: digest))
    }
    days = try EventDays(&reader)
  }
}
