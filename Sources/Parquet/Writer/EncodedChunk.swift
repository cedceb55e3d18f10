/// The bytes of a column chunk and what the footer says of it.
struct EncodedChunk {
  var bytes: [UInt8] = []
  var metadata = ColumnChunkMetadata()
  var offsetIndex = OffsetIndex()
  var columnIndex: ColumnIndex?
  var bloomFilter: BloomFilter?

  /// Offsets begin at the chunk until its place in the file is known.
  mutating func shift(by offset: Int) {
    metadata.dataPageOffset += offset
    if let place = metadata.dictionaryPageOffset { metadata.dictionaryPageOffset = place + offset }
    for index in offsetIndex.pages.indices { offsetIndex.pages[index].offset += offset }
  }
}
