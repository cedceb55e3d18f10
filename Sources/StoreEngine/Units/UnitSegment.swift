package import Columnar
import Synchronization

/// A unit segment, read from the mapped bytes. See Formats/unit-segments.md.
///
/// Opening reads the footer only. What is read after that is checked when it is read.
package final class UnitSegment: Sendable {
  package let path: String
  package let fileID: UInt64
  /// The version in which the file is written, of a segment or of an index.
  package let version: UInt16
  let bytes: Bytes
  let footer: UnitSegmentFooter
  /// Where its rows are, if not in its own file, which is an index then.
  let rowsElsewhere: (any UnitGroupSource)?
  private let state = Mutex(State())

  /// What the last reads have read, since the next are often beside them.
  private struct State: Sendable {
    var filter: KeyFilter?
    var dictionary: ZstdDictionary?
    /// The newest last.
    var groups: [UnitGroup] = []
    var content: (offset: Int, bytes: Bytes)?
  }

  private static let keptGroups = 2

  package init(bytes: Bytes, path: String, expectedFileID: UInt64? = nil) throws(StoreError) {
    self.bytes = bytes
    self.path = path
    rowsElsewhere = nil
    do throws(FormatError) {
      let header = try FileHeader(bytes, kind: .unitSegment, expectedFileID: expectedFileID)
      fileID = header.fileID
      version = header.version
      let page = try SegmentTrailer(bytes, fileID: header.fileID).footer
      let raw = try page.load(from: bytes, fileID: header.fileID)
      do throws(FormatError) {
        var reader = ByteReader(raw)
        footer = try UnitSegmentFooter(&reader, version: header.version, endingBy: page.offset)
      } catch {
        throw error.shifted(by: page.offset)
      }
    } catch {
      throw StoreError(error, file: path)
    }
  }

  /// A segment whose rows lie elsewhere; `bytes` is the file with its filter, that the footer refers to.
  init(bytes: Bytes, path: String, header: FileHeader, footer: UnitSegmentFooter, rows: any UnitGroupSource) {
    self.bytes = bytes
    self.path = path
    fileID = header.fileID
    version = header.version
    self.footer = footer
    rowsElsewhere = rows
  }

  /// Versions of units.
  package var rows: Int { footer.rows }
  package var bounds: UnitBounds { footer.bounds }
  /// Bytes of the file by part.
  package var sizes: [(name: String, bytes: Int)] { footer.sizes }

  // MARK: Reading

  /// Reads a page and hands it to `decode`; errors name the file and the page's place.
  func read<R>(
    _ page: PageReference, dictionary: ZstdDictionary? = nil, _ decode: (inout ByteReader) throws(FormatError) -> R
  ) throws(StoreError) -> R {
    do throws(FormatError) {
      let raw = try page.load(from: bytes, fileID: fileID, dictionary: dictionary)
      do throws(FormatError) {
        var reader = ByteReader(raw)
        return try decode(&reader)
      } catch {
        throw FormatError(offset: page.offset, "in a page: " + error.description)
      }
    } catch {
      throw StoreError(error, file: path)
    }
  }

  func loadFilter() throws(StoreError) -> KeyFilter {
    if let filter = state.withLock({ $0.filter }) { return filter }
    let kind = footer.filterKind
    let filter = try read(footer.filter) { (reader) throws(FormatError) in
      try KeyFilter(try reader.readBytes(reader.remaining, "filter"), kind)
    }
    state.withLock { $0.filter = filter }
    return filter
  }

  func loadDictionary() throws(StoreError) -> ZstdDictionary? {
    guard let page = footer.dictionary else { return nil }
    if let dictionary = state.withLock({ $0.dictionary }) { return dictionary }
    let raw = try read(page) { (reader) throws(FormatError) in
      try reader.readBytes(reader.remaining, "dictionary").array
    }
    guard let dictionary = ZstdDictionary(raw) else {
      throw StoreError(.corruption, file: path, offset: page.offset, "no dictionary of Zstandard")
    }
    state.withLock { $0.dictionary = dictionary }
    return dictionary
  }

  /// The keys of a row group; `keeps` them for the next reads.
  func group(_ number: Int, keeps: Bool = true) throws(StoreError) -> UnitGroup {
    if let rowsElsewhere { return try rowsElsewhere.group(number, isRead: !keeps) }
    if let known = state.withLock({ state in state.groups.first { $0.number == number } }) { return known }
    let entry = footer.groups[number]
    let header = try read(entry.header) { (reader) throws(FormatError) in
      try UnitGroupHeader(&reader, rows: entry.rows, endingBy: entry.header.offset)
    }
    let group = try read(header.keys) { (reader) throws(FormatError) in
      try UnitGroup(number: number, rows: entry.rows, header: header, &reader)
    }
    if keeps {
      state.withLock { state in
        if state.groups.count == Self.keptGroups { state.groups.removeFirst() }
        state.groups.append(group)
      }
    }
    return group
  }

  func details(_ group: UnitGroup) throws(StoreError) -> UnitGroup.Details {
    if let details = group.details.withLock({ $0 }) { return details }
    let rows = group.rows
    // Who wants all rows keeps no row group.
    let isForFew = state.withLock { state in state.groups.contains { $0 === group } }
    let titles = try read(group.header.titles) { (reader) throws(FormatError) in
      let column = try UnitTextColumn(&reader, count: rows)
      try reader.expectEnd("titles page")
      return column
    }
    let metadata = try read(group.header.metadata) { (reader) throws(FormatError) in
      let column = try UnitTextColumn(&reader, count: rows, isForFew: isForFew)
      try reader.expectEnd("metadata page")
      return column
    }
    let details = try read(group.header.fields) { (reader) throws(FormatError) in
      let details = UnitGroup.Details(
        sourceTypes: try UnitTextColumn(&reader, count: rows), contentTypes: try UnitTextColumn(&reader, count: rows),
        statuses: try UnitTextColumn(&reader, count: rows), createdAt: try IntegerPage.decode(&reader, count: rows),
        importance: try IntegerPage.decode(&reader, count: rows), titles: titles, metadata: metadata)
      try reader.expectEnd("fields page")
      return details
    }
    group.details.withLock { $0 = details }
    return details
  }

  /// The source types, content types and statuses of a row group: what rules of the ageing policy ask for.
  func kinds(
    _ group: UnitGroup
  ) throws(StoreError) -> (sourceTypes: UnitTextColumn, contentTypes: UnitTextColumn, statuses: UnitTextColumn) {
    if let known = group.details.withLock({ $0 }) { return (known.sourceTypes, known.contentTypes, known.statuses) }
    return try read(group.header.fields) { (reader) throws(FormatError) in
      // The numbers behind them are checked by who reads them.
      let sourceTypes = try UnitTextColumn(&reader, count: group.rows)
      let contentTypes = try UnitTextColumn(&reader, count: group.rows)
      return (sourceTypes, contentTypes, try UnitTextColumn(&reader, count: group.rows))
    }
  }

  /// A row, without its content.
  func version(_ group: UnitGroup, _ row: Int) throws(StoreError) -> UnitVersion {
    try version(group, row, content: Bytes([]))
  }

  func versionWithContent(_ group: UnitGroup, _ row: Int) throws(StoreError) -> UnitVersion {
    try version(group, row, content: content(group, row))
  }

  private func version(_ group: UnitGroup, _ row: Int, content: Bytes) throws(StoreError) -> UnitVersion {
    let details = try details(group)
    var fields = UnitVersion.Fields()
    fields.user = group.users[row]
    fields.muid = group.muids[row]
    fields.updatedAt = group.updatedAt[row]
    fields.createdAt = details.createdAt[row]
    fields.sourceType = details.sourceTypes[row]
    fields.contentType = details.contentTypes[row]
    fields.status = details.statuses[row]
    fields.title = details.titles[row]
    do throws(FormatError) {
      fields.metadata = try details.metadata.text(row)
      try fields.setFlags(group.flags[row], importance: details.importance[row])
      try fields.check()
    } catch {
      throw StoreError(.corruption, file: path, offset: group.header.keys.offset, error.reason)
    }
    return UnitVersion(fields, content: content, sequence: group.sequences[row])
  }

  func content(_ group: UnitGroup, _ row: Int) throws(StoreError) -> Bytes {
    if let rowsElsewhere { return try rowsElsewhere.content(group, row) }
    let place = group.places[row]
    if place.length == 0 { return Bytes([]) }
    let page = group.header.pages[Int(place.page)]
    let known = state.withLock { state in
      state.content.flatMap { $0.offset == page.reference.offset ? $0.bytes : nil }
    }
    if let known { return known.slice(Int(place.start), Int(place.length)) }
    let dictionary = page.usesDictionary ? try loadDictionary() : nil
    guard !page.usesDictionary || dictionary != nil else {
      throw StoreError(.corruption, file: path, offset: page.reference.offset, "a page that needs a dictionary")
    }
    let raw = try read(page.reference, dictionary: dictionary) { (reader) throws(FormatError) in
      try reader.readBytes(reader.remaining, "contents")
    }
    state.withLock { $0.content = (page.reference.offset, raw) }
    return raw.slice(Int(place.start), Int(place.length))
  }

  // MARK: Looking up

  /// The rows of one unit, the newest version first. `hash` is the unit's.
  func find(user: [UInt8], muid: [UInt8], hash: UInt64) throws(StoreError) -> [UnitItem] {
    guard try loadFilter().mayContain(hash) else { return [] }
    var found: [UnitItem] = []
    var number = firstGroup(notBefore: user, muid)
    while number < footer.groups.count, footer.groups[number].compareFirst(user, muid) <= 0 {
      let group = try group(number)
      var row = group.firstRow(notBefore: user, muid)
      while row < group.rows, group.compare(row, user, muid) == 0 {
        found.append(UnitItem(version: try version(group, row), place: UnitItem.Place(self, group, row)))
        row += 1
      }
      number += 1
    }
    return found
  }

  /// The first row group that ends with a unit, or after it.
  func firstGroup(notBefore user: [UInt8], _ muid: [UInt8]) -> Int {
    var (low, high) = (0, footer.groups.count)
    while low < high {
      let middle = (low + high) / 2
      if footer.groups[middle].compareLast(user, muid) < 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension UnitSegment {
  /// Calls `body` with every version that was committed after a frame, until it returns false; whether it never did.
  package func forEach(
    after sequence: UInt64 = 0, content: Bool, _ body: (UnitVersion) throws(StoreError) -> Bool
  ) throws(StoreError) -> Bool {
    for (number, entry) in footer.groups.enumerated() where entry.bounds.largestSequence > sequence {
      let group = try group(number, keeps: false)
      for row in 0..<group.rows where group.sequences[row] > sequence {
        guard try body(content ? versionWithContent(group, row) : version(group, row)) else { return false }
      }
    }
    return true
  }
}
