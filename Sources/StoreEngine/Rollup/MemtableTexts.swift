package import Columnar

/// The dictionaries that codes of a memtable's aggregates mean, at one moment. Holds nothing of its events, so that it may be
/// kept while the memtable grows.
package struct MemtableTexts: Sendable {
  package let entityTypes: ByteStringDictionary
  package let dimensions: ByteStringDictionary

  /// Those of a rollup's `a`.
  package func ofA(_ rollup: Rollup) -> ByteStringDictionary { rollup == .entityGrowth ? entityTypes : dimensions }
}
