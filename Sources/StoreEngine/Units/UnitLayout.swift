/// The fixed sizes of unit segments. See Formats/unit-segments.md.
package enum UnitLayout {
  /// Rows in a row group at the most: what a look-up of one unit reads.
  static let rowsPerGroup = 1_024
  /// A row group ends early when its titles and metadata are longer.
  static let groupTextLength = 4 << 20
  /// A page of contents ends with the row that makes it so long.
  static let contentPageLength = 128 << 10
  /// Where a dictionary stands in for what came before, pages can be small, and so can what one read takes.
  static let dictionaryPageLength = 16 << 10
  /// A longer content has a page of its own.
  static let ownPageLength = 1 << 20
  /// Rows in a row group of an archived file at the most, and bytes of its titles and metadata, and of its contents, beyond
  /// which it ends: a look-up reads all rows of one but their contents, and a page of these.
  static let (rowsPerArchivedGroup, archivedTextLength, archivedContentLength) = (1 << 14, 4 << 20, 8 << 20)
  /// No page but those of contents is longer.
  static let largestPage = 1 << 28

  /// The names of the parts in statistics.
  static let (content, title, metadata) = ("content", "title", "metadata")
  static let (keys, fields, headers) = ("unit keys", "unit fields", "unit headers")
  static let (filter, dictionary) = ("unit filter", "unit dictionary")
  static let (metadataFilter, metadataStatistics) = ("metadata filter", "metadata statistics")
}
