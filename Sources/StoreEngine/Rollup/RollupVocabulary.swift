package import Columnar

/// The texts of several sources of one rollup, sorted, so that codes of all of them can be compared as numbers.
package struct RollupVocabulary: Sendable {
  /// Sorted and distinct: the code of a text is its rank.
  package let texts: ByteStringDictionary

  /// The texts of `a`, and of `b` where it is a text, of all runs and memtables.
  package init(_ rollup: Rollup, runs: [Run], memtables: [MemtableTexts]) {
    var all = ByteStringDictionary()
    for run in runs {
      guard let section = run.section(rollup) else { continue }
      for index in 0..<section.texts.count { _ = all.intern(section.texts[index]) }
    }
    for memtable in memtables {
      let texts = memtable.ofA(rollup)
      for code in 0..<UInt32(texts.count) { _ = all.intern(code, of: texts) }
      guard rollup.hasTextB else { continue }
      for code in 0..<UInt32(memtable.dimensions.count) { _ = all.intern(code, of: memtable.dimensions) }
    }
    self.init(all)
  }

  package init(_ texts: ByteStringDictionary) {
    var sorted = ByteStringDictionary()
    for code in texts.sortedCodes() { _ = sorted.intern(code, of: texts) }
    self.texts = sorted
  }

  /// The code here of every text of a section, in its order.
  package func codes(of strings: DictionaryPage.Strings) -> [UInt32] {
    var codes: [UInt32] = []
    codes.reserveCapacity(strings.count)
    // All are here, since the vocabulary was made of them; should one not be, its code is refused as damage.
    for index in 0..<strings.count { codes.append(texts.find(strings[index].array) ?? .max) }
    return codes
  }

  /// The code here of every text of a dictionary, by its code there.
  package func codes(of dictionary: ByteStringDictionary) -> [UInt32] {
    var codes: [UInt32] = []
    codes.reserveCapacity(dictionary.count)
    for code in 0..<UInt32(dictionary.count) { codes.append(texts.find(dictionary.bytes(code)) ?? .max) }
    return codes
  }
}
