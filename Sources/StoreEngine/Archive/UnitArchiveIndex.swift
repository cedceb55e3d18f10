import Columnar

/// What a partition keeps of an archived file of memory units: where it is, the filter of its units, the bounds of its row
/// groups, what tells that their rows are those that were archived, and what they hold of metadata. See Formats/archive.md,
/// "Memory units".
struct UnitArchiveIndex: Sendable {
  let file: ArchivedFileReference
  /// As the segment that stands for the file has it. The header of a row group is the page of the hashes of its contents.
  let footer: UnitSegmentFooter
  /// By row group.
  let digests: [UInt64]

  /// The most rows of a row group that a reader takes.
  private static let mostRows = 1 << 16

  init(file: ArchivedFileReference, groups: [UnitSegmentFooter.Group], digests: [UInt64]) {
    self.file = file
    self.digests = digests
    var bounds = UnitBounds()
    for group in groups { bounds.add(group.bounds) }
    footer = UnitSegmentFooter(
      rows: groups.reduce(0) { $0 + $1.rows }, bounds: bounds, filter: file.filter, filterKind: file.filterKind,
      dictionary: nil, groups: groups, sizes: [("archive", file.length)])
  }

  func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 256 + digests.count * 160)
    file.append(to: &writer)
    writer.appendVarint(digests.count)
    for (group, digest) in zip(footer.groups, digests) {
      writer.appendVarint(group.rows)
      group.header.append(to: &writer)
      for key in [group.firstUser, group.firstMUID, group.lastUser, group.lastMUID] { writer.appendString(key) }
      group.bounds.append(to: &writer)
      writer.append(digest)
      MetadataFilterReference.append(group.metadataFilter, to: &writer)
      group.metadataStatistics.append(to: &writer)
    }
    return writer.bytes
  }

  /// Reads the file of an index; `path` names it in errors.
  static func open(
    _ file: Bytes, path: String, expectedFileID: UInt64? = nil
  ) throws(StoreError) -> ArchiveIndexFile<UnitArchiveIndex> {
    try ArchiveIndexFile(file, path: path, kind: .unitArchive, expectedFileID: expectedFileID) {
      (reader, version, limit) throws(FormatError) in
      try UnitArchiveIndex(&reader, version: version, endingBy: limit)
    }
  }

  /// Reads a footer page of a file of a version; the pages that it refers to must end by `limit`.
  private init(_ reader: inout ByteReader, version: UInt16, endingBy limit: Int) throws(FormatError) {
    let start = reader.offset
    let file = try ArchivedFileReference(&reader, endingBy: limit)
    // An entry takes at least 30 bytes, so the page itself bounds their number.
    let count = try reader.readCount("row groups", limit: reader.remaining / 30)
    guard count > 0 else { throw FormatError(offset: start, "an archived file without rows") }
    var groups: [UnitSegmentFooter.Group] = []
    var digests: [UInt64] = []
    groups.reserveCapacity(count)
    for _ in 0..<count {
      var group = try UnitSegmentFooter.Group(&reader, endingBy: limit, mostRows: Self.mostRows)
      guard group.header.codec == .none, group.header.rawLength == group.rows * 8 else {
        throw FormatError(offset: start, "hashes of contents that are not those of \(group.rows) rows")
      }
      if let last = groups.last, last.compareLast(group.firstUser, group.firstMUID) > 0 {
        throw FormatError(offset: start, "row group \(groups.count) begins before the one before it ends")
      }
      digests.append(try reader.read(UInt64.self, "digest"))
      if version >= 2 { try group.readMetadataIndex(&reader, endingBy: limit) }
      groups.append(group)
    }
    self.init(file: file, groups: groups, digests: digests)
  }
}
