import Columnar

/// Encodes a column of a row group: chooses its encoding and codec, cuts it into pages, and gathers what the indexes say.
struct ChunkEncoder {
  private let column: ParquetColumn
  private let batch: ColumnBatch
  private let options: ParquetWriterOptions
  private let encoder: ValueEncoder
  private let choice: Choice

  /// How a chunk is stored.
  private struct Choice {
    var encoding = PageEncoding.plain
    var codec = ParquetCodec.uncompressed
    var level: Int32 = 3
    /// The dictionary as it is stored, where one was chosen and gets smaller.
    var dictionary: [UInt8]?
  }

  private var encoding: PageEncoding { choice.encoding }
  private var codec: ParquetCodec { choice.codec }

  private static let fastLevel: Int32 = 3
  /// Values of the two samples that decide.
  private static let sample = 1 << 15

  init(_ column: ParquetColumn, _ batch: ColumnBatch, _ options: ParquetWriterOptions) {
    self.column = column
    self.batch = batch
    self.options = options
    let dictionary = ValueDictionary(batch.values, limit: options.dictionaryBytes)
    var encoder = ValueEncoder(batch.values, dictionary)
    choice = Self.choose(&encoder, column.type, options)
    self.encoder = encoder
  }

  /// The encoding, the codec and the level that make the chunk smallest, by what two samples show.
  private static func choose(
    _ encoder: inout ValueEncoder, _ type: PhysicalType, _ options: ParquetWriterOptions
  ) -> Choice {
    let count = encoder.values.count
    var ranges: [Range<Int>] = []
    if count <= 2 * sample {
      ranges = [0..<count]
    } else {
      for start in [count / 4, count / 4 * 3] { ranges.append(start..<min(count, start + sample)) }
    }
    let sampled = max(1, ranges.reduce(0) { $0 + $1.count })
    func size(
      _ encoder: ValueEncoder, _ encoding: PageEncoding, level: Int32 = fastLevel
    ) -> (raw: Int, stored: Int) {
      var raw = 0
      var stored = 0
      for range in ranges {
        var bytes: [UInt8] = []
        encoder.append(range, encoding, to: &bytes)
        raw += bytes.count
        stored += options.codec.compress(bytes, level: level).count
      }
      return (raw * count / sampled, stored * count / sampled)
    }
    var best = (encoding: PageEncoding.plain, raw: Int.max, stored: Int.max)
    for encoding in encoder.candidates(type, options.profile) {
      let size = size(encoder, encoding)
      // A newer encoding must be worth it.
      if size.stored < best.stored - best.stored / 50 { best = (encoding, size.raw, size.stored) }
    }
    var choice = Choice()
    if let dictionary = encoder.dictionary {
      let packed = options.codec.compress(dictionary.plain, level: fastLevel)
      let own = packed.count
      var codes = (raw: Int.max, stored: Int.max)
      for width in encoder.codeWidths {
        var trial = encoder
        trial.codeWidth = width
        let size = size(trial, .dictionary)
        if size.stored < codes.stored - codes.stored / 50 {
          codes = size
          encoder.codeWidth = width
        }
      }
      if codes.stored + own <= best.stored + best.stored / 50 {
        best = (.dictionary, codes.raw + dictionary.plain.count, codes.stored + own)
        choice.dictionary = packed
      }
    }
    choice.encoding = best.encoding
    // Bytes that do not get smaller are read faster as they are.
    guard best.stored < best.raw - best.raw / 64 else {
      choice.dictionary = nil
      return choice
    }
    choice.codec = options.codec
    choice.level = min(options.level, fastLevel)
    guard options.level > fastLevel else { return choice }
    var stored = size(encoder, choice.encoding, level: options.level).stored
    var packed: [UInt8]?
    if choice.encoding == .dictionary, let dictionary = encoder.dictionary {
      packed = options.codec.compress(dictionary.plain, level: options.level)
      stored += packed?.count ?? 0
    }
    if stored < best.stored - best.stored / 50 {
      choice.level = options.level
      choice.dictionary = packed
    }
    return choice
  }

  func encode() -> EncodedChunk {
    var chunk = EncodedChunk()
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

  private func appendDictionary(_ chunk: inout EncodedChunk) {
    guard let dictionary = encoder.dictionary else { return }
    let stored = choice.dictionary ?? dictionary.plain
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
    if batch.definition == nil, batch.repetition == nil, let width = encoder.constantSize(encoding) {
      level = min(end, start + min(options.pageValues, max(1, options.pageBytes / width)))
      value += level - start
      row += level - start
      return
    }
    var size = 0
    while level < end {
      let beginsRow = batch.repetition.map { $0[level] == 0 } ?? true
      if beginsRow {
        if level > start, size >= options.pageBytes || level - start >= options.pageValues { return }
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
      append(header, [], codec.compress(raw, level: choice.level), &chunk)
    } else {
      encoder.append(values, encoding, to: &raw)
      header.kind = .dataV2
      header.nullCount = levels.count - values.count
      header.rowCount = rows
      header.repetitionLength = repetition.count
      header.definitionLength = definition.count
      header.uncompressedSize = repetition.count + definition.count + raw.count
      var stored = codec.compress(raw, level: choice.level)
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
