package import Columnar

/// Smallest and largest numbers of versions of units.
package struct UnitBounds: Sendable, Equatable {
  package var smallestSequence: UInt64 = .max
  package var largestSequence: UInt64 = 0
  package var smallestUpdatedAt: Int64 = .max
  package var largestUpdatedAt: Int64 = .min

  package init() {}

  mutating func add(sequence: UInt64, updatedAt: Int64) {
    smallestSequence = min(smallestSequence, sequence)
    largestSequence = max(largestSequence, sequence)
    smallestUpdatedAt = min(smallestUpdatedAt, updatedAt)
    largestUpdatedAt = max(largestUpdatedAt, updatedAt)
  }

  mutating func add(_ other: UnitBounds) {
    smallestSequence = min(smallestSequence, other.smallestSequence)
    largestSequence = max(largestSequence, other.largestSequence)
    smallestUpdatedAt = min(smallestUpdatedAt, other.smallestUpdatedAt)
    largestUpdatedAt = max(largestUpdatedAt, other.largestUpdatedAt)
  }

  package func append(to writer: inout ByteWriter) {
    writer.appendVarint(smallestSequence)
    writer.appendVarint(largestSequence)
    writer.appendSignedVarint(smallestUpdatedAt)
    writer.appendSignedVarint(largestUpdatedAt)
  }

  package init(_ reader: inout ByteReader) throws(FormatError) {
    let start = reader.offset
    smallestSequence = try reader.readVarint("smallest sequence")
    largestSequence = try reader.readVarint("largest sequence")
    smallestUpdatedAt = try reader.readSignedVarint("smallest updated_at")
    largestUpdatedAt = try reader.readSignedVarint("largest updated_at")
    guard smallestSequence >= 1, smallestSequence <= largestSequence, smallestUpdatedAt <= largestUpdatedAt else {
      throw FormatError(offset: start, "bounds of memory units that are out of order")
    }
  }
}

/// What is read of a unit segment when it is opened. See Formats/unit-segments.md, "Footer page".
struct UnitSegmentFooter: Sendable {
  struct Group: Sendable {
    var rows: Int
    var header: PageReference
    var firstUser: [UInt8]
    var firstMUID: [UInt8]
    var lastUser: [UInt8]
    var lastMUID: [UInt8]
    var bounds: UnitBounds
    /// Nil where it has none, as in files of older versions.
    var metadataFilter: MetadataFilterReference?
    var metadataStatistics = MetadataStatisticsReference.unknown

    /// Whether something is known of its metadata without reading them.
    var hasMetadataIndex: Bool { metadataFilter != nil || metadataStatistics != .unknown }

    /// The order of its first unit against another: negative, zero or positive.
    func compareFirst(_ user: [UInt8], _ muid: [UInt8]) -> Int {
      let order = compareBytes(firstUser, user)
      return order != 0 ? order : compareBytes(firstMUID, muid)
    }

    func compareLast(_ user: [UInt8], _ muid: [UInt8]) -> Int {
      let order = compareBytes(lastUser, user)
      return order != 0 ? order : compareBytes(lastMUID, muid)
    }
  }

  var rows: Int
  var bounds: UnitBounds
  var filter: PageReference
  var filterKind: KeyFilter.Kind
  var dictionary: PageReference?
  var groups: [Group]
  /// Bytes of the file by part.
  var sizes: [(name: String, bytes: Int)]

  func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 256 + groups.count * 128)
    writer.appendVarint(rows)
    bounds.append(to: &writer)
    filter.append(to: &writer)
    writer.append(filterKind.rawValue)
    writer.append(UInt8(dictionary == nil ? 0 : 1))
    dictionary?.append(to: &writer)
    writer.appendVarint(groups.count)
    for group in groups {
      writer.appendVarint(group.rows)
      group.header.append(to: &writer)
      writer.appendString(group.firstUser)
      writer.appendString(group.firstMUID)
      writer.appendString(group.lastUser)
      writer.appendString(group.lastMUID)
      group.bounds.append(to: &writer)
      MetadataFilterReference.append(group.metadataFilter, to: &writer)
      group.metadataStatistics.append(to: &writer)
    }
    writer.appendVarint(sizes.count)
    for size in sizes {
      writer.appendText(size.name)
      writer.appendVarint(size.bytes)
    }
    return writer.bytes
  }
}

extension UnitSegmentFooter {
  /// Reads a footer page of a file of a version; every page that it refers to must end by `limit`.
  init(_ reader: inout ByteReader, version: UInt16, endingBy limit: Int) throws(FormatError) {
    rows = try reader.readCount("rows", limit: 1 << 40)
    bounds = try UnitBounds(&reader)
    let filterStart = reader.offset
    filter = try PageReference(&reader, endingBy: limit)
    let kind = try reader.read(UInt8.self, "kind of the filter")
    guard let filterKind = KeyFilter.Kind(rawValue: kind), filter.codec == .none else {
      throw FormatError(offset: filterStart, "a filter of kind \(kind)")
    }
    self.filterKind = filterKind
    let mark = reader.offset
    switch try reader.read(UInt8.self, "mark of a dictionary") {
    case 0: dictionary = nil
    case 1: dictionary = try PageReference(&reader, endingBy: limit, largest: ZstdDictionary.lengths.upperBound)
    case let mark1: throw FormatError(offset: mark, "mark \(mark1) of a dictionary")
    }
    let start = reader.offset
    // An entry takes at least 20 bytes, so the page itself bounds their number.
    let count = try reader.readCount("row groups", limit: reader.remaining / 20)
    guard count > 0 else { throw FormatError(offset: start, "a unit segment without row groups") }
    groups = []
    groups.reserveCapacity(count)
    var sum = 0
    for _ in 0..<count {
      var group = try Group(&reader, endingBy: limit)
      if version >= 2 { try group.readMetadataIndex(&reader, endingBy: limit) }
      if let last = groups.last, last.compareLast(group.firstUser, group.firstMUID) > 0 {
        throw FormatError(offset: start, "row group \(groups.count) begins before the one before it ends")
      }
      sum += group.rows
      groups.append(group)
    }
    guard sum == rows else { throw FormatError(offset: start, "the row groups hold \(sum) rows of \(rows)") }
    let sizeCount = try reader.readCount("size entries", limit: reader.remaining / 2)
    sizes = []
    for _ in 0..<sizeCount {
      let name = try reader.readText("name of a part", limit: 255)
      sizes.append((name, try reader.readCount("size of a part", limit: 1 << 48)))
    }
    try reader.expectEnd("footer")
  }
}

extension UnitSegmentFooter.Group {
  init(
    _ reader: inout ByteReader, endingBy limit: Int, mostRows: Int = UnitLayout.rowsPerGroup
  ) throws(FormatError) {
    let start = reader.offset
    rows = try reader.readCount("rows of a row group", limit: mostRows)
    header = try PageReference(&reader, endingBy: limit, largest: UnitLayout.largestPage)
    firstUser = try reader.readString("first user", limit: 256).array
    firstMUID = try reader.readString("first muid", limit: 256).array
    lastUser = try reader.readString("last user", limit: 256).array
    lastMUID = try reader.readString("last muid", limit: 256).array
    bounds = try UnitBounds(&reader)
    guard rows > 0, compareFirst(lastUser, lastMUID) <= 0 else {
      throw FormatError(offset: start, "the bounds of a row group make no sense")
    }
  }

  /// Reads what follows of the metadata in files of version 2.
  mutating func readMetadataIndex(_ reader: inout ByteReader, endingBy limit: Int) throws(FormatError) {
    metadataFilter = try MetadataFilterReference.read(&reader, endingBy: limit)
    metadataStatistics = try MetadataStatisticsReference(&reader, endingBy: limit)
  }
}
