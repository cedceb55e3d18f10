package import Columnar
import Synchronization

/// An immutable file of sorted events, open for reading. See Formats/segment.md.
///
/// Opening reads the trailer and the footer only. Every page is checked against its checksum each time that it is read,
/// and nothing in it is trusted: damage is thrown as `.corruption` with the file and the place in it.
package final class Segment: Sendable {
  package let path: String
  package let fileID: UInt64
  /// The version of the format in which the file is written.
  package let version: UInt16
  let bytes: Bytes
  let footer: SegmentFooter
  let trailer: SegmentTrailer
  /// Where the row groups are, if not in this file: then the file is an index, and has no pages of rows.
  let rowsElsewhere: (any RowGroupSource)?
  /// The number of the first row of every row group.
  package let firstRows: [Int]
  /// Of every row group.
  let bounds: [Bounds]
  private let cache = Mutex(Cache())

  /// Headers are small but many in a large store, so a segment keeps only the last few that were used.
  private static let cachedHeaders = 16

  private struct Cache {
    var headers: [(group: Int, header: RowGroupHeader)] = []
    var next = 0
    var filter: KeyFilter?
    /// By row group, those of metadata that were asked; empty until one is.
    var metadataFilters: [KeyFilter?] = []
    /// The same of their statistics.
    var metadataStatistics: [MetadataStatistics?] = []
  }

  /// Opens a segment that lies in `bytes`; `path` names it in errors. The id, where one is expected, comes from the
  /// manifest, and tells a wrong file from a damaged one.
  package init(bytes: Bytes, path: String, expectedFileID: UInt64?) throws(StoreError) {
    self.bytes = bytes
    self.path = path
    let header: FileHeader
    do {
      header = try FileHeader(bytes, kind: .segment, expectedFileID: expectedFileID)
      trailer = try SegmentTrailer(bytes, fileID: header.fileID)
    } catch {
      throw StoreError(error, file: path)
    }
    fileID = header.fileID
    version = header.version
    let page = trailer.footer
    footer = try Self.read(page, of: bytes, header.fileID, path, "footer") { (reader) throws(FormatError) in
      try SegmentFooter(&reader, version: header.version, endingBy: page.offset)
    }
    rowsElsewhere = nil
    bounds = footer.rowGroups.map { Bounds($0) }
    firstRows = Self.firstRows(footer)
  }

  /// A segment whose rows lie elsewhere; `bytes` is the file with its filter, that the footer refers to.
  init(
    bytes: Bytes, path: String, header: FileHeader, trailer: SegmentTrailer, footer: SegmentFooter,
    rows: any RowGroupSource
  ) {
    self.bytes = bytes
    self.path = path
    fileID = header.fileID
    version = header.version
    self.trailer = trailer
    self.footer = footer
    rowsElsewhere = rows
    bounds = footer.rowGroups.map { Bounds($0) }
    firstRows = Self.firstRows(footer)
  }

  private static func firstRows(_ footer: SegmentFooter) -> [Int] {
    var rows = 0
    return footer.rowGroups.map { group in
      defer { rows += group.rows }
      return rows
    }
  }

  package var rows: Int { footer.rows }
  package var fileLength: Int { bytes.count }
  package var smallestCreatedAt: Int64 { footer.smallest }
  package var largestCreatedAt: Int64 { footer.largest }
  package var rowGroupCount: Int { footer.rowGroups.count }
  /// Bytes of the file by column.
  package var sizes: [(name: String, bytes: Int)] { footer.sizes }

  package var summary: SegmentSummary {
    SegmentSummary(
      fileID: fileID, fileLength: fileLength, rows: rows, smallestCreatedAt: smallestCreatedAt,
      largestCreatedAt: largestCreatedAt)
  }

  /// A reader of one row group, for one task: it keeps the pages that it read last.
  package func rowGroup(_ index: Int) throws(StoreError) -> RowGroup {
    guard let rowsElsewhere else { return RowGroup(self, index, try header(index), source: self) }
    let part = try rowsElsewhere.rowGroup(index)
    return RowGroup(
      self, index, try part.segment.header(part.index), source: part.segment,
      memory: part.segment.fileLength / part.segment.rowGroupCount)
  }

  // MARK: Pages

  /// Reads a page, decodes it to its end, and places errors in the file.
  func read<R>(
    _ page: PageReference, _ what: StaticString, _ decode: (inout ByteReader) throws(FormatError) -> R
  ) throws(StoreError) -> R {
    try Self.read(page, of: bytes, fileID, path, what, decode)
  }

  private static func read<R>(
    _ page: PageReference, of bytes: Bytes, _ fileID: UInt64, _ path: String, _ what: StaticString,
    _ decode: (inout ByteReader) throws(FormatError) -> R
  ) throws(StoreError) -> R {
    do throws(FormatError) {
      var reader = ByteReader(try page.load(from: bytes, fileID: fileID))
      do throws(FormatError) {
        let result = try decode(&reader)
        try reader.expectEnd(what)
        return result
      } catch {
        throw FormatError(offset: page.offset, "\(what): byte \(error.offset) of the page: \(error.reason)")
      }
    } catch {
      throw StoreError(error, file: path)
    }
  }

  func header(_ index: Int) throws(StoreError) -> RowGroupHeader {
    let cached = cache.withLock { cache in cache.headers.first { $0.group == index }?.header }
    if let cached { return cached }
    let entry = footer.rowGroups[index]
    let header = try read(entry.header, "row group header") { (reader) throws(FormatError) in
      try RowGroupHeader(
        &reader, rows: entry.rows, version: version, endingBy: entry.header.offset)
    }
    cache.withLock { cache in
      if cache.headers.count < Self.cachedHeaders {
        cache.headers.append((index, header))
      } else {
        cache.headers[cache.next] = (index, header)
        cache.next = (cache.next + 1) % Self.cachedHeaders
      }
    }
    return header
  }

  /// The filter of keys, whose checksum is verified once.
  func filter() throws(StoreError) -> KeyFilter {
    if let filter = cache.withLock({ $0.filter }) { return filter }
    let page = footer.filter
    let kind = footer.filterKind
    let filter = try read(page, "filter") { (reader) throws(FormatError) in
      try KeyFilter(try reader.readBytes(page.rawLength, "filter"), kind)
    }
    cache.withLock { $0.filter = filter }
    return filter
  }

  /// The filter of the metadata of a row group, whose checksum is verified once; nil where it has none.
  func metadataFilter(_ index: Int) throws(StoreError) -> KeyFilter? {
    guard let reference = footer.rowGroups[index].metadataFilter else { return nil }
    let known = cache.withLock { $0.metadataFilters.isEmpty ? nil : $0.metadataFilters[index] }
    if let known { return known }
    let filter = try read(reference.page, "filter of metadata") { (reader) throws(FormatError) in
      try KeyFilter(try reader.readBytes(reference.page.rawLength, "filter of metadata"), reference.kind)
    }
    cache.withLock { cache in
      if cache.metadataFilters.isEmpty {
        cache.metadataFilters = [KeyFilter?](repeating: nil, count: footer.rowGroups.count)
      }
      cache.metadataFilters[index] = filter
    }
    return filter
  }

  /// The statistics of the metadata of a row group, whose checksum is verified once; nil where there are none.
  func metadataStatistics(_ index: Int) throws(StoreError) -> MetadataStatistics? {
    let page: PageReference
    switch footer.rowGroups[index].metadataStatistics {
    case .unknown: return nil
    case .empty: return MetadataStatistics.empty
    case .page(let reference): page = reference
    }
    let known = cache.withLock { $0.metadataStatistics.isEmpty ? nil : $0.metadataStatistics[index] }
    if let known { return known }
    let statistics = try read(page, "statistics of metadata") { (reader) throws(FormatError) in
      try MetadataStatistics(&reader)
    }
    cache.withLock { cache in
      if cache.metadataStatistics.isEmpty {
        cache.metadataStatistics = [MetadataStatistics?](repeating: nil, count: footer.rowGroups.count)
      }
      cache.metadataStatistics[index] = statistics
    }
    return statistics
  }
}
