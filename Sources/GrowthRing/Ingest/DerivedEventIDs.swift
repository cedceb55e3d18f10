import Columnar
import StoreEngine

/// Event ids that follow from what a record says, for files whose records have none.
///
/// The id is a UUID of version 8 (RFC 9562, section 5.8): 122 bits of two XXH3 hashes, with seeds 0 and 1, over all
/// fields of the event in their stored form and the number of equal events before it in the same input. The name of the
/// file and the place in it do not count, so taking in the same file again, or a longer version of it, changes nothing;
/// and rows that are equal in every mapped field count as often as they stand there. The price: two files that are meant
/// to add up must differ in some field, and every distinct record costs about 40 bytes of memory until the input ends.
struct DerivedEventIDs: Sendable {
  private struct Key: Hashable {
    var high: UInt64
    var low: UInt64

    /// Already a hash: the standard library's would only cost time.
    func hash(into hasher: inout Hasher) { hasher.combine(low) }
  }

  private var occurrences: [Key: UInt32] = [:]
  private var writer = ByteWriter(capacity: 1024)

  /// `metadata` are those of the event where they are not those of the record.
  mutating func next(
    _ values: RecordValues, _ input: PaddedInput, _ decoded: PaddedInput, metadata: [UInt8]?
  ) -> EventID? {
    if values.has(.eventID) { return nil }
    writer.bytes.removeAll(keepingCapacity: true)
    append(values.user, input, decoded)
    append(values.entity, input, decoded)
    func bytes(_ text: TextPlace) -> [UInt8] {
      (text.inScratch ? decoded : input).array(text.offset, text.count)
    }
    for text in [values.entityType, values.dimension, values.source, values.scope] {
      writer.appendString(bytes(text))
    }
    writer.appendString(metadata ?? bytes(values.metadata))
    writer.append(values.delta)
    writer.append(values.createdAt)
    let key = Key(high: XXH3.hash(writer.bytes), low: XXH3.hash(writer.bytes, seed: 1))
    let ordinal = occurrences[key, default: 0]
    occurrences[key] = ordinal + 1
    writer.append(ordinal)
    let high = XXH3.hash(writer.bytes)
    let low = XXH3.hash(writer.bytes, seed: 1)
    return EventID(
      high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x8000, low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
  }

  private mutating func append(_ id: IdentifierPlace, _ input: PaddedInput, _ decoded: PaddedInput) {
    writer.append(id.tag)
    if id.tag == Identifier.textTag {
      writer.appendString((id.text.inScratch ? decoded : input).array(id.text.offset, id.text.count))
    } else {
      writer.append(id.high.bigEndian)
      writer.append(id.low.bigEndian)
    }
  }
}
