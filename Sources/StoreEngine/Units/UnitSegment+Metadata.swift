import Columnar

/// Conditions on the metadata of units.
extension UnitSegment {
  /// False only where no metadata of a row group satisfy a condition, by its filter of metadata and their statistics.
  func mayMatch(_ predicate: MetadataPredicate, group number: Int) throws(StoreError) -> Bool {
    let filter = try metadataFilter(number)
    if let filter, !predicate.mayMatch(nil, { filter.mayContain($0) }) { return false }
    guard predicate.asksForRanges, let statistics = try metadataStatistics(number) else { return true }
    return predicate.mayMatch(statistics) { filter?.mayContain($0) ?? true }
  }

  /// The filter of the metadata of a row group; nil where it has none.
  func metadataFilter(_ number: Int) throws(StoreError) -> KeyFilter? {
    guard let reference = footer.groups[number].metadataFilter else { return nil }
    return try read(reference.page) { (reader) throws(FormatError) in
      try KeyFilter(try reader.readBytes(reader.remaining, "filter of metadata"), reference.kind)
    }
  }

  /// The statistics of the metadata of a row group; nil where there are none.
  func metadataStatistics(_ number: Int) throws(StoreError) -> MetadataStatistics? {
    switch footer.groups[number].metadataStatistics {
    case .unknown: return nil
    case .empty: return MetadataStatistics.empty
    case .page(let page):
      return try read(page) { (reader) throws(FormatError) in
        let statistics = try MetadataStatistics(&reader)
        try reader.expectEnd("statistics of metadata")
        return statistics
      }
    }
  }

  /// Whether some of its row groups have a newer version of a unit. `hashSeed` is the store's.
  func hasNewer(
    than version: UnitVersion, hashSeed: UInt64, in isWanted: (_ group: Int) -> Bool
  ) throws(StoreError) -> Bool {
    guard bounds.largestUpdatedAt > version.updatedAt else { return false }
    var number = firstGroup(notBefore: version.user, version.muid)
    while number < footer.groups.count, footer.groups[number].compareFirst(version.user, version.muid) <= 0 {
      defer { number += 1 }
      guard isWanted(number), footer.groups[number].bounds.largestUpdatedAt > version.updatedAt else { continue }
      guard try loadFilter().mayContain(version.hash(hashSeed: hashSeed)) else { return false }
      let group = try group(number)
      // The newest is the first.
      let row = group.firstRow(notBefore: version.user, version.muid)
      if row < group.rows, group.compare(row, version.user, version.muid) == 0,
        group.updatedAt[row] > version.updatedAt
      {
        return true
      }
    }
    return false
  }
}
