package import Columnar
import Parquet
import StorageIO
public import StoreEngine

/// Reads back what `ParquetEventWriter` wrote, a row group at a time, straight into columns: for comparing a file with its
/// source, and for reading archives. Files of other writers are for `ParquetDecoder`.
///
/// The file is not trusted: every value keeps the limits of its field, and metadata are canonical, or the file is damaged.
public struct ParquetEventReader: Sendable {
  private let file: ParquetReader

  /// Opens a file, which is mapped into memory and must not be truncated meanwhile.
  public init(path: String) throws(ParquetIngestError) {
    let mapping: Mapping
    do {
      mapping = try StorageEnvironment.posix.disk.map(path)
    } catch {
      throw .unreadable("\(error)")
    }
    try self.init(Bytes(mapping))
  }

  package init(_ bytes: Bytes) throws(ParquetIngestError) {
    do {
      file = try ParquetReader(bytes)
    } catch {
      throw .damaged(offset: error.offset, error.reason)
    }
    guard file.schema.fields == ParquetEventSchema.schema.fields else {
      throw .damaged(offset: 0, "the columns are not those of exported events")
    }
  }

  /// The number of events.
  public var count: Int { file.metadata.rowCount }

  public var rowGroupCount: Int { file.metadata.rowGroups.count }

  /// The events of a row group, in the order in which they stand there.
  public func events(rowGroup: Int) throws(ParquetIngestError) -> EventBatch {
    let (high, low) = try ids(rowGroup)
    let delta = try integers(.delta, rowGroup) { $0.magnitude <= ParquetEventSchema.largestDelta.magnitude }
    let createdAt = try integers(.createdAt, rowGroup) { EventBatch.allowedTimes.contains($0) }
    var codes: [[UInt32]] = []
    var dictionaries: [ByteStringDictionary] = []
    for field in [EventField.user, .entity, .entityType, .dimension, .source, .scope, .metadata] {
      var dictionary = ByteStringDictionary()
      codes.append(try texts(field, rowGroup, &dictionary))
      dictionaries.append(dictionary)
    }
    return EventBatch(
      eventIDHigh: high, eventIDLow: low, codeColumns: codes, dictionaries: dictionaries, delta: delta,
      createdAt: createdAt)
  }

  private func column(_ field: EventField, _ rowGroup: Int) throws(ParquetIngestError) -> ColumnBatch {
    do {
      return try file.column(place(field), rowGroup: rowGroup)
    } catch {
      throw .damaged(offset: error.offset, error.reason)
    }
  }

  private func place(_ field: EventField) -> Int { ParquetEventSchema.fields.firstIndex(of: field) ?? 0 }

  private func damage(_ field: EventField, _ rowGroup: Int, _ reason: EventRejection.Reason) -> ParquetIngestError {
    let chunk = file.metadata.rowGroups[rowGroup].columns[place(field)]
    return .damaged(offset: chunk.dataPageOffset, "column \(field.name): a value \(reason.text)")
  }

  private func ids(_ rowGroup: Int) throws(ParquetIngestError) -> (high: [UInt64], low: [UInt64]) {
    guard case .fixed(let column) = try column(.eventID, rowGroup).values else {
      throw damage(.eventID, rowGroup, .malformed)
    }
    let count = column.count
    var high = [UInt64](repeating: 0, count: count)
    var low = high
    unsafe column.bytes.withUnsafeBytes { bytes in
      for row in 0..<count {
        high[row] = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: row &* 16, as: UInt64.self))
        low[row] = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: row &* 16 &+ 8, as: UInt64.self))
      }
    }
    for row in 0..<count where high[row] | low[row] == 0 { throw damage(.eventID, rowGroup, .malformed) }
    return (high, low)
  }

  private func integers(
    _ field: EventField, _ rowGroup: Int, _ isAllowed: (Int64) -> Bool
  ) throws(ParquetIngestError) -> [Int64] {
    guard case .int64(let values) = try column(field, rowGroup).values else {
      throw damage(field, rowGroup, .malformed)
    }
    guard values.allSatisfy(isAllowed) else { throw damage(field, rowGroup, .outOfRange) }
    return values
  }

  // MARK: Texts

  /// What each row's text is in the dictionary. A text is checked once, when its first row comes.
  private func texts(
    _ field: EventField, _ rowGroup: Int, _ dictionary: inout ByteStringDictionary
  ) throws(ParquetIngestError) -> [UInt32] {
    let batch = try column(field, rowGroup)
    guard case .bytes(let column) = batch.values else { throw damage(field, rowGroup, .malformed) }
    let used = column.codes ?? Array(0..<UInt32(column.strings.count))
    var map = [UInt32](repeating: .max, count: column.strings.count)
    var fresh: [UInt32] = []
    for string in used where map[Int(string)] == .max {
      map[Int(string)] = 0
      fresh.append(string)
    }
    let absent = batch.definition == nil ? 0 : dictionary.intern([])
    if let reason = Self.fault(field, column.strings, fresh) { throw damage(field, rowGroup, reason) }
    for string in fresh {
      let text = column.strings[Int(string)]
      map[Int(string)] = dictionary.intern(field == .user || field == .entity ? Identifier.encode(text) : text)
    }
    guard let definition = batch.definition else { return used.map { map[Int($0)] } }
    var next = 0
    return definition.map { level in
      guard level == 1 else { return absent }
      next += 1
      return map[Int(used[next - 1])]
    }
  }

  /// Why one of the texts is none for that field; nil where all are.
  private static func fault(
    _ field: EventField, _ strings: ByteStrings, _ fresh: [UInt32]
  ) -> EventRejection.Reason? {
    let longest = EventLimits.longest(field)
    for string in fresh {
      let length = strings.length(Int(string))
      if length == 0 { return .empty }
      if length > longest { return .tooLong }
    }
    return PaddedInput.withCopy(of: strings.arena) { input in
      field == .metadata ? metadataFault(input, strings, fresh) : textFault(field, input, strings, fresh)
    }
  }

  private static func textFault(
    _ field: EventField, _ input: PaddedInput, _ strings: ByteStrings, _ fresh: [UInt32]
  ) -> EventRejection.Reason? {
    for string in fresh {
      let range = strings.range(Int(string))
      if !input.isPlainASCII(range.lowerBound, range.count) {
        if input.containsNUL(range.lowerBound, range.count) { return .nulByte }
        if !input.isValidUTF8(range.lowerBound, range.count) { return .invalidUTF8 }
      }
      if field == .scope, !EventLimits.isScope(strings.arena[range]) { return .malformed }
    }
    return nil
  }

  private static func metadataFault(
    _ input: PaddedInput, _ strings: ByteStrings, _ fresh: [UInt32]
  ) -> EventRejection.Reason? {
    var memory = [UInt8](repeating: 0, count: CanonicalJSON.scratchNeeded(EventLimits.metadataLength))
    return unsafe memory.withUnsafeMutableBytes { target -> EventRejection.Reason? in
      guard let base = target.baseAddress else { preconditionFailure("no memory") }
      var scratch = unsafe TextScratch(base: base, capacity: target.count)
      var rewriter = CanonicalJSON.Rewriter()
      for string in fresh {
        let range = strings.range(Int(string))
        scratch.count = 0
        if input[range.lowerBound] == UInt8(ascii: "{"),
          let plain = rewriter.plainObject(input, range.lowerBound, range.upperBound, into: &scratch),
          plain.next == range.upperBound, !plain.isCopied
        {
          continue
        }
        scratch.count = 0
        do throws(EventRejection.Reason) {
          let end = try rewriter.object(input, range.lowerBound, range.upperBound, into: &scratch)
          guard end == range.upperBound else { throw .malformed }
        } catch {
          return error
        }
        // What is stored is canonical already.
        guard scratch.written.array(0, scratch.count) == Array(strings.arena[range]) else { return .malformed }
      }
      return nil
    }
  }
}
