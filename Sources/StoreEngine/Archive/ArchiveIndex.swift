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

  /// Of the archived file, relative to the folder of archives.
  var path: String
  var fileLength: Int
  var slices: [Slice]
  var days: EventDays
  var filter: PageReference
  var filterKind: KeyFilter.Kind

  var rows: Int { slices.reduce(0) { $0 + $1.entry.rows } }
  var smallest: Int64 { slices.reduce(Int64.max) { min($0, $1.entry.smallest) } }
  var largest: Int64 { slices.reduce(Int64.min) { max($0, $1.entry.largest) } }

  /// As the segment that stands for the file has it.
  var footer: SegmentFooter {
    SegmentFooter(
      rows: rows, smallest: smallest, largest: largest, filter: filter, filterKind: filterKind,
      rowGroups: slices.map(\.entry), days: days, sizes: [("archive", fileLength)])
  }

  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.appendText(path)
    writer.appendVarint(fileLength)
    filter.append(to: &writer)
    writer.append(filterKind.rawValue)
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

  init(
    path: String, fileLength: Int, slices: [Slice], days: EventDays, filter: PageReference, filterKind: KeyFilter.Kind
  ) {
    self.path = path
    self.fileLength = fileLength
    self.slices = slices
    self.days = days
    self.filter = filter
    self.filterKind = filterKind
  }

  /// Reads the file of an index; `path` names it in errors.
  static func open(
    _ file: Bytes, path: String
  ) throws(StoreError) -> (header: FileHeader, trailer: SegmentTrailer, index: ArchiveIndex) {
    do throws(FormatError) {
      let header = try FileHeader(file, kind: .archive)
      let trailer = try SegmentTrailer(file, fileID: header.fileID)
      var reader = ByteReader(try trailer.footer.load(from: file, fileID: header.fileID))
      do throws(FormatError) {
        let index = try ArchiveIndex(&reader, version: header.version, endingBy: trailer.footer.offset)
        try reader.expectEnd("index of an archived file")
        return (header, trailer, index)
      } catch {
        throw FormatError(offset: trailer.footer.offset, "byte \(error.offset) of the index: \(error.reason)")
      }
    } catch {
      let isNewer = error.offset == FileHeader.versionOffset
      throw StoreError(isNewer ? .unsupportedVersion : .corruption, file: path, offset: error.offset, error.reason)
    }
  }

  /// Reads a footer page of a file of a version; the filters must end by `limit`.
  init(_ reader: inout ByteReader, version: UInt16, endingBy limit: Int) throws(FormatError) {
    let start = reader.offset
    path = try reader.readText("path", limit: 4_096)
    guard Self.isSound(path: path) else { throw FormatError(offset: start, "a path that leads elsewhere") }
    fileLength = try reader.readCount("file length", limit: 1 << 48)
    let filterStart = reader.offset
    filter = try PageReference(&reader, endingBy: limit)
    let kind = try reader.read(UInt8.self, "kind of the filter")
    guard filter.codec == .none, let filterKind = KeyFilter.Kind(rawValue: kind) else {
      throw FormatError(offset: filterStart, "a filter that is compressed, or of kind \(kind)")
    }
    self.filterKind = filterKind
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

  /// No path leads out of the folder of archives.
  static func isSound(path: String) -> Bool {
    !path.isEmpty && !path.contains("\0")
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && $0 != "." && $0 != ".."
      }
  }
}
