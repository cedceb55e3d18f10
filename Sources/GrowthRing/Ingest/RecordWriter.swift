import Columnar
import StoreEngine

/// Puts checked records into a batch, in blocks: interns their texts straight from the input, and appends the rows.
///
/// Ids and metadata are looked up a block at a time, column by column, so that the waits for memory overlap. The names
/// have few different values, so for each field the last texts and their codes are remembered, and equal bytes are found
/// before any hashing. Records and memos point into the window and the scratch: `flush` comes before the end of a pass
/// and before the scratch is cleared, and the memos are forgotten on every pass over a new window.
struct RecordWriter {
  private struct Memo {
    var offset = -1
    var count = 0
    var code: UInt32 = 0
  }

  /// The memos of a field with few different texts.
  private struct NameMemos {
    private var memos = [Memo](repeating: Memo(), count: 16)

    /// The place for a text: some function of its first bytes and its length.
    @inline(__always)
    func place(_ input: PaddedInput, _ text: TextPlace) -> Int {
      let behind = text.count < 8 ? UInt64.max << UInt64(8 &* text.count) : 0
      let bytes = input.word(text.offset) & ~behind
      return Int(truncatingIfNeeded: (bytes &+ UInt64(text.count)) &* 0x9E37_79B9_7F4A_7C15 >> 60)
    }

    @inline(__always)
    subscript(place: Int) -> Memo {
      get { memos[place & 15] }
      set { memos[place & 15] = newValue }
    }

    mutating func removeAll() {
      for place in memos.indices { memos[place] = Memo() }
    }
  }

  /// The most records that wait: as many as the dictionaries take at once, written out to be known to the compiler.
  @inline(__always)
  static var blockLength: Int { 32 }

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
  private var emptySource: UInt32?
  private var emptyScope: UInt32?
  private var emptyMetadata: UInt32?
  /// Ids for records that have none, where they are wanted.
  var derived: DerivedEventIDs?

  /// Forgets what was remembered of an earlier window and batch.
  mutating func beginPass() {
    entityType.removeAll()
    dimension.removeAll()
    source.removeAll()
    scope.removeAll()
    emptySource = nil
    emptyScope = nil
    emptyMetadata = nil
  }

  /// No further record can be added before a `flush`.
  @inline(__always)
  var isFull: Bool { pending == Self.blockLength }

  /// Takes a record, which comes into the batch with the next `flush`.
  @inline(__always)
  mutating func add(_ values: RecordValues) throws(RecordFault) {
    guard values.seen & required == required else {
      let first = EventField.allCases.first { $0.isRequired && !values.has($0) }
      throw RecordFault(first, .missing)
    }
    rows[pending] = values
    pending += 1
    pendingText += values.metadata.count
  }

  /// Adds the records that wait to the batch.
  @inline(never)
  mutating func flush(_ input: PaddedInput, _ scratch: TextScratch, to batch: inout EventBatch) {
    guard pending > 0 else { return }
    // The scratch as text is only looked at where something lies there.
    let decoded = scratch.written
    for row in 0..<pending {
      columns.idHigh[row] = rows[row].idHigh
      columns.idLow[row] = rows[row].idLow
      columns.delta[row] = rows[row].delta
      columns.createdAt[row] = rows[row].createdAt
      columns.entityType[row] = Self.code(rows[row].entityType, &entityType, &batch.entityTypes, input, decoded)
      columns.dimension[row] = Self.code(rows[row].dimension, &dimension, &batch.dimensions, input, decoded)
      columns.source[row] =
        rows[row].source.count > 0
        ? Self.code(rows[row].source, &source, &batch.sources, input, decoded)
        : Self.emptyCode(&emptySource, &batch.sources)
      columns.scope[row] =
        rows[row].scope.count > 0
        ? Self.code(rows[row].scope, &scope, &batch.scopes, input, decoded)
        : Self.emptyCode(&emptyScope, &batch.scopes)
    }
    if derived != nil { deriveIDs(input, decoded) }
    identifiers.fill(pending, input, decoded) { rows[$0].user }
    identifiers.intern(pending, &batch.users, &columns.user)
    identifiers.fill(pending, input, decoded) { rows[$0].entity }
    identifiers.intern(pending, &batch.entities, &columns.entity)
    internMetadata(input, decoded, &batch.metadatas)
    batch.append(columns, count: pending)
    pending = 0
    pendingText = 0
  }

  /// The code of the metadata of a record in the last block that was flushed.
  func metadataCode(ofRow row: Int) -> UInt32 { columns.metadata[row] }

  private mutating func deriveIDs(_ input: PaddedInput, _ decoded: PaddedInput) {
    for row in 0..<pending {
      guard let fresh = derived?.next(rows[row], input, decoded) else { continue }
      columns.idHigh[row] = fresh.high
      columns.idLow[row] = fresh.low
    }
  }

  /// Records in a row with the same metadata count as one string.
  private mutating func internMetadata(
    _ input: PaddedInput, _ decoded: PaddedInput, _ dictionary: inout ByteStringDictionary
  ) {
    unsafe withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: Self.blockLength) { strings in
      unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.blockLength) { codes in
        var count = 0
        var last = TextPlace()
        for row in 0..<pending {
          let text = rows[row].metadata
          guard rows[row].metadataCode == nil, text.count > 0, text != last else { continue }
          last = text
          unsafe strings.initializeElement(
            at: count, to: (text.inScratch ? decoded : input).buffer(text.offset, text.count))
          count += 1
        }
        unsafe dictionary.intern(UnsafeBufferPointer(rebasing: strings[..<count]), codes: codes)
        count = 0
        last = TextPlace()
        for row in 0..<pending {
          let text = rows[row].metadata
          if let known = rows[row].metadataCode {
            columns.metadata[row] = known
          } else if text.count == 0 {
            columns.metadata[row] = Self.emptyCode(&emptyMetadata, &dictionary)
          } else {
            if text != last { count += 1 }
            last = text
            unsafe columns.metadata[row] = codes[count - 1]
          }
        }
      }
    }
  }

  private static func emptyCode(_ memo: inout UInt32?, _ dictionary: inout ByteStringDictionary) -> UInt32 {
    if let memo { return memo }
    let code = dictionary.intern("")
    memo = code
    return code
  }

  @inline(__always)
  private static func code(
    _ text: TextPlace, _ memos: inout NameMemos, _ dictionary: inout ByteStringDictionary, _ input: PaddedInput,
    _ decoded: PaddedInput
  ) -> UInt32 {
    if text.inScratch { return unsafe dictionary.intern(decoded.buffer(text.offset, text.count)) }
    let place = memos.place(input, text)
    let memo = memos[place]
    if memo.count == text.count, memo.offset >= 0, input.equal(memo.offset, text.offset, text.count) {
      return memo.code
    }
    let code = unsafe dictionary.intern(input.buffer(text.offset, text.count))
    memos[place] = Memo(offset: text.offset, count: text.count, code: code)
    return code
  }
}
