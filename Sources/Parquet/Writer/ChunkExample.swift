import Columnar

/// A chunk that others of the same column may be stored like, without looking at them as long: choosing for small ones takes
/// longer than writing them.
///
/// They may not resemble it, as where a month has one source and the next has thousands. So it is looked at a little of each
/// whether it gets smaller where the example did not, and once it is written, whether it took about as much.
struct ChunkExample: Sendable {
  let choice: ChunkChoice
  private let values: Int
  /// What its pages of data took.
  private let pageBytes: Int
  private let dictionary: Dictionary?

  private struct Dictionary {
    let count: Int
    let raw: Int
    let stored: Int
  }

  /// Larger chunks choose for themselves: it takes little of their time.
  private static let largestAlike = 1 << 18
  /// Smaller chunks are no example.
  private static let smallest = 1 << 9
  /// Values that show whether a chunk gets smaller.
  private static let glance = 1 << 11
  /// More or fewer bytes than this say nothing.
  private static let slack = 1 << 9

  /// Nil where the chunk is too small to be one.
  init?(_ choice: ChunkChoice, _ encoder: ValueEncoder, _ chunk: EncodedChunk) {
    values = encoder.values.count
    guard values >= Self.smallest else { return nil }
    self.choice = choice
    // Offsets begin at the chunk; its dictionary is before its pages.
    pageBytes = chunk.bytes.count - chunk.metadata.dataPageOffset
    let stored = chunk.metadata.dataPageOffset
    dictionary =
      choice.encoding == .dictionary
      ? encoder.dictionary.map { Dictionary(count: $0.count, raw: $0.plain.count, stored: stored) } : nil
  }

  /// Whether it is large enough for a chunk of so many values.
  func fits(_ count: Int) -> Bool { count <= Self.largestAlike && values >= count / 4 }

  /// Whether a chunk that is not yet written looks like it.
  func resembles(_ encoder: ValueEncoder, _ compressor: PageCompressor) -> Bool {
    let count = encoder.values.count
    guard count > 0 else { return true }
    if choice.encoding == .dictionary {
      guard let dictionary, let other = encoder.dictionary else { return false }
      guard Self.isAlike(dictionary, other) else { return false }
    }
    var encoder = encoder
    encoder.codeForm = choice.codeForm
    let start = max(0, count / 2 - Self.glance)
    let range = start..<min(count, start + Self.glance)
    var bytes: [UInt8] = []
    encoder.append(range, choice.encoding, to: &bytes)
    if choice.codec == .uncompressed {
      if choice.encoding == .dictionary, let texts = encoder.dictionary?.plain.suffix(Self.glance * 8),
        Self.getsSmaller(Array(texts), .level(1), compressor)
      {
        return false
      }
      return !Self.getsSmaller(bytes, .level(1), compressor)
    }
    for (stream, effort) in choice.streamEfforts.enumerated() where effort == .stored {
      let bytes = Array(bytes[stream * range.count..<(stream + 1) * range.count])
      if Self.getsSmaller(bytes, .symbols, compressor) { return false }
    }
    return true
  }

  /// Codes of about as many bits, and values about as long.
  private static func isAlike(_ one: Dictionary, _ other: ValueDictionary) -> Bool {
    guard one.count > 0, other.count > 0 else { return one.count == other.count }
    func width(_ count: Int) -> Int { Int.bitWidth - (count - 1).leadingZeroBitCount }
    let (width, otherWidth) = (width(one.count), width(other.count))
    guard width == 0 ? otherWidth == 0 : otherWidth <= width + 2 else { return false }
    return other.plain.count / other.count <= 2 * (one.raw / one.count) + 16
  }

  private static func getsSmaller(
    _ bytes: [UInt8], _ effort: CompressionEffort, _ compressor: PageCompressor
  ) -> Bool {
    // The frame itself takes some bytes.
    bytes.count >= slack && ChunkChoice.isSmaller(compressor.compress(bytes, effort).count, bytes.count)
  }

  /// Whether a chunk of so many levels that was stored like it took about as much as that lets expect.
  func predicts(_ chunk: EncodedChunk, _ encoder: ValueEncoder, levels: Int) -> Bool {
    var expected = pageBytes * encoder.values.count / values
    if let dictionary, dictionary.raw > 0, let other = encoder.dictionary {
      expected += dictionary.stored * other.plain.count / dictionary.raw
    }
    let found = chunk.bytes.count
    // A bit for each level, where there are any, has nothing to do with the values.
    let slack = Self.slack + max(0, levels - encoder.values.count) / 8
    if found > expected + expected / 2 + slack { return false }
    return found < 2 * slack || found + found / 2 + slack > expected
  }
}
