import Columnar

/// How a column chunk is stored: what two samples of it show to be smallest, or what was chosen for one before it.
struct ChunkChoice: Sendable {
  private(set) var encoding = PageEncoding.plain
  private(set) var codeForm = ValueEncoder.CodeForm.shortest
  private(set) var codec = ParquetCodec.uncompressed
  /// Of pages of data.
  private(set) var effort = CompressionEffort.level(1)
  private(set) var dictionaryEffort = CompressionEffort.level(1)
  /// About how many bytes the chunk takes.
  private(set) var size = 0
  /// Of the chunk that was looked at.
  private let values: Int

  /// Values of each of the two samples that decide, of large chunks; of small ones it is a sixteenth, so that choosing does
  /// not take several times as long as writing.
  private static let sample = 1 << 14
  private static let smallestSample = 1 << 11
  /// Bytes of a dictionary that decide.
  private static let dictionarySample = 1 << 18
  /// Larger chunks choose for themselves: it takes little of their time.
  private static let largestAlike = 1 << 18
  /// Smaller chunks are no example.
  private static let smallestExample = 1 << 9

  /// Whether a chunk of so many values of the same column may be stored likewise without looking at it: choosing for small
  /// ones takes longer than writing them.
  func isExample(for count: Int) -> Bool {
    count <= Self.largestAlike && values >= Self.smallestExample && values >= count / 4
  }

  /// The better example of two.
  func or(_ former: ChunkChoice?) -> ChunkChoice {
    guard let former, values < Self.smallestExample else { return self }
    return former
  }

  /// As this one, for a chunk of so many values.
  func scaled(to count: Int) -> ChunkChoice {
    var choice = self
    choice.size = size * count / max(1, values)
    return choice
  }

  /// Whether a size is worth another form, a level or an encoding that not all know: two parts in a hundred.
  private static func isWorth(_ size: Int, _ other: Int) -> Bool { size < other - other / 50 }

  /// A sample: bytes, and how long each of its streams is, where it has such.
  private typealias Part = (bytes: [UInt8], stream: Int?)

  /// The least effort that makes the parts smallest, and what they take then. The highest level takes several times
  /// as long as the others, so it must save four parts in a hundred, and is not tried where telling repetitions takes more
  /// than it saves. Where a lower level finds none, as among times, the highest may all the same.
  private static func effort(
    _ parts: [Part], _ efforts: [CompressionEffort], _ compressor: PageCompressor
  ) -> (effort: CompressionEffort, stored: Int) {
    var best = (effort: CompressionEffort.level(1), stored: Int.max)
    var sizes: [Int] = []
    for effort in efforts {
      if effort.isSlow, let first = sizes.first, let last = sizes.last, last > first + first / 1_000 { break }
      let stored = parts.reduce(0) { $0 + compressor.compress($1.bytes, effort, stream: $1.stream).count }
      if stored < best.stored - best.stored / (effort.isSlow ? 25 : 50) { best = (effort, stored) }
      sizes.append(stored)
    }
    return best
  }

  /// The values that decide.
  private static func samples(_ count: Int) -> [Range<Int>] {
    let sample = max(smallestSample, min(sample, count / 16))
    return count <= 2 * sample ? [0..<count] : [count / 4, count / 4 * 3].map { $0..<min(count, $0 + sample) }
  }

  /// How much of the dictionary the samples stand for. Where values come in runs, there may be more or fewer different ones
  /// in them than elsewhere, as in what the dictionary is compared with.
  private static func share(_ dictionary: ValueDictionary) -> Double {
    var isSeen = [Bool](repeating: false, count: dictionary.count)
    var (seen, sampled) = (0, 0)
    for range in samples(dictionary.codes.count) {
      sampled += range.count
      for code in dictionary.codes[range] where !isSeen[Int(code)] {
        isSeen[Int(code)] = true
        seen += 1
      }
    }
    guard sampled > 0 else { return 1 }
    return min(1, Double(seen) * Double(dictionary.codes.count) / (Double(sampled) * Double(dictionary.count)))
  }

  private typealias Trial = (raw: Int, stored: Int, effort: CompressionEffort)

  /// What the chunk would take in an encoding.
  private static func trial(
    _ encoder: ValueEncoder, _ encoding: PageEncoding, _ options: ParquetWriterOptions, _ compressor: PageCompressor
  ) -> Trial {
    let count = encoder.values.count
    let ranges = samples(count)
    let sampled = max(1, ranges.reduce(0) { $0 + $1.count })
    let parts = ranges.map { range -> Part in
      var bytes: [UInt8] = []
      encoder.append(range, encoding, to: &bytes)
      return (bytes, encoder.streamLength(encoding, values: range.count))
    }
    let raw = parts.reduce(0) { $0 + $1.bytes.count }
    // Only numbers that lie as they are have halves.
    let isPlain = encoding == .plain && encoder.constantSize(encoding) == 8
    let best = effort(parts, isPlain ? options.efforts : options.efforts.filter { $0 != .halves }, compressor)
    return (raw * count / sampled, best.stored * count / sampled, best.effort)
  }

  /// Looks at samples; leaves the encoder with the form of codes that was chosen.
  init(
    _ encoder: inout ValueEncoder, _ type: PhysicalType, _ options: ParquetWriterOptions, _ compressor: PageCompressor
  ) {
    values = encoder.values.count
    var best: Trial = (.max, .max, .level(1))
    for candidate in encoder.candidates(type, options.profile) {
      let size = Self.trial(encoder, candidate, options, compressor)
      if Self.isWorth(size.stored, best.stored) {
        best = size
        encoding = candidate
      }
    }
    if let dictionary = encoder.dictionary {
      var codes: Trial = (.max, .max, .level(1))
      var trial = encoder
      for form in encoder.codeForms {
        trial.codeForm = form
        let size = Self.trial(trial, .dictionary, options, compressor)
        if Self.isWorth(size.stored, codes.stored) {
          codes = size
          encoder.codeForm = form
        }
      }
      let whole = dictionary.plain.count
      // Its rarest texts come last, and are most of it.
      let some = Array(
        dictionary.plain.suffix(max(Self.dictionarySample / 8, min(Self.dictionarySample, whole / 8))))
      let own = Self.effort([(some, nil)], options.dictionaryEfforts(type), compressor)
      let share = Self.share(dictionary) * Double(whole)
      let stored = some.isEmpty ? 0 : Int(share * Double(own.stored) / Double(some.count))
      // Whoever reads a dictionary looks at each value once and not at each row, so it may take a little more where size is
      // not all.
      let isShort = codes.raw + Int(share) < best.raw / 4
      let part = isShort && options.profile == .compatible ? 8 : 50
      if codes.stored + stored <= best.stored + best.stored / part {
        best = (codes.raw + Int(share), codes.stored + stored, codes.effort)
        encoding = .dictionary
        dictionaryEffort = own.effort
      }
    }
    codeForm = encoder.codeForm
    // Bytes that do not get smaller are read faster as they are.
    let isSmaller = best.stored < best.raw - best.raw / 64
    size = isSmaller ? best.stored : best.raw
    if isSmaller { codec = options.codec }
    effort = best.effort
  }
}

extension ParquetWriterOptions {
  /// What is tried, the fastest first.
  fileprivate var efforts: [CompressionEffort] {
    guard codec == .zstd else { return [.level(1)] }
    let higher = ([3, level] as Set<Int32>).filter { 1 < $0 && $0 <= level }.sorted()
    return [.symbols, .level(1), .halves] + higher.map { .level($0) }
  }

  /// What is tried for a dictionary.
  fileprivate func dictionaryEfforts(_ type: PhysicalType) -> [CompressionEffort] {
    guard codec == .zstd, type == .byteArray, level > 3 else { return efforts }
    return efforts.filter { !$0.isSlow && $0 != .halves } + [.texts]
  }
}
