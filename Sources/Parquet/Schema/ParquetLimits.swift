/// What a reader takes from a file that nobody vouches for. Larger things are errors, not memory.
package struct ParquetLimits: Sendable {
  /// Bytes of the footer.
  package var footer = 64 << 20
  /// Bytes of a page, as it is stored and decompressed.
  package var page = 512 << 20
  /// Values of a page, nulls included.
  package var pageValues = 1 << 26
  /// Bytes that the values of a page may take in memory.
  package var decoded = 1 << 30
  package var columns = 1 << 16
  package var rowGroups = 1 << 20
  /// How deep groups may be nested.
  package var nesting = 64
  /// Bytes of fixed-length values.
  package var fixedLength = 1 << 20
  /// Check the checksums of pages that have them.
  package var checksChecksums = true

  package init() {}
}
