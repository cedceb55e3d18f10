import Columnar

/// What a partition keeps of an archived file of memory units: where it is, the filter of its units, the bounds of its row
/// groups, and what tells that their rows are those that were archived, and what they hold of metadata. See Formats/archive.md, "Memory units".
struct UnitArchiveIndex: Sendable {
  /// Of the archived file, relative to the folder of archived units.
  var path: String
  var fileLength: Int
  /// As the segment that stands for the file has it. The header of a row group is the page of the hashes of its contents.
  var footer: UnitSegmentFooter
  /// By row group.
  var digests: [UInt64]

  /// The most rows of a row group that a reader takes.
  private static let mostRows = 1 << 16

  init(
    path: String, fileLength: Int, groups: [UnitSegmentFooter.Group], digests: [UInt64], filter: PageReference,
    filterKind: KeyFilter.Kind
  ) {
    self.path = path
    self.fileLength = fileLength
    self.digests = digests
    var bounds = UnitBounds()
    for group in groups { bounds.add(group.bounds) }
    footer = UnitSegmentFooter(
      rows: groups.reduce(0) { $0 + $1.rows }, bounds: bounds, filter: filter, filterKind: filterKind, dictionary: nil,
      groups: groups, sizes: [("archive", fileLength)])
  }

  func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 256 + digests.count * 160)
    writer.appendText(path)
    writer.appendVarint(fileLength)
    footer.filter.append(to: &writer)
    writer.append(footer.filterKind.rawValue)
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
    _ file: Bytes, path: String
  ) throws(StoreError) -> (header: FileHeader, trailer: SegmentTrailer, index: UnitArchiveIndex) {
    do throws(FormatError) {
      let header = try FileHeader(file, kind: .unitArchive)
      let trailer = try SegmentTrailer(file, fileID: header.fileID)
      var reader = ByteReader(try trailer.footer.load(from: file, fileID: header.fileID))
      do throws(FormatError) {
        let index = try UnitArchiveIndex(&reader, version: header.version, endingBy: trailer.footer.offset)
        try reader.expectEnd("index of archived units")
        return (header, trailer, index)
      } catch {
        throw FormatError(offset: trailer.footer.offset, "byte \(error.offset) of the index: \(error.reason)")
      }
    } catch {
      let isNewer = error.offset == FileHeader.versionOffset
      throw StoreError(isNewer ? .unsupportedVersion : .corruption, file: path, offset: error.offset, error.reason)
    }
  }

  /// Reads a footer page of a file of a version; the pages that it refers to must end by `limit`.
  private init(_ reader: inout ByteReader, version: UInt16, endingBy limit: Int) throws(FormatError) {
    let start = reader.offset
    let path = try reader.readText("path", limit: 4_096)
    guard ArchiveIndex.isSound(path: path) else { throw FormatError(offset: start, "a path that leads elsewhere") }
    let fileLength = try reader.readCount("file length", limit: 1 << 48)
    let filterStart = reader.offset
    let filter = try PageReference(&reader, endingBy: limit)
    let kind = try reader.read(UInt8.self, "kind of the filter")
    guard filter.codec == .none, let filterKind = KeyFilter.Kind(rawValue: kind) else {
      throw FormatError(offset: filterStart, "a filter that is compressed, or of kind \(kind)")
    }
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
    self.init(
      path: path, fileLength: fileLength, groups: groups, digests: digests, filter: filter, filterKind: filterKind)
  }
}
