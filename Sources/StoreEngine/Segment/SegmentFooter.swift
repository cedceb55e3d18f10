import Columnar

/// What a segment holds and where, read once when it is opened. See Formats/segment.md, "Footer page".
struct SegmentFooter: Sendable {
  struct RowGroupEntry: Sendable {
    var rows: Int
    var header: PageReference
    var firstUser: Bytes
    var firstEntity: Bytes
    var lastUser: Bytes
    var lastEntity: Bytes
    var smallest: Int64
    var largest: Int64
    /// Nil where it has none, as in files of older versions.
    var metadataFilter: MetadataFilterReference?
    var metadataStatistics = MetadataStatisticsReference.unknown
  }

  var rows: Int
  var smallest: Int64
  var largest: Int64
  var filter: PageReference
  var filterKind: KeyFilter.Kind
  var rowGroups: [RowGroupEntry]
  var days: EventDays
  /// Bytes of the file by column.
  var sizes: [(name: String, bytes: Int)]

  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    // A footer of version 1 begins with the number of rows, which is never 0.
    writer.append(UInt8(0))
    writer.appendVarint(rows)
    writer.appendSignedVarint(smallest)
    writer.appendSignedVarint(largest)
    filter.append(to: &writer)
    writer.append(filterKind.rawValue)
    writer.appendVarint(rowGroups.count)
    for group in rowGroups {
      writer.appendVarint(group.rows)
      group.header.append(to: &writer)
      for key in [group.firstUser, group.firstEntity, group.lastUser, group.lastEntity] {
        writer.appendVarint(key.count)
        writer.append(key)
      }
      writer.appendSignedVarint(group.smallest)
      writer.appendSignedVarint(group.largest)
      MetadataFilterReference.append(group.metadataFilter, to: &writer)
      group.metadataStatistics.append(to: &writer)
    }
    days.append(to: &writer)
    writer.appendVarint(sizes.count)
    for size in sizes {
      writer.appendText(size.name)
      writer.appendVarint(size.bytes)
    }
    return writer.bytes
  }

  init(
    rows: Int, smallest: Int64, largest: Int64, filter: PageReference, filterKind: KeyFilter.Kind,
    rowGroups: [RowGroupEntry], days: EventDays, sizes: [(name: String, bytes: Int)]
  ) {
    self.rows = rows
    self.smallest = smallest
    self.largest = largest
    self.filter = filter
    self.filterKind = filterKind
    self.rowGroups = rowGroups
    self.days = days
    self.sizes = sizes
  }

  /// Reads a footer page of a file of a version; every page that it refers to must end by `limit`.
  init(_ reader: inout ByteReader, version: UInt16, endingBy limit: Int) throws(FormatError) {
    let start = reader.offset
    if version >= 2, try reader.read(UInt8.self, "mark") != 0 {
      throw FormatError(offset: start, "not a footer of version 2")
    }
    rows = try reader.readCount("rows", limit: 1 << 40)
    smallest = try reader.readSignedVarint("smallest created_at")
    largest = try reader.readSignedVarint("largest created_at")
    let filterStart = reader.offset
    filter = try PageReference(&reader, endingBy: limit)
    guard filter.codec == .none else { throw FormatError(offset: filterStart, "a filter that is compressed") }
    let kind = version < 2 ? 0 : try reader.read(UInt8.self, "kind of the filter")
    guard let filterKind = KeyFilter.Kind(rawValue: kind) else {
      throw FormatError(offset: filterStart, "kind \(kind) of a filter")
    }
    self.filterKind = filterKind
    // An entry takes at least 16 bytes, so the page itself bounds their number.
    let count = try reader.readCount("row groups", limit: reader.remaining / 16)
    guard count > 0 else { throw FormatError(offset: start, "a segment without row groups") }
    rowGroups = []
    rowGroups.reserveCapacity(count)
    var sum = 0
    for _ in 0..<count {
      let group = try RowGroupEntry(&reader, version: version, endingBy: limit)
      if let last = rowGroups.last,
        RowGroupEntry.compare(last.lastUser, last.lastEntity, group.firstUser, group.firstEntity) > 0
      {
        throw FormatError(offset: start, "row group \(rowGroups.count) begins before the one before it ends")
      }
      sum += group.rows
      rowGroups.append(group)
    }
    guard sum == rows else { throw FormatError(offset: start, "the row groups hold \(sum) rows of \(rows)") }
    days = try EventDays(&reader)
    let sizeCount = try reader.readCount("size entries", limit: reader.remaining / 2)
    sizes = []
    for _ in 0..<sizeCount {
      let name = try reader.readText("column name", limit: 255)
      sizes.append((name, try reader.readCount("column size", limit: 1 << 48)))
    }
    try reader.expectEnd("footer")
  }
}

extension SegmentFooter.RowGroupEntry {
  init(_ reader: inout ByteReader, version: UInt16, endingBy limit: Int) throws(FormatError) {
    let rows = try Self.readRows(&reader)
    let header = try PageReference(&reader, endingBy: limit)
    try self.init(rows: rows, header: header, bounds: &reader)
    if version >= 3 { metadataFilter = try MetadataFilterReference.read(&reader, endingBy: limit) }
    if version >= 4 { metadataStatistics = try MetadataStatisticsReference(&reader, endingBy: limit) }
  }

  /// The entry of some rows of a batch, in their order, with the bounds of `created_at`.
  init(
    _ batch: EventBatch, _ rows: Range<Int>, header: PageReference, smallest: Int64, largest: Int64,
    metadataFilter: MetadataFilterReference?, metadataStatistics: MetadataStatisticsReference = .unknown
  ) {
    let (first, last) = (rows.lowerBound, rows.upperBound - 1)
    self.init(
      rows: rows.count, header: header, firstUser: Bytes(batch.users.bytes(batch.user[first])),
      firstEntity: Bytes(batch.entities.bytes(batch.entity[first])),
      lastUser: Bytes(batch.users.bytes(batch.user[last])), lastEntity: Bytes(batch.entities.bytes(batch.entity[last])),
      smallest: smallest, largest: largest, metadataFilter: metadataFilter, metadataStatistics: metadataStatistics)
  }

  /// An entry of rows that lie elsewhere.
  init(withoutHeader reader: inout ByteReader) throws(FormatError) {
    try self.init(rows: try Self.readRows(&reader), header: .nowhere, bounds: &reader)
  }

  private static func readRows(_ reader: inout ByteReader) throws(FormatError) -> Int {
    let start = reader.offset
    let rows = try reader.readCount("rows of a row group", limit: SegmentLayout.rowsPerRowGroup)
    guard rows > 0 else { throw FormatError(offset: start, "a row group without rows") }
    return rows
  }

  private init(rows: Int, header: PageReference, bounds reader: inout ByteReader) throws(FormatError) {
    let start = reader.offset
    self.rows = rows
    self.header = header
    firstUser = try reader.readString("first user", limit: 256)
    firstEntity = try reader.readString("first entity", limit: 256)
    lastUser = try reader.readString("last user", limit: 256)
    lastEntity = try reader.readString("last entity", limit: 256)
    smallest = try reader.readSignedVarint("smallest created_at")
    largest = try reader.readSignedVarint("largest created_at")
    guard Self.compare(firstUser, firstEntity, lastUser, lastEntity) <= 0, smallest <= largest else {
      throw FormatError(offset: start, "the bounds of a row group are out of order")
    }
  }

  /// The order of two (user, entity) pairs.
  static func compare(_ userA: Bytes, _ entityA: Bytes, _ userB: Bytes, _ entityB: Bytes) -> Int {
    let users = Bytes.compare(userA, userB)
    return users != 0 ? users : Bytes.compare(entityA, entityB)
  }
}
