import Columnar

/// How a column chunk is stored: what two samples of it show to be smallest, or what was chosen for one before it.
struct ChunkChoice: Sendable {
  private(set) var encoding = PageEncoding.plain
  private(set) var codeForm = ValueEncoder.CodeForm.shortest
  private(set) var codec = ParquetCodec.uncompressed
  /// Of pages of data.
  private(set) var effort = CompressionEffort.level(1)
  /// Of each stream of a page of data; empty where pages have none, or none that gains from an effort of its own.
  private(set) var streamEfforts: [CompressionEffort] = []
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
  /// Bytes of a page or a dictionary that decide whether all effort is made.
  private static let thoroughSample = 1 << 17
  /// Shorter streams are not compressed apart.
  private static let shortestStream = 1 << 9

  /// As this one, for a chunk of so many values.
  func scaled(to count: Int) -> ChunkChoice {
    var choice = self
    choice.size = size * count / max(1, values)
    return choice
  }

  /// Whether a size is worth another form or an encoding that not all know: two parts in a hundred, or four in a thousand where
  /// nothing counts but size.
  private static func isWorth(_ size: Int, _ other: Int, _ profile: ParquetWriterOptions.Profile) -> Bool {
    size < other - other / (profile == .compact ? 250 : 50)
  }

  /// A sample: bytes, and how long each of its streams is, where it has such.
  private typealias Part = (bytes: [UInt8], stream: Int?)

  /// The least effort that makes the parts smallest, and what they take then. A slow one takes several times
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
  private static func samples(_ count: Int, _ profile: ParquetWriterOptions.Profile) -> [Range<Int>] {
    let sample = max(smallestSample, min(profile == .compact ? 4 * sample : sample, count / 16))
    return count <= 2 * sample ? [0..<count] : [count / 4, count / 4 * 3].map { $0..<min(count, $0 + sample) }
  }

  /// How much of the dictionary the samples stand for. Where values come in runs, there may be more or fewer different ones
  /// in them than elsewhere, as in what the dictionary is compared with; others come again, and no sample needs more than all.
  private static func share(_ dictionary: ValueDictionary, _ profile: ParquetWriterOptions.Profile) -> Double {
    var isSeen = [Bool](repeating: false, count: dictionary.count)
    var (seen, sampled) = (0, 0)
    for range in samples(dictionary.codes.count, profile) {
      sampled += range.count
      for code in dictionary.codes[range] where !isSeen[Int(code)] {
        isSeen[Int(code)] = true
        seen += 1
      }
    }
    guard sampled > 0 else { return 1 }
    let share = Double(seen) * Double(dictionary.codes.count) / (Double(sampled) * Double(dictionary.count))
    return dictionary.runs < dictionary.count + dictionary.count / 2 ? share : min(1, share)
  }

  /// What a chunk takes in one form, as its samples show.
  private struct Trial {
    var encoding = PageEncoding.plain
    var codeForm = ValueEncoder.CodeForm.shortest
    var raw = Int.max
    var stored = Int.max
    var effort = CompressionEffort.level(1)
    var streamEfforts: [CompressionEffort] = []
    var dictionaryEffort = CompressionEffort.level(1)
    var parts: [Part] = []
  }

  /// What the chunk would take in an encoding.
  private static func trial(
    _ encoder: ValueEncoder, _ encoding: PageEncoding, _ options: ParquetWriterOptions, _ compressor: PageCompressor
  ) -> Trial {
    let count = encoder.values.count
    let ranges = samples(count, options.profile)
    let sampled = max(1, ranges.reduce(0) { $0 + $1.count })
    let parts = ranges.map { range -> Part in
      var bytes: [UInt8] = []
      encoder.append(range, encoding, to: &bytes)
      return (bytes, encoder.streamLength(encoding, values: range.count))
    }
    let raw = parts.reduce(0) { $0 + $1.bytes.count }
    let isText = if case .bytes = encoder.values { encoding != .dictionary } else { false }
    let isPlain = encoding == .plain && encoder.constantSize(encoding) == 8
    let best = effort(parts, options.efforts(isText: isText, hasHalves: isPlain), compressor)
    var trial = Trial(
      encoding: encoding, codeForm: encoder.codeForm, raw: raw * count / sampled,
      stored: best.stored * count / sampled, effort: best.effort, parts: parts)
    if options.codec == .zstd, let own = streams(parts, compressor), own.stored < best.stored {
      trial.stored = own.stored * count / sampled
      trial.streamEfforts = own.efforts
    }
    return trial
  }

  /// The effort that fits each stream; nil where there are none, or where they do not make a frame together.
  private static func streams(
    _ parts: [Part], _ compressor: PageCompressor
  ) -> (efforts: [CompressionEffort], stored: Int)? {
    guard let first = parts.first, let length = first.stream, length >= shortestStream else { return nil }
    var efforts: [CompressionEffort] = []
    var stored = 0
    for stream in 0..<first.bytes.count / length {
      let some = parts.map { part -> Part in
        let length = part.stream ?? 0
        return (Array(part.bytes[stream * length..<(stream + 1) * length]), nil)
      }
      let raw = some.reduce(0) { $0 + $1.bytes.count }
      var best = effort(some, [.symbols], compressor)
      if !isSmaller(best.stored, raw) {
        best = (.stored, raw)
      } else if paysThorough(some[0].bytes[...], over: best.effort, compressor) {
        best = effort(some, [.thorough], compressor)
      }
      efforts.append(best.effort)
      stored += best.stored
    }
    return compressor.compress(first.bytes, efforts) == nil ? nil : (efforts, stored)
  }

  /// Whether the effort that takes longer than all others together saves enough over another.
  private static func paysThorough(
    _ bytes: ArraySlice<UInt8>, over effort: CompressionEffort, _ compressor: PageCompressor
  ) -> Bool {
    let some = Array(bytes)
    return isWorth(
      compressor.compress(some, .thorough).count, compressor.compress(some, effort).count, .compact)
  }

  /// Whether bytes get smaller; those that do not are read faster as they are.
  static func isSmaller(_ stored: Int, _ raw: Int) -> Bool { stored < raw - raw / 64 }

  private static func bestWithoutDictionary(
    _ encoder: ValueEncoder, _ type: PhysicalType, _ options: ParquetWriterOptions, _ compressor: PageCompressor
  ) -> Trial {
    var best = Trial()
    for candidate in encoder.candidates(type, options.profile) {
      let trial = trial(encoder, candidate, options, compressor)
      if isWorth(trial.stored, best.stored, options.profile) { best = trial }
    }
    return best
  }

  private static func bestWithDictionary(
    _ encoder: ValueEncoder, _ dictionary: ValueDictionary, _ type: PhysicalType, _ options: ParquetWriterOptions,
    _ compressor: PageCompressor
  ) -> Trial {
    var best = Trial()
    var encoder = encoder
    for form in encoder.codeForms {
      encoder.codeForm = form
      let trial = trial(encoder, .dictionary, options, compressor)
      if isWorth(trial.stored, best.stored, options.profile) { best = trial }
    }
    let whole = dictionary.plain.count
    // Its rarest texts come last, and are most of it.
    let some = Array(dictionary.plain.suffix(max(dictionarySample / 8, min(dictionarySample, whole / 8))))
    let isText = type == .byteArray
    let own = effort([(some, nil)], options.efforts(isText: isText, hasHalves: !isText), compressor)
    let share = share(dictionary, options.profile) * Double(whole)
    best.raw += Int(share)
    best.stored += some.isEmpty ? 0 : Int(share * Double(own.stored) / Double(some.count))
    best.dictionaryEffort = own.effort
    return best
  }

  /// Looks at samples; leaves the encoder with the form of codes that was chosen.
  init(
    _ encoder: inout ValueEncoder, _ type: PhysicalType, _ options: ParquetWriterOptions, _ compressor: PageCompressor
  ) {
    values = encoder.values.count
    var best = Self.bestWithoutDictionary(encoder, type, options, compressor)
    if let dictionary = encoder.dictionary {
      let other = Self.bestWithDictionary(encoder, dictionary, type, options, compressor)
      // Whoever reads a dictionary looks at each value once and not at each row, so it may take a little more where size is
      // not all.
      let isShort = other.raw < best.raw / 4
      let part = isShort && options.profile == .compatible ? 8 : 50
      if other.stored <= best.stored + best.stored / part { best = other }
    }
    let isSmaller = Self.isSmaller(best.stored, best.raw)
    if options.profile == .compact, options.codec == .zstd, isSmaller {
      if best.streamEfforts.isEmpty, let part = best.parts.first,
        Self.paysThorough(part.bytes.prefix(Self.thoroughSample), over: best.effort, compressor)
      {
        best.effort = .thorough
      }
      if best.encoding == .dictionary, let texts = encoder.dictionary?.plain.suffix(Self.thoroughSample),
        Self.paysThorough(texts, over: best.dictionaryEffort, compressor)
      {
        best.dictionaryEffort = .thorough
      }
    }
    encoder.codeForm = best.codeForm
    (encoding, codeForm) = (best.encoding, best.codeForm)
    size = isSmaller ? best.stored : best.raw
    if isSmaller { codec = options.codec }
    (effort, dictionaryEffort) = (best.effort, best.dictionaryEffort)
    streamEfforts = isSmaller ? best.streamEfforts : []
  }
}

extension ParquetWriterOptions {
  /// What is tried, the fastest first. Only numbers that lie as they are have halves.
  fileprivate func efforts(isText: Bool, hasHalves: Bool) -> [CompressionEffort] {
    guard codec == .zstd else { return [.level(1)] }
    let higher = ([3, level] as Set<Int32>).filter { 1 < $0 && $0 <= level }.sorted()
    let efforts = [.symbols, .level(1)] + (hasHalves ? [.halves] : []) + higher.map { CompressionEffort.level($0) }
    return isText && level > 3 ? efforts.filter { !$0.isSlow } + [.texts] : efforts
  }
}
