package import Columnar

/// The events of one partition in one log frame: the columns of a batch, each encoded as in a segment.
///
/// See Formats/log.md, "Section of growth events".
package enum EventSection {
  /// No frame holds more events than this.
  package static let largestCount = 1 << 24

  package static func encode(_ batch: EventBatch) -> [UInt8] {
    var writer = ByteWriter(capacity: 64 + batch.count * 32)
    writer.appendVarint(batch.count)
    for dictionary in batch.dictionaries {
      DictionaryPage.encode(dictionary, 0..<dictionary.count, into: &writer)
    }
    for codes in batch.codeColumns { IntegerPage.encode(codes.map { Int64($0) }, into: &writer) }
    IntegerPage.encode(batch.createdAt, into: &writer)
    EventIDPage.encode(
      high: batch.eventIDHigh, low: batch.eventIDLow, createdAt: batch.createdAt, 0..<batch.count, into: &writer)
    IntegerPage.encode(batch.delta, findScale: true, into: &writer)
    return writer.bytes
  }

  package static func decode(_ raw: Bytes) throws(FormatError) -> EventBatch {
    var reader = ByteReader(raw)
    let count = try reader.readCount("number of events", limit: largestCount)
    guard count > 0 else { throw FormatError(offset: 0, "a section without events") }
    var dictionaries: [ByteStringDictionary] = []
    for _ in 0..<EventBatch.dictionaryCount { dictionaries.append(try decodeDictionary(&reader, limit: count)) }
    var codes: [[UInt32]] = []
    for dictionary in dictionaries {
      let start = reader.offset
      let column = try IntegerPage.decode(&reader, count: count)
      guard column.allSatisfy({ $0 >= 0 && $0 < Int64(dictionary.count) }) else {
        throw FormatError(offset: start, "a code outside of its dictionary")
      }
      codes.append(column.map { UInt32(truncatingIfNeeded: $0) })
    }
    let createdAt = try IntegerPage.decode(&reader, count: count)
    guard createdAt.allSatisfy(EventBatch.allowedTimes.contains) else {
      throw FormatError(offset: reader.offset, "created_at outside of the years 1 to 9999")
    }
    var high: [UInt64] = []
    var low: [UInt64] = []
    try EventIDPage.decode(&reader, createdAt: createdAt[...], high: &high, low: &low)
    let delta = try IntegerPage.decode(&reader, count: count)
    try reader.expectEnd("section of events")
    return EventBatch(
      eventIDHigh: high, eventIDLow: low, codeColumns: codes, dictionaries: dictionaries, delta: delta,
      createdAt: createdAt)
  }

  private static func decodeDictionary(
    _ reader: inout ByteReader, limit: Int
  ) throws(FormatError) -> ByteStringDictionary {
    let start = reader.offset
    let strings = try DictionaryPage.decode(&reader, limit: limit)
    var dictionary = ByteStringDictionary()
    for index in 0..<strings.count {
      guard Int(dictionary.intern(strings[index])) == index else {
        throw FormatError(offset: start, "a dictionary names a string twice")
      }
    }
    return dictionary
  }
}
