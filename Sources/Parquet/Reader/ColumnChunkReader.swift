package import Columnar

/// Reads the pages of one column in one row group, from the first to the last.
package struct ColumnChunkReader {
  private let file: Bytes
  private let chunk: ColumnChunkMetadata
  private let column: ParquetColumn
  private let limits: ParquetLimits
  private let codec: ParquetCodec
  private var position: Int
  private let end: Int
  private var valuesLeft: Int
  private var dictionary: ColumnValues?

  init(
    _ file: Bytes, _ chunk: ColumnChunkMetadata, _ column: ParquetColumn, limits: ParquetLimits
  ) throws(FormatError) {
    self.file = file
    self.chunk = chunk
    self.column = column
    self.limits = limits
    do throws(FormatError) {
      codec = try ParquetCodec(code: chunk.codec)
    } catch {
      throw FormatError(offset: chunk.dataPageOffset, "column \(column.name): \(error.reason)")
    }
    position = chunk.dataPageOffset
    // Some writers say 0 where there is none.
    if let offset = chunk.dictionaryPageOffset, offset > 0 { position = min(position, offset) }
    // Of no values there are no pages, and then some writers name no place.
    if chunk.valueCount == 0 {
      position = 0
      end = 0
      valuesLeft = 0
      return
    }
    guard position >= 4, chunk.compressedSize <= file.count - position else {
      throw FormatError(offset: position, "column \(column.name): its pages lie outside of the file")
    }
    end = position + chunk.compressedSize
    valuesLeft = chunk.valueCount
  }

  package var isAtEnd: Bool { valuesLeft == 0 }

  /// Values of the dictionary, once the first page has been read. Pages of byte strings begin with all of it, so whoever
  /// reads page by page looks at each of these strings once.
  package var dictionaryCount: Int { dictionary?.count ?? 0 }

  /// The next page; nil behind the last.
  package mutating func nextPage() throws(FormatError) -> ColumnBatch? {
    var builder = ColumnBuilder(column, limits: limits)
    var levels = ColumnLevels(column)
    guard try readPage(into: &builder, &levels) else { return nil }
    return ColumnBatch(builder.values, definition: levels.definition, repetition: levels.repetition)
  }

  /// All that is left.
  package mutating func readAll() throws(FormatError) -> ColumnBatch {
    var builder = ColumnBuilder(column, limits: limits)
    var levels = ColumnLevels(column)
    // What the file says is no reason to ask for much memory.
    builder.reserve(min(valuesLeft, 1 << 20))
    while try readPage(into: &builder, &levels) {}
    return ColumnBatch(builder.values, definition: levels.definition, repetition: levels.repetition)
  }

  /// Goes on with a page that an offset index names, after the dictionary was read; `values` is how many are then left.
  mutating func seek(to page: Int, values: Int) throws(FormatError) {
    if dictionary == nil, let offset = chunk.dictionaryPageOffset, offset > 0, offset < chunk.dataPageOffset {
      let (header, body) = try readHeader()
      if header.kind == .dictionary {
        try located(position) { () throws(FormatError) in try self.readDictionary(header, body) }
      }
    }
    guard page >= 4, page <= end else {
      throw FormatError(offset: page, "column \(column.name): a page lies outside of its column")
    }
    position = page
    valuesLeft = values
  }

  // MARK: Pages

  private mutating func readPage(
    into builder: inout ColumnBuilder, _ levels: inout ColumnLevels
  ) throws(FormatError) -> Bool {
    while valuesLeft > 0 {
      let start = position
      let (header, body) = try readHeader()
      switch header.kind {
      case .index: continue
      case .dictionary:
        try located(start) { () throws(FormatError) in try self.readDictionary(header, body) }
      case .data, .dataV2:
        guard header.valueCount <= valuesLeft, header.valueCount <= limits.pageValues else {
          throw FormatError(
            offset: start,
            "column \(column.name): a page of \(header.valueCount) values where \(valuesLeft) are left")
        }
        if let dictionary { builder.begin(dictionary: dictionary) }
        try located(start) { () throws(FormatError) in
          let encoding = try PageEncoding(code: header.encoding, offset: 0)
          if header.kind == .data {
            try self.readData(header, body, encoding, &builder, &levels)
          } else {
            try self.readDataV2(header, body, encoding, &builder, &levels)
          }
        }
        if valuesLeft == chunk.valueCount, let first = levels.repetition?.first, first != 0 {
          throw FormatError(offset: start, "column \(column.name): the first row begins with a later value")
        }
        valuesLeft -= header.valueCount
        // A page without values is of no use, but it is allowed.
        if header.valueCount > 0 { return true }
      }
    }
    return false
  }

  /// Names the column in an error, and the page by its place in the file.
  private func located<R>(_ start: Int, _ body: () throws(FormatError) -> R) throws(FormatError) -> R {
    do throws(FormatError) {
      return try body()
    } catch {
      throw FormatError(offset: start, "column \(column.name), in this page \(error)")
    }
  }

  private mutating func readHeader() throws(FormatError) -> (PageHeader, Bytes) {
    let start = position
    guard position < end else {
      throw FormatError(offset: position, "column \(column.name): \(valuesLeft) values are missing")
    }
    let window = file.slice(0, end)
    var next = position
    let header = try PageHeader(window, at: position, end: &next)
    guard header.compressedSize <= end - next else {
      throw FormatError(
        offset: start, "column \(column.name): a page of \(header.compressedSize) bytes leaves its column")
    }
    guard header.compressedSize <= limits.page, header.uncompressedSize <= limits.page else {
      throw FormatError(
        offset: start, "column \(column.name): a page of \(header.uncompressedSize) bytes is above the limit")
    }
    let body = file.slice(next, header.compressedSize)
    if limits.checksChecksums, let checksum = header.checksum, PageChecksum.of(body) != checksum {
      throw FormatError(offset: start, "column \(column.name): the checksum of a page is wrong")
    }
    position = next + header.compressedSize
    return (header, body)
  }

  private mutating func readDictionary(_ header: PageHeader, _ body: Bytes) throws(FormatError) {
    guard dictionary == nil else { throw FormatError(offset: 0, "a second dictionary") }
    let encoding = try PageEncoding(code: header.encoding, offset: 0)
    guard encoding == .plain || encoding == .plainDictionary else {
      throw FormatError(offset: 0, "unsupported: a dictionary in the encoding \(encoding)")
    }
    guard header.valueCount <= limits.pageValues else {
      throw FormatError(offset: 0, "a dictionary of \(header.valueCount) values is above the limit")
    }
    let raw = try codec.decompress(body, rawLength: header.uncompressedSize)
    var builder = ColumnBuilder(column, limits: limits)
    try builder.append(raw, at: 0, count: header.valueCount, encoding: .plain, dictionary: nil)
    dictionary = builder.values
  }

  private func readData(
    _ header: PageHeader, _ body: Bytes, _ encoding: PageEncoding, _ builder: inout ColumnBuilder,
    _ levels: inout ColumnLevels
  ) throws(FormatError) {
    let raw = try codec.decompress(body, rawLength: header.uncompressedSize)
    var reader = ByteReader(raw)
    if column.maxRepetition > 0 {
      let runs = try levelRuns(&reader, header.repetitionEncoding)
      try levels.appendRepetition(runs, count: header.valueCount)
    }
    var present = header.valueCount
    if column.maxDefinition > 0 {
      let runs = try levelRuns(&reader, header.definitionEncoding)
      present = try levels.appendDefinition(runs, count: header.valueCount)
    }
    try builder.append(raw, at: reader.offset, count: present, encoding: encoding, dictionary: dictionary)
  }

  private func levelRuns(_ reader: inout ByteReader, _ encoding: Int32) throws(FormatError) -> Bytes {
    guard encoding == PageEncoding.rle.rawValue else {
      throw FormatError(offset: reader.offset, "unsupported: levels in the deprecated encoding BIT_PACKED")
    }
    let length = Int(try reader.read(UInt32.self, "length of levels"))
    return try reader.readBytes(length, "levels")
  }

  private func readDataV2(
    _ header: PageHeader, _ body: Bytes, _ encoding: PageEncoding, _ builder: inout ColumnBuilder,
    _ levels: inout ColumnLevels
  ) throws(FormatError) {
    var reader = ByteReader(body)
    let repetition = try reader.readBytes(header.repetitionLength, "repetition levels")
    let definition = try reader.readBytes(header.definitionLength, "definition levels")
    if column.maxRepetition > 0 { try levels.appendRepetition(repetition, count: header.valueCount) }
    var present = header.valueCount
    if column.maxDefinition > 0 {
      present = try levels.appendDefinition(definition, count: header.valueCount)
    }
    guard header.nullCount == header.valueCount - present else {
      throw FormatError(offset: 0, "\(header.nullCount) nulls are counted and \(header.valueCount - present) are there")
    }
    let stored = body.slice(reader.offset, reader.remaining)
    let rawLength = header.uncompressedSize - reader.offset
    guard rawLength >= 0 else { throw FormatError(offset: 0, "a page shorter than its levels") }
    let raw =
      header.isCompressed && stored.count > 0
      ? try codec.decompress(stored, rawLength: rawLength) : stored
    try builder.append(raw, at: 0, count: present, encoding: encoding, dictionary: dictionary)
  }
}

/// The levels of a column as they are read.
struct ColumnLevels {
  private let maxDefinition: UInt8
  private let maxRepetition: UInt8
  private(set) var definition: [UInt8]?
  private(set) var repetition: [UInt8]?

  init(_ column: ParquetColumn) {
    maxDefinition = column.maxDefinition
    maxRepetition = column.maxRepetition
    if maxDefinition > 0 { definition = [] }
    if maxRepetition > 0 { repetition = [] }
  }

  mutating func appendRepetition(_ runs: Bytes, count: Int) throws(FormatError) {
    let width = HybridEncoding.width(UInt32(maxRepetition))
    _ = try HybridEncoding.decode(
      runs, at: 0, width: width, count: count, largest: UInt32(maxRepetition), to: &repetition!)
  }

  /// Returns how many values are there.
  mutating func appendDefinition(_ runs: Bytes, count: Int) throws(FormatError) -> Int {
    let before = definition!.count
    let width = HybridEncoding.width(UInt32(maxDefinition))
    _ = try HybridEncoding.decode(
      runs, at: 0, width: width, count: count, largest: UInt32(maxDefinition), to: &definition!)
    var present = 0
    let most = maxDefinition
    unsafe definition!.withUnsafeBufferPointer { levels in
      for index in before..<levels.count where unsafe levels[index] == most { present &+= 1 }
    }
    return present
  }
}
