import Columnar

extension RowGroup {
  /// For every code of the metadata whether its text satisfies a condition; of texts that no row of `range` has, perhaps only
  /// that it does not.
  func mark(_ predicate: MetadataPredicate, rows range: Range<Int>) throws(StoreError) -> [Bool] {
    // Where few rows are asked for, most texts are of others.
    guard range.count < dictionarySize(.metadata) / 4 else { return try markMetadata(predicate) }
    var marks = [Bool](repeating: false, count: dictionarySize(.metadata))
    var isJudged = marks
    for code in try codes(.metadata, range) where !isJudged[Int(code)] {
      isJudged[Int(code)] = true
      marks[Int(code)] = predicate.matches(try string(.metadata, code))
    }
    return marks
  }
}
