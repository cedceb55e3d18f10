package import Columnar

/// What the contents of unit segments have in common, for Zstandard: only where it saves enough to pay for itself.
package enum UnitDictionary {
  /// Bytes of contents that a dictionary is made of, and the longest content among them.
  private static let sampledLength = 4 << 20
  private static let longestSample = 16 << 10
  /// Contents are sampled from fewer bytes for nothing: the dictionary would cost as much as it saves.
  private static let fewestBytes = 256 << 10
  private static let longest = 64 << 10
  /// A dictionary is at most this part of the contents as they are stored.
  private static let smallestShare = 32
  /// How much longer the short pages with a dictionary may be than the long ones without, since a read of one content unpacks an
  /// eighth of the bytes.
  private static let tolerance = 1.02

  /// A dictionary for the contents of segments but for some rows, of which nothing comes to be in it; nil where they are better
  /// off without.
  package static func train(
    _ all: [UnitSegment], without gone: [UInt64: Set<UnitPlace>] = [:], level: Int32
  ) throws(StoreError) -> ZstdDictionary? {
    // What comes back from the archive has no pages to take samples of.
    let segments = all.filter { $0.rowsElsewhere == nil }
    var samples: [UInt8] = []
    var lengths: [Int] = []
    let total = segments.reduce(0) { $0 + $1.contentLength }
    guard total >= fewestBytes else { return nil }
    // Every so many-th page of contents, so that all users have a part in it.
    let step = max(1, total / sampledLength)
    var seen = 0
    for segment in segments {
      let gone = gone[segment.fileID] ?? []
      for number in segment.footer.groups.indices {
        let group = try segment.group(number, keeps: false)
        for row in 0..<group.rows {
          let page = Int(group.places[row].page)
          if (seen + page) % step != 0 { continue }
          let length = Int(group.places[row].length)
          if gone.contains(UnitPlace(group: number, row: row)) { continue }
          if length == 0 || length > longestSample || samples.count + length > sampledLength { continue }
          unsafe try segment.versionWithContent(group, row).content.withUnsafeBytes {
            unsafe samples.append(contentsOf: $0)
          }
          lengths.append(length)
        }
        seen += group.header.pages.count
      }
    }
    guard samples.count >= fewestBytes else { return nil }
    guard
      let dictionary = ZstdDictionary.train(
        samples, lengths: lengths, length: min(longest, total / smallestShare), level: level)
    else {
      return nil
    }
    let with = compressedLength(samples, UnitLayout.dictionaryPageLength) { dictionary.compress($0)?.count }
    let without = compressedLength(samples, UnitLayout.contentPageLength) {
      Codec.zstd.compress($0, level: level)?.count
    }
    // The dictionary is stored once for all contents, of which the samples are a part.
    let share = Double(dictionary.bytes.count) * Double(samples.count) / Double(max(total, samples.count))
    return Double(with) + share <= Double(without) * tolerance ? dictionary : nil
  }

  /// The length of bytes that are compressed in pages.
  private static func compressedLength(_ bytes: [UInt8], _ page: Int, _ compress: ([UInt8]) -> Int?) -> Int {
    var sum = 0
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + page)
      sum += compress(Array(bytes[start..<end])) ?? end - start
      start = end
    }
    return sum
  }
}

extension UnitSegment {
  /// Bytes of the contents as they are stored.
  var contentLength: Int { footer.sizes.first { $0.name == UnitLayout.content }?.bytes ?? 0 }
}
