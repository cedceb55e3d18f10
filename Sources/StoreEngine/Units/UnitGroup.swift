import Columnar
import Synchronization

/// The keys of one row group of a unit segment, decoded; the other columns follow when they are asked for.
final class UnitGroup: Sendable {
  /// The columns beside the keys, and without contents.
  struct Details: Sendable {
    let sourceTypes: UnitTextColumn
    let contentTypes: UnitTextColumn
    let statuses: UnitTextColumn
    let createdAt: [Int64]
    let importance: [Int64]
    let titles: UnitTextColumn
    let metadata: UnitTextColumn
  }

  let number: Int
  let rows: Int
  let header: UnitGroupHeader
  let users: UnitTextColumn
  let muids: UnitTextColumn
  let updatedAt: [Int64]
  let sequences: [UInt64]
  let flags: [Int64]
  /// By row: the page that holds its content, where it begins there, and its length.
  let places: [(page: Int32, start: Int32, length: Int32)]
  let details: Mutex<Details?>
  /// Where the contents are, of a row group of an archived file.
  let elsewhere: ContentsElsewhere?

  /// A row group whose rows lie in an archived file, in the order of segments, without their contents.
  init(number: Int, versions: [UnitVersion], contents: ContentsElsewhere) {
    self.number = number
    rows = versions.count
    header = .nowhere
    let fields = versions.map(\.fields)
    users = UnitTextColumn(fields.map(\.user))
    muids = UnitTextColumn(fields.map(\.muid))
    updatedAt = fields.map(\.updatedAt)
    sequences = versions.map(\.sequence)
    flags = fields.map(\.flags)
    places = []
    details = Mutex(
      Details(
        sourceTypes: UnitTextColumn(fields.map(\.sourceType)), contentTypes: UnitTextColumn(fields.map(\.contentType)),
        statuses: UnitTextColumn(fields.map(\.status)), createdAt: fields.map(\.createdAt),
        importance: fields.map { $0.importance ?? 0 }, titles: UnitTextColumn(fields.map(\.title)),
        metadata: UnitTextColumn(fields.map(\.metadata))))
    elsewhere = contents
  }

  /// The same for somebody who goes through the rows, and keeps the contents that he reads beside each other.
  init(_ other: UnitGroup, contents: ContentsElsewhere) {
    number = other.number
    rows = other.rows
    header = other.header
    users = other.users
    muids = other.muids
    updatedAt = other.updatedAt
    sequences = other.sequences
    flags = other.flags
    places = other.places
    details = Mutex(other.details.withLock { $0 })
    elsewhere = contents
  }

  /// Reads the keys page of a row group.
  init(number: Int, rows: Int, header: UnitGroupHeader, _ reader: inout ByteReader) throws(FormatError) {
    self.number = number
    self.rows = rows
    self.header = header
    details = Mutex(nil)
    elsewhere = nil
    users = try UnitTextColumn(&reader, count: rows)
    muids = try UnitTextColumn(&reader, count: rows)
    updatedAt = try IntegerPage.decode(&reader, count: rows)
    let start = reader.offset
    let numbers = try IntegerPage.decode(&reader, count: rows)
    guard numbers.allSatisfy({ $0 > 0 }) else { throw FormatError(offset: start, "a sequence number below 1") }
    sequences = numbers.map { UInt64($0) }
    flags = try IntegerPage.decode(&reader, count: rows)
    let lengths = try IntegerPage.decode(&reader, count: rows)
    try reader.expectEnd("keys page")
    places = try Self.places(lengths, header.pages, at: start)
  }

  private static func places(
    _ lengths: [Int64], _ pages: [UnitGroupHeader.ContentPage], at offset: Int
  ) throws(FormatError) -> [(page: Int32, start: Int32, length: Int32)] {
    var places: [(page: Int32, start: Int32, length: Int32)] = []
    places.reserveCapacity(lengths.count)
    var row = 0
    for (number, page) in pages.enumerated() {
      var start = 0
      for _ in 0..<page.rows {
        let length = lengths[row]
        guard length >= 0, length <= Int64(UnitLimits.contentLength), start + Int(length) <= page.reference.rawLength
        else { throw FormatError(offset: offset, "a content of \(length) bytes that does not fit its page") }
        places.append((Int32(number), Int32(start), Int32(length)))
        start += Int(length)
        row += 1
      }
      guard start == page.reference.rawLength else {
        throw FormatError(offset: offset, "contents of \(start) bytes on a page of \(page.reference.rawLength)")
      }
    }
    return places
  }

  /// The order of a row's unit against another: negative, zero or positive.
  func compare(_ row: Int, _ user: [UInt8], _ muid: [UInt8]) -> Int {
    let order = compareBytes(users[row], user)
    return order != 0 ? order : compareBytes(muids[row], muid)
  }

  /// The first row whose unit is not before another.
  func firstRow(notBefore user: [UInt8], _ muid: [UInt8]) -> Int {
    var (low, high) = (0, rows)
    while low < high {
      let middle = (low + high) / 2
      if compare(middle, user, muid) < 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
