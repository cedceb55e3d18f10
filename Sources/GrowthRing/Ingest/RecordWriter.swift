import Columnar
import StoreEngine

/// Puts checked records into a batch, in blocks: interns their texts straight from the input, and appends the rows.
///
/// Ids and metadata are looked up a block at a time, column by column, so that the waits for memory overlap. Names and
/// frequent metadata are remembered with their codes (`NameMemos`, `MetadataMemos`). Records point into the window and
/// the scratch: `flush` comes before the end of a pass and before the scratch is cleared.
struct RecordWriter {
  /// The most records that wait: as many as the dictionaries take at once, written out to be known to the compiler.
  @inline(__always)
  static var blockLength: Int { 64 }

  private let required = EventField.required
  /// The records that wait, in the first `pending` places.
  private var rows = [RecordValues](repeating: RecordValues(), count: blockLength)
  private(set) var pending = 0
  /// At least as many bytes as the metadata that wait will take in the batch.
  private(set) var pendingText = 0
  private var columns = EventBatch.RowBlock(capacity: blockLength)
  private var identifiers = IdentifierBlock()
  private var entityType = NameMemos()
  private var dimension = NameMemos()
  private var source = NameMemos()
  private var scope = NameMemos()
  private var metadataMemos = MetadataMemos()
  /// The metadata of waiting records that have a unit to go into them.
  private var completed: [[UInt8]] = []
  /// The batch that the codes in the memos belong to.
  private var batch: UInt64 = 1
  /// Ids for records that have none, where they are wanted.
  var derived: DerivedEventIDs?

  /// Says that the next records may go into another batch, whose codes are others.
  mutating func beginBatch() {
    batch += 1
    entityType.removeAll()
    dimension.removeAll()
    source.removeAll()
    scope.removeAll()
  }

  /// No further record can be added before a `flush`.
  @inline(__always)
  var isFull: Bool { pending == Self.blockLength }

  /// Takes a record, which comes into the batch with the next `flush`.
  @inline(__always)
  mutating func add(_ values: RecordValues, _ input: PaddedInput, _ scratch: TextScratch) throws(RecordFault) {
    guard values.seen & required == required else {
      let first = EventField.allCases.first { $0.isRequired && !values.has($0) }
      throw RecordFault(first, .missing)
    }
    rows[pending] = values
    if values.sourceMUID.count > 0 { try complete(pending, input, scratch) }
    pending += 1
    pendingText += values.metadata.count
  }

  /// Adds the records that wait to the batch.
  @inline(never)
  mutating func flush(_ input: PaddedInput, _ scratch: TextScratch, to batch: inout EventBatch) {
    guard pending > 0 else { return }
    // The scratch as text is only looked at where something lies there.
    let decoded = scratch.written
    // Column by column, as each array is then made sure of once and not for every row.
    for row in 0..<pending { columns.idHigh[row] = rows[row].idHigh }
    for row in 0..<pending { columns.idLow[row] = rows[row].idLow }
    for row in 0..<pending { columns.delta[row] = rows[row].delta }
    for row in 0..<pending { columns.createdAt[row] = rows[row].createdAt }
    Self.codes(rows, pending, &entityType, &batch.entityTypes, &columns.entityType, input, decoded) { $0.entityType }
    Self.codes(rows, pending, &dimension, &batch.dimensions, &columns.dimension, input, decoded) { $0.dimension }
    Self.codes(rows, pending, &source, &batch.sources, &columns.source, input, decoded) { $0.source }
    Self.codes(rows, pending, &scope, &batch.scopes, &columns.scope, input, decoded) { $0.scope }
    if derived != nil { deriveIDs(input, decoded) }
    identifiers.intern(pending, input, decoded, &batch.users, &columns.user) { rows[$0].user }
    identifiers.intern(pending, input, decoded, &batch.entities, &columns.entity) { rows[$0].entity }
    internMetadata(input, decoded, &batch.metadatas)
    batch.append(columns, count: pending)
    pending = 0
    pendingText = 0
    if !completed.isEmpty { completed.removeAll(keepingCapacity: true) }
  }

  /// Puts the unit of a row into its metadata.
  @inline(never)
  private mutating func complete(_ row: Int, _ input: PaddedInput, _ scratch: TextScratch) throws(RecordFault) {
    let values = rows[row]
    func bytes(_ place: TextPlace) -> [UInt8] {
      (place.inScratch ? scratch.view : input).array(place.offset, place.count)
    }
    var metadata = bytes(values.metadata)
    if values.metadataCode != nil {
      do throws(EventRejection.Reason) {
        metadata = try CanonicalJSON.bytes(of: bytes(values.metadataSource))
      } catch {
        throw RecordFault(.metadata, error)
      }
    }
    guard let put = SourceMUID.put(bytes(values.sourceMUID), into: metadata) else {
      throw RecordFault(.sourceMUID, .otherSource)
    }
    if put.count > EventLimits.metadataLength { throw RecordFault(.metadata, .tooLong) }
    rows[row].completed = Int32(completed.count)
    completed.append(put)
    pendingText += put.count
  }

  /// Takes metadata that are known by the bytes in which they were written; false where they must be parsed.
  @inline(__always)
  mutating func takeKnownMetadata(
    _ view: PaddedInput, _ source: TextPlace, _ scratch: inout TextScratch, _ values: inout RecordValues
  ) -> Bool {
    guard let place = metadataMemos.find(view, source.offset, source.count) else { return false }
    values.metadataSource = source
    // An id that is derived depends on the text.
    if derived == nil, let code = metadataMemos.code(place, batch: batch) {
      values.metadataCode = code
      return true
    }
    let start = scratch.count
    values.metadata = source
    if metadataMemos.appendCanonical(place, to: &scratch) {
      values.metadata = TextPlace(offset: start, count: scratch.count - start, inScratch: true)
    }
    return true
  }

  private mutating func deriveIDs(_ input: PaddedInput, _ decoded: PaddedInput) {
    for row in 0..<pending {
      let metadata = rows[row].completed < 0 ? nil : completed[Int(rows[row].completed)]
      guard let fresh = derived?.next(rows[row], input, decoded, metadata: metadata) else { continue }
      columns.idHigh[row] = fresh.high
      columns.idLow[row] = fresh.low
    }
  }

  private mutating func internMetadata(
    _ input: PaddedInput, _ decoded: PaddedInput, _ dictionary: inout ByteStringDictionary
  ) {
    unsafe withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: Self.blockLength) { strings in
      unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.blockLength) { codes in
        var count = 0
        for row in 0..<pending where rows[row].metadataCode == nil && rows[row].completed < 0 {
          let text = rows[row].metadata
          unsafe strings.initializeElement(
            at: count, to: (text.inScratch ? decoded : input).buffer(text.offset, text.count))
          count += 1
        }
        unsafe dictionary.intern(UnsafeBufferPointer(rebasing: strings[..<count]), codes: codes)
        count = 0
        for row in 0..<pending {
          if rows[row].completed >= 0 {
            columns.metadata[row] = dictionary.intern(completed[Int(rows[row].completed)])
            continue
          }
          if let known = rows[row].metadataCode {
            columns.metadata[row] = known
            continue
          }
          let code = unsafe codes[count]
          columns.metadata[row] = code
          let source = rows[row].metadataSource
          if source.count > 0 {
            let written = unsafe (source.inScratch ? decoded : input).buffer(source.offset, source.count)
            let isCanonical = source == rows[row].metadata
            unsafe metadataMemos.remember(
              written, canonical: isCanonical ? nil : strings[count], code: code, batch: batch)
          }
          count += 1
        }
      }
    }
  }

  /// The codes of the names of a block; that of the empty one where there is none.
  @inline(__always)
  private static func codes(
    _ rows: [RecordValues], _ count: Int, _ memos: inout NameMemos, _ dictionary: inout ByteStringDictionary,
    _ codes: inout [UInt32], _ input: PaddedInput, _ decoded: PaddedInput, _ place: (RecordValues) -> TextPlace
  ) {
    for row in 0..<count {
      let text = place(rows[row])
      codes[row] = memos.code(text.inScratch ? decoded : input, text.offset, text.count, &dictionary)
    }
  }
}
