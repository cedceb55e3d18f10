/// How a file is written.
package struct ParquetWriterOptions: Sendable {
  package enum Profile: Sendable {
    /// Data pages of version 1, plain and dictionary encodings: what every reader reads.
    case compatible
    /// Data pages of version 2 and the newer encodings where they are smaller, larger pages, and all effort where it pays.
    case compact
  }

  /// What is said of one column.
  package struct Column: Sendable {
    /// Write a Bloom filter of the values.
    package var hasBloomFilter = false
    /// Never write a dictionary of it, so that each page is read without all values of the chunk.
    package var isWithoutDictionary = false

    package init(hasBloomFilter: Bool = false, isWithoutDictionary: Bool = false) {
      self.hasBloomFilter = hasBloomFilter
      self.isWithoutDictionary = isWithoutDictionary
    }
  }

  package var profile: Profile
  /// `zstd`, `lz4Raw` or `uncompressed`. Columns that do not get smaller are stored as they are.
  package var codec = ParquetCodec.zstd
  /// The highest level, for columns that gain from it; others are compressed with less effort.
  package var level: Int32 = 7
  /// Most rows of a row group; a batch of more is split.
  package var rowGroupRows = 1 << 20
  /// About how many bytes a page holds before compression.
  package var pageBytes = 1 << 22
  /// Most values of a page. Pages that are not too large are also compressed with tables that fit them, and read without what is not
  /// asked for.
  package var pageValues: Int
  /// Bytes of the largest dictionary; columns whose dictionary grows beyond it are written without.
  package var dictionaryBytes = 16 << 20
  /// By the name of the column.
  package var columns: [String: Column] = [:]
  /// How the caller has sorted the rows of each row group.
  package var sorting: [SortingColumn] = []
  package var keyValues: [KeyValue] = []
  /// In the form `application version 1.2.3`, which readers parse.
  package var createdBy: String

  package init(profile: Profile = .compatible, createdBy: String) {
    self.profile = profile
    pageValues = profile == .compact ? 1 << 20 : 1 << 15
    self.createdBy = createdBy
  }
}
