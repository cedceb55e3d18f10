import Columnar

/// Encodes a column of a row group: chooses its encoding and codec, cuts it into pages, and gathers what the indexes say.
struct ChunkEncoder {
  private let column: ParquetColumn
  private let batch: ColumnBatch
  private let options: ParquetWriterOptions
  private var encoder: ValueEncoder
  private let choice: ChunkChoice
  /// The chunk before that this one is stored like, if any.
  private let example: ChunkExample?
  private let compressor: PageCompressor

  private var encoding: PageEncoding { choice.encoding }
  private var codec: ParquetCodec { choice.codec }

  /// `compressor` is one for the codec of the options; `example` is a chunk of the same column before, and is the one for
  /// those that follow when this returns.
  static func encode(
    _ column: ParquetColumn, _ batch: ColumnBatch, _ options: ParquetWriterOptions, _ compressor: PageCompressor,
    example: inout ChunkExample?
  ) -> EncodedChunk {
    var encoder = ChunkEncoder(column, batch, options, compressor, like: example)
    var chunk = encoder.encode()
    if let example = encoder.example {
      if example.predicts(chunk, encoder.encoder, levels: batch.levelCount) { return chunk }
      let other = ChunkEncoder(column, batch, options, compressor, like: nil)
      let another = other.encode()
      if another.bytes.count < chunk.bytes.count { (encoder, chunk) = (other, another) }
    }
    example = ChunkExample(encoder.choice, encoder.encoder, chunk) ?? example
    return chunk
  }

  private init(
    _ column: ParquetColumn, _ batch: ColumnBatch, _ options: ParquetWriterOptions, _ compressor: PageCompressor,
    like former: ChunkExample?
  ) {
    self.column = column
    self.batch = batch
    self.options = options
    self.compressor = compressor
    let isWithout = options.columns[column.name]?.isWithoutDictionary ?? false
    if let known = former, known.fits(batch.values.count) {
      let needsNone = isWithout || known.choice.encoding != .dictionary
      let encoder = ValueEncoder(batch.values, needsNone ? nil : Self.dictionary(batch.values, options))
      if known.resembles(encoder, compressor) {
        choice = known.choice.scaled(to: batch.values.count)
        example = known
        self.encoder = encoder
        self.encoder.codeForm = choice.codeForm
        return
      }
    }
    var encoder = ValueEncoder(batch.values, isWithout ? nil : Self.dictionary(batch.values, options))
    choice = ChunkChoice(&encoder, column.type, options, compressor)
    example = nil
    self.encoder = encoder
  }

  private static func dictionary(_ values: ColumnValues, _ options: ParquetWriterOptions) -> ValueDictionary? {
    guard let dictionary = ValueDictionary(values, limit: options.dictionaryBytes) else { return nil }
    guard CodeBalance.pays(dictionary) else { return dictionary }
    return dictionary.renumbered(CodeBalance.codes(dictionary, values), values)
  }

  private func encode() -> EncodedChunk {
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

  private func compress(_ raw: [UInt8], _ effort: CompressionEffort, stream: Int? = nil) -> [UInt8] {
    codec == .uncompressed ? raw : compressor.compress(raw, effort, stream: stream)
  }

  private func appendDictionary(_ chunk: inout EncodedChunk) {
    guard let dictionary = encoder.dictionary else { return }
    let stored = compress(dictionary.plain, choice.dictionaryEffort)
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
    let (pageValues, pageBytes) = (options.pageValues, options.pageBytes)
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
      append(header, [], compress(raw, choice.effort), &chunk)
    } else {
      encoder.append(values, encoding, to: &raw)
      header.kind = .dataV2
      header.nullCount = levels.count - values.count
      header.rowCount = rows
      header.repetitionLength = repetition.count
      header.definitionLength = definition.count
      header.uncompressedSize = repetition.count + definition.count + raw.count
      let joined = choice.streamEfforts.isEmpty ? nil : compressor.compress(raw, choice.streamEfforts)
      var stored =
        joined ?? compress(raw, choice.effort, stream: encoder.streamLength(encoding, values: values.count))
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
