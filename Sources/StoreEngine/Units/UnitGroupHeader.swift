import Columnar

/// Where the pages of a row group of units lie. See Formats/unit-segments.md, "Row group".
struct UnitGroupHeader: Sendable {
  struct ContentPage: Sendable {
    /// How many of the next rows have their contents here.
    var rows: Int
    var usesDictionary: Bool
    var reference: PageReference
  }

  var keys: PageReference
  var fields: PageReference
  var titles: PageReference
  var metadata: PageReference
  var pages: [ContentPage]

  /// Of a row group that has no pages of its own.
  static let nowhere = UnitGroupHeader(
    keys: .nowhere, fields: .nowhere, titles: .nowhere, metadata: .nowhere, pages: [])

  func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 64 + pages.count * 20)
    for page in [keys, fields, titles, metadata] { page.append(to: &writer) }
    writer.appendVarint(pages.count)
    for page in pages {
      writer.appendVarint(page.rows)
      writer.append(UInt8(page.usesDictionary ? 1 : 0))
      page.reference.append(to: &writer)
    }
    return writer.bytes
  }
}

extension UnitGroupHeader {
  /// Reads the header of a row group of `rows`; every page that it refers to must end by `limit`.
  init(_ reader: inout ByteReader, rows: Int, endingBy limit: Int) throws(FormatError) {
    keys = try PageReference(&reader, endingBy: limit, largest: UnitLayout.largestPage)
    fields = try PageReference(&reader, endingBy: limit, largest: UnitLayout.largestPage)
    titles = try PageReference(&reader, endingBy: limit, largest: UnitLayout.largestPage)
    metadata = try PageReference(&reader, endingBy: limit, largest: UnitLayout.largestPage)
    let start = reader.offset
    let count = try reader.readCount("pages of contents", limit: rows)
    pages = []
    var sum = 0
    for _ in 0..<count {
      let rowsOfPage = try reader.readCount("rows of a page of contents", limit: rows)
      let mark = try reader.read(UInt8.self, "mark of a dictionary")
      let reference = try PageReference(&reader, endingBy: limit, largest: UnitLayout.largestPage)
      guard rowsOfPage > 0, mark <= 1, mark == 0 || reference.codec == .zstd else {
        throw FormatError(offset: start, "a page of contents that makes no sense")
      }
      sum += rowsOfPage
      pages.append(ContentPage(rows: rowsOfPage, usesDictionary: mark == 1, reference: reference))
    }
    guard sum == rows else { throw FormatError(offset: start, "pages of contents of \(sum) rows for \(rows)") }
    try reader.expectEnd("row group header")
  }
}
