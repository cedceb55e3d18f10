/// The fixed sizes of the segment format. See Formats/segment.md.
package enum SegmentLayout {
  /// Rows in a page of a column; the last page of a row group holds the rest.
  package static let rowsPerPage = 4_096
  /// Rows in a row group at the most.
  package static let rowsPerRowGroup = 65_536
  /// A row group closes early when its metadata dictionary is larger, which bounds memory of writers and readers.
  package static let metadataLimit = 8 << 20
  /// A writer cuts dictionaries into pages of about this size, so that one string costs one small page.
  package static let dictionaryPageLength = 64 << 10
  package static let dictionaryPageStrings = 4_096
  /// Longer lists of days are not stored.
  package static let mostDays = 4_096
  package static let trailerLength = 48
  /// The level of Zstandard for pages of packed numbers, where that of texts is higher.
  static let levelOfNumbers: Int32 = 3

  /// No page of integers or ids of one page of rows is longer, so that a forged length allocates nothing large.
  package static let largestRowsPage = 1 << 18

  /// No model of a column is longer.
  package static let largestModelPage = 1 << 20

  package static func pages(_ rows: Int) -> Int { (rows + rowsPerPage - 1) / rowsPerPage }

  /// The rows of page `page` in a row group of `rows`.
  package static func rows(ofPage page: Int, of rows: Int) -> Range<Int> {
    page * rowsPerPage..<min(rows, (page + 1) * rowsPerPage)
  }
}
