import Columnar

/// Encodes a column of a row group: chooses its encoding and codec, cuts it into pages, and gathers what the indexes say.
struct ChunkEncoder {
  private let column: ParquetColumn
  private let batch: ColumnBatch
  private let options: ParquetWriterOptions
  private let encoder: ValueEncoder
  private let choice: Choice
  private let compressor: PageCompressor

  /// How a chunk is stored.
  private struct Choice {
    var encoding = PageEncoding.plain
    var codec = ParquetCodec.uncompressed
    /// Of pages of data.
    var level: Int32 = 1
    var dictionaryLevel: Int32 = 1
    /// About how many bytes it will take.
    var size = 0
  }

  private var encoding: PageEncoding { choice.encoding }
  private var codec: ParquetCodec { choice.codec }

  /// Values of each of the two samples that decide, of large chunks; of small ones it is a sixteenth, so that choosing does
  /// not take several times as long as writing.
  private static let sample = 1 << 14
  private static let smallestSample = 1 << 11
  /// Bytes of a dictionary that decide.
  private static let dictionarySample = 1 << 18

  /// `compressor` is one for the codec of the options.
  init(
    _ column: ParquetColumn, _ batch: ColumnBatch, _ options: ParquetWriterOptions, _ compressor: PageCompressor
  ) {
    self.column = column
    self.batch = batch
    self.options = options
    self.compressor = compressor
    let isWithout = options.columns[column.name]?.isWithoutDictionary ?? false
    let dictionary = isWithout ? nil : ValueDictionary(batch.values, limit: options.dictionaryBytes)
    var encoder = ValueEncoder(batch.values, dictionary)
    choice = Self.choose(&encoder, column.type, options, compressor)
    self.encoder = encoder
  }

  /// The values of a page. Of values that are cut into streams there are more, so that a stream fills a block of Zstandard,
  /// which has one table for it.
  private static func pageValues(_ encoding: PageEncoding, _ values: Int) -> Int {
    encoding == .byteStreamSplit ? values * 4 : values
  }

  /// Whether a size is worth another form, a level or an encoding that not all know: two parts in a hundred.
  private static func isWorth(_ size: Int, _ other: Int) -> Bool { size < other - other / 50 }

  /// The least of the levels that makes the parts smallest, and what they take then. The highest level takes several times
  /// as long as the others, so it must save four parts in a hundred.
  private static func level(
    _ parts: [[UInt8]], _ options: ParquetWriterOptions, _ compressor: PageCompressor
  ) -> (level: Int32, stored: Int) {
    var best: (level: Int32, stored: Int) = (1, .max)
    for level in [1, 3, options.level] as [Int32] where level <= options.level {
      let stored = parts.reduce(0) { $0 + compressor.compress($1, level: level).count }
      let isSlow = level > 3
      if stored < best.stored - best.stored / (isSlow ? 25 : 50) { best = (level, stored) }
      if options.codec != .zstd { break }
    }
    return best
  }

  /// The encoding, the codec and the levels that make the chunk smallest, by what two samples show.
  private static func choose(
    _ encoder: inout ValueEncoder, _ type: PhysicalType, _ options: ParquetWriterOptions, _ compressor: PageCompressor
  ) -> Choice {
    let count = encoder.values.count
    func sizes(_ encoder: ValueEncoder, _ encoding: PageEncoding) -> (raw: Int, stored: Int, level: Int32) {
      let sample = max(smallestSample, min(sample, count / 16))
      let length = pageValues(encoding, options.profile == .compact ? 2 * sample : sample)
      let ranges =
        count <= 2 * length
        ? [0..<count] : [count / 4, count / 4 * 3].map { $0..<min(count, $0 + length) }
      let sampled = max(1, ranges.reduce(0) { $0 + $1.count })
      let parts = ranges.map { range in
        var bytes: [UInt8] = []
        encoder.append(range, encoding, to: &bytes)
        return bytes
      }
      let raw = parts.reduce(0) { $0 + $1.count }
      let best = level(parts, options, compressor)
      return (raw * count / sampled, best.stored * count / sampled, best.level)
    }
    var best = (raw: Int.max, stored: Int.max, level: Int32(1))
    var choice = Choice()
    for encoding in encoder.candidates(type, options.profile) {
      let size = sizes(encoder, encoding)
      if isWorth(size.stored, best.stored) {
        best = size
        choice.encoding = encoding
      }
    }
    if let dictionary = encoder.dictionary {
      var codes = (raw: Int.max, stored: Int.max, level: Int32(1))
      for width in encoder.codeWidths {
        var trial = encoder
        trial.codeWidth = width
        let size = sizes(trial, .dictionary)
        if isWorth(size.stored, codes.stored) {
          codes = size
          encoder.codeWidth = width
        }
      }
      let whole = dictionary.plain.count
      let some = Array(dictionary.plain.prefix(max(dictionarySample / 8, min(dictionarySample, whole / 8))))
      let own = level([some], options, compressor)
      let stored = some.isEmpty ? 0 : own.stored * (whole / some.count) + own.stored * (whole % some.count) / some.count
      // Whoever reads a dictionary looks at each value once and not at each row, so it may take a little more.
      let isShort = codes.raw + whole < best.raw / 4
      if codes.stored + stored <= best.stored + best.stored / (isShort ? 16 : 50) {
        best = (codes.raw + whole, codes.stored + stored, codes.level)
        choice.encoding = .dictionary
        choice.dictionaryLevel = own.level
      }
    }
    // Bytes that do not get smaller are read faster as they are.
    let isSmaller = best.stored < best.raw - best.raw / 64
    choice.size = isSmaller ? best.stored : best.raw
    if isSmaller { choice.codec = options.codec }
    choice.level = best.level
    return choice
  }

  func encode() -> EncodedChunk {
    var chunk = EncodedChunk()
    chunk.bytes.reserveCapacity(choice.size + choice.size / 8)
    chunk.metadata.type = column.type
    chunk.metadata.path = column.path
    chunk.metadata.codec = codec.rawValue
    chunk.metadata.valueCount = batch.levelCount
    let hasLevels = column.maxDefinition > 0 || column.maxRepetition > 0
    var encodings = Set([encoding.rawValue])
    if hasLevels { encodings.insert(PageEncoding.rle.rawValue) }
    if encoding == .dictionary {
      encodings.insert(PageEncoding.plain.rawValue)
      appendDictionary(&chunk)
    }
    chunk.metadata.encodings = encodings.sorted()
    chunk.metadata.dataPageOffset = chunk.bytes.count
    appendPages(&chunk)
    chunk.metadata.compressedSize = chunk.bytes.count
    if options.columns[column.name]?.hasBloomFilter == true { chunk.bloomFilter = bloomFilter() }
    return chunk
  }

  private func compress(_ raw: [UInt8], level: Int32) -> [UInt8] {
    codec == .uncompressed ? raw : compressor.compress(raw, level: level)
  }

  private func appendDictionary(_ chunk: inout EncodedChunk) {
    guard let dictionary = encoder.dictionary else { return }
    let stored = compress(dictionary.plain, level: choice.dictionaryLevel)
    var header = PageHeader()
    header.kind = .dictionary
    header.valueCount = dictionary.count
    header.encoding = PageEncoding.plain.rawValue
    header.uncompressedSize = dictionary.plain.count
    append(header, [], stored, &chunk)
    chunk.metadata.dictionaryPageOffset = 0
    chunk.metadata.pageCounts.append((PageHeader.Kind.dictionary.rawValue, PageEncoding.plain.rawValue, 1))
  }

  private func append(_ header: PageHeader, _ levels: [UInt8], _ stored: [UInt8], _ chunk: inout EncodedChunk) {
    var header = header
    header.compressedSize = levels.count + stored.count
    header.checksum = PageChecksum.of(stored, continuing: PageChecksum.of(levels))
    let bytes = header.bytes
    chunk.bytes.append(contentsOf: bytes)
    chunk.bytes.append(contentsOf: levels)
    chunk.bytes.append(contentsOf: stored)
    chunk.metadata.uncompressedSize += bytes.count + header.uncompressedSize
  }

  // MARK: Pages

  private func appendPages(_ chunk: inout EncodedChunk) {
    var finder = BoundsFinder(batch.values, encoder.dictionary, column)
    var index = ColumnIndex()
    var isIndexed = column.order != .undefined && column.logical != .json
    var pageBounds: [ValueBounds?] = []
    var nans: [Int64] = []
    var nulls: [Int64] = []
    var level = 0
    var value = 0
    var row = 0
    while level < batch.levelCount {
      let first = (level: level, value: value, row: row)
      nextPage(&level, &value, &row)
      let offset = chunk.bytes.count
      append(first.level..<level, values: first.value..<value, rows: row - first.row, &chunk)
      chunk.offsetIndex.pages.append(
        OffsetIndex.Page(offset: offset, compressedSize: chunk.bytes.count - offset, firstRow: first.row))
      var nan = 0
      let bounds = finder.bounds(first.value..<value, nans: &nan)
      // Of a page that holds nothing but what is no number there are no bounds, and then there must be no index.
      if bounds == nil, value > first.value { isIndexed = false }
      pageBounds.append(bounds)
      nans.append(Int64(nan))
      nulls.append(Int64(level - first.level - (value - first.value)))
    }
    let kind: PageHeader.Kind = options.profile == .compact ? .dataV2 : .data
    chunk.metadata.pageCounts.append((kind.rawValue, encoding.rawValue, Int32(pageBounds.count)))
    chunk.metadata.statistics = statistics(pageBounds, nulls, nans)
    guard isIndexed else { return }
    for bounds in pageBounds {
      index.isNull.append(bounds == nil)
      index.minimums.append(bounds?.minimum ?? [])
      index.maximums.append(bounds?.maximum ?? [])
    }
    index.nullCounts = nulls
    if column.order == .floating { index.nanCounts = nans }
    index.order = order(pageBounds.compactMap { $0 })
    chunk.columnIndex = index
  }

  private func statistics(_ bounds: [ValueBounds?], _ nulls: [Int64], _ nans: [Int64]) -> ColumnStatistics {
    var statistics = ColumnStatistics()
    statistics.nullCount = nulls.reduce(0, +)
    if column.order == .floating { statistics.nanCount = nans.reduce(0, +) }
    if let dictionary = encoder.dictionary { statistics.distinctCount = Int64(dictionary.count) }
    var all: ValueBounds?
    for case let page? in bounds {
      if all == nil { all = page } else { all?.merge(page, column.order) }
    }
    guard let all else { return statistics }
    statistics.minimum = all.minimum
    statistics.maximum = all.maximum
    statistics.isMinimumExact = all.isMinimumExact
    statistics.isMaximumExact = all.isMaximumExact
    return statistics
  }

  private func order(_ bounds: [ValueBounds]) -> ColumnIndex.Order {
    var ascends = true
    var descends = true
    for (before, after) in zip(bounds, bounds.dropFirst()) {
      let minimum = ValueBounds.compare(before.minimum, after.minimum, column.order)
      let maximum = ValueBounds.compare(before.maximum, after.maximum, column.order)
      if minimum > 0 || maximum > 0 { ascends = false }
      if minimum < 0 || maximum < 0 { descends = false }
    }
    return ascends ? .ascending : descends ? .descending : .unordered
  }

  /// Moves to where the page that begins here ends: before a row.
  private func nextPage(_ level: inout Int, _ value: inout Int, _ row: inout Int) {
    let start = level
    let end = batch.levelCount
    let pageValues = Self.pageValues(encoding, options.pageValues)
    let pageBytes = encoding == .byteStreamSplit ? options.pageBytes * 2 : options.pageBytes
    if batch.definition == nil, batch.repetition == nil, let width = encoder.constantSize(encoding) {
      level = min(end, start + min(pageValues, max(1, pageBytes / width)))
      value += level - start
      row += level - start
      return
    }
    if batch.repetition == nil, let definition = batch.definition, let width = encoder.constantSize(encoding) {
      level = min(end, start + min(pageValues, max(1, pageBytes / width)))
      row += level - start
      for index in start..<level where definition[index] == column.maxDefinition { value += 1 }
      return
    }
    var size = 0
    while level < end {
      let beginsRow = batch.repetition.map { $0[level] == 0 } ?? true
      if beginsRow {
        if level > start, size >= pageBytes || level - start >= pageValues { return }
        row += 1
      }
      if batch.definition.map({ $0[level] == column.maxDefinition }) ?? true {
        size += encoder.size(value, encoding)
        value += 1
      }
      level += 1
    }
  }

  private func append(_ levels: Range<Int>, values: Range<Int>, rows: Int, _ chunk: inout EncodedChunk) {
    var raw: [UInt8] = []
    if let width = encoder.constantSize(encoding) {
      raw.reserveCapacity(values.count * (width + 1) + levels.count / 8 + 64)
    }
    var header = PageHeader()
    header.encoding = encoding.rawValue
    header.valueCount = levels.count
    var repetition: [UInt8] = []
    var definition: [UInt8] = []
    if column.maxRepetition > 0, let some = batch.repetition {
      HybridEncoding.append(
        some, levels, width: HybridEncoding.width(UInt32(column.maxRepetition)), to: &repetition)
    }
    if column.maxDefinition > 0, let some = batch.definition {
      HybridEncoding.append(
        some, levels, width: HybridEncoding.width(UInt32(column.maxDefinition)), to: &definition)
    }
    if options.profile == .compatible {
      for (runs, most) in [(repetition, column.maxRepetition), (definition, column.maxDefinition)] where most > 0 {
        unsafe withUnsafeBytes(of: UInt32(runs.count).littleEndian) { unsafe raw.append(contentsOf: $0) }
        raw.append(contentsOf: runs)
      }
      encoder.append(values, encoding, to: &raw)
      header.uncompressedSize = raw.count
      append(header, [], compress(raw, level: choice.level), &chunk)
    } else {
      encoder.append(values, encoding, to: &raw)
      header.kind = .dataV2
      header.nullCount = levels.count - values.count
      header.rowCount = rows
      header.repetitionLength = repetition.count
      header.definitionLength = definition.count
      header.uncompressedSize = repetition.count + definition.count + raw.count
      var stored = compress(raw, level: choice.level)
      header.isCompressed = codec != .uncompressed && stored.count < raw.count
      if !header.isCompressed { stored = raw }
      append(header, repetition + definition, stored, &chunk)
    }
  }

  // MARK: Bloom filter

  private func bloomFilter() -> BloomFilter? {
    let plain: [UInt8]
    let count: Int
    if let dictionary = encoder.dictionary {
      plain = dictionary.plain
      count = dictionary.count
    } else {
      var all: [UInt8] = []
      encoder.append(0..<batch.values.count, .plain, to: &all)
      plain = all
      count = batch.values.count
    }
    guard column.type != .boolean else { return nil }
    var filter = BloomFilter(valueCount: count)
    var offset = 0
    for _ in 0..<count {
      var length = column.type.width(fixedLength: column.length) ?? 0
      if column.type == .byteArray {
        for byte in 0..<4 { length |= Int(plain[offset + byte]) << (8 * byte) }
        offset += 4
      }
      filter.insert(XXH64.hash(plain, offset, length))
      offset += length
    }
    return filter
  }
}
