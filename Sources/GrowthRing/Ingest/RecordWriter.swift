import Columnar
import StoreEngine

/// Puts checked records into a batch: interns their texts straight from the input, and appends the row.
///
/// Neighbouring records often share a user, a scope or metadata, so for each field the last text and its code are
/// remembered, and equal bytes are found before any hashing. What is remembered points into the window, so it is
/// forgotten on every pass over a new window.
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

  private struct IdentifierMemo {
    var high: UInt64 = 0
    var low: UInt64 = 0
    var tag: UInt8 = 0
    var code: UInt32 = 0
    var text = Memo()
  }

  private var user = IdentifierMemo()
  private var entity = IdentifierMemo()
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
    user = IdentifierMemo()
    entity = IdentifierMemo()
    entityType.removeAll()
    dimension.removeAll()
    source.removeAll()
    scope.removeAll()
    emptySource = nil
    emptyScope = nil
    emptyMetadata = nil
  }

  /// Adds a record; returns the code of its metadata.
  mutating func append(
    _ values: RecordValues, _ input: PaddedInput, _ scratch: TextScratch, to batch: inout EventBatch
  ) throws(RecordFault) -> UInt32 {
    guard values.seen & EventField.required == EventField.required else {
      let first = EventField.allCases.first { $0.isRequired && !values.has($0) }
      throw RecordFault(first, .missing)
    }
    // The scratch as text is only looked at where something lies there.
    let decoded = scratch.written
    var idHigh = values.idHigh
    var idLow = values.idLow
    if let fresh = derived?.next(values, input, decoded), !values.has(.eventID) {
      idHigh = fresh.high
      idLow = fresh.low
    }
    let userCode = Self.code(values.user, &user, &batch.users, input, decoded)
    let entityCode = Self.code(values.entity, &entity, &batch.entities, input, decoded)
    let typeCode = Self.code(values.entityType, &entityType, &batch.entityTypes, input, decoded)
    let dimensionCode = Self.code(values.dimension, &dimension, &batch.dimensions, input, decoded)
    let sourceCode =
      values.source.count > 0
      ? Self.code(values.source, &source, &batch.sources, input, decoded)
      : Self.emptyCode(&emptySource, &batch.sources)
    let scopeCode =
      values.scope.count > 0
      ? Self.code(values.scope, &scope, &batch.scopes, input, decoded)
      : Self.emptyCode(&emptyScope, &batch.scopes)
    let metadataCode: UInt32
    if let known = values.metadataCode {
      metadataCode = known
    } else if values.metadata.count > 0 {
      let text = values.metadata
      metadataCode = unsafe batch.metadatas.intern(
        (text.inScratch ? decoded : input).buffer(text.offset, text.count))
    } else {
      metadataCode = Self.emptyCode(&emptyMetadata, &batch.metadatas)
    }
    batch.appendRow(
      idHigh: idHigh, idLow: idLow, user: userCode, entity: entityCode, entityType: typeCode,
      dimension: dimensionCode, delta: values.delta, source: sourceCode, scope: scopeCode,
      createdAt: values.createdAt, metadata: metadataCode)
    return metadataCode
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

  @inline(__always)
  private static func code(
    _ place: IdentifierPlace, _ memo: inout IdentifierMemo, _ dictionary: inout ByteStringDictionary,
    _ input: PaddedInput, _ decoded: PaddedInput
  ) -> UInt32 {
    if place.tag != Identifier.textTag {
      if memo.tag == place.tag, memo.high == place.high, memo.low == place.low { return memo.code }
      memo.code = intern(place, &dictionary)
      memo.tag = place.tag
      memo.high = place.high
      memo.low = place.low
      return memo.code
    }
    let text = place.text
    if !text.inScratch, memo.text.count == text.count, memo.text.offset >= 0,
      input.equal(memo.text.offset, text.offset, text.count)
    {
      return memo.text.code
    }
    let code = intern(text.inScratch ? decoded : input, text, &dictionary)
    if !text.inScratch { memo.text = Memo(offset: text.offset, count: text.count, code: code) }
    return code
  }

  /// Interns the stored form of a UUID: its tag and sixteen bytes.
  @inline(__always)
  private static func intern(_ place: IdentifierPlace, _ dictionary: inout ByteStringDictionary) -> UInt32 {
    var stored: (UInt64, UInt64, UInt64) = (0, 0, 0)
    return unsafe withUnsafeMutableBytes(of: &stored) { target in
      unsafe target.storeBytes(of: place.tag, toByteOffset: 0, as: UInt8.self)
      unsafe target.storeBytes(of: place.high.bigEndian, toByteOffset: 1, as: UInt64.self)
      unsafe target.storeBytes(of: place.low.bigEndian, toByteOffset: 9, as: UInt64.self)
      return unsafe dictionary.intern(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(target)[0..<17]))
    }
  }

  /// Interns the stored form of any other id: a tag of zero and the text.
  @inline(__always)
  private static func intern(
    _ source: PaddedInput, _ text: TextPlace, _ dictionary: inout ByteStringDictionary
  ) -> UInt32 {
    var stored: InlineArray<272, UInt8> = InlineArray(repeating: 0)
    return unsafe withUnsafeMutableBytes(of: &stored) { target in
      precondition(text.count <= EventLimits.idLength, "an unchecked id")
      unsafe target.baseAddress!.advanced(by: 1).copyMemory(
        from: source.buffer(text.offset, text.count).baseAddress!, byteCount: text.count)
      return unsafe dictionary.intern(
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(target)[0..<text.count + 1]))
    }
  }
}
