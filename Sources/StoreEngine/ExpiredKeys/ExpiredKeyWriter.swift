import Columnar

/// Writes a file of expired keys as a stream. See Formats/expired-keys.md.
package struct ExpiredKeyWriter {
  /// Entries of a block: 3 KiB, which a look-up checks when it is the first to touch them.
  static let blockEntries = 256

  private let fileID: UInt64
  private let output: FileOutput
  private var block = ByteWriter(capacity: blockEntries * ExpiredKey.length)
  private var index = ByteWriter()
  private var first: UInt64 = 0
  private var last: ExpiredKey?
  private var keys = 0

  /// `fileID` is random; the file is complete after `finish`.
  package init(fileID: UInt64, output: FileOutput) throws(StoreError) {
    self.fileID = fileID
    self.output = output
    try output.append(FileHeader(kind: .expiredKeys, fileID: fileID).encoded)
  }

  /// Adds a key, which comes after those before.
  package mutating func append(_ key: ExpiredKey) throws(StoreError) {
    if let last, key < last { throw StoreError(.corruption, "expired keys are out of order") }
    last = key
    if block.count == 0 { first = key.hash }
    block.append(key.hash)
    block.append(key.check)
    keys += 1
    if block.count == Self.blockEntries * ExpiredKey.length { try endBlock() }
  }

  private mutating func endBlock() throws(StoreError) {
    guard block.count > 0 else { return }
    index.append(first)
    index.append(XXH3.hash(block.bytes, seed: fileID &+ UInt64(output.offset)))
    try output.append(block.bytes)
    block.bytes.removeAll(keepingCapacity: true)
  }

  /// Ends the file, which holds at least one key. `days` are those of all ids.
  consuming func finish(days: EventDays) throws(StoreError) -> ExpiredKeySummary {
    precondition(keys > 0, "a file of keys has at least one")
    try endBlock()
    guard index.count <= Codec.largestRawLength else {
      throw StoreError(.invalidArgument, "\(keys) expired keys are more than a file may hold")
    }
    let indexPage = try output.store(index.bytes, codec: .none, fileID: fileID)
    var footer = ByteWriter()
    footer.appendVarint(keys)
    indexPage.append(to: &footer)
    days.append(to: &footer)
    let page = try output.store(footer.bytes, codec: .none, fileID: fileID)
    let trailer = SegmentTrailer(footer: page).encoded(fileID: fileID, offset: output.offset)
    try output.append(trailer)
    return ExpiredKeySummary(fileID: fileID, length: output.offset, keys: keys)
  }
}

/// What a manifest says of a file of expired keys that was written.
package struct ExpiredKeySummary: Sendable, Equatable {
  package let fileID: UInt64
  package let length: Int
  package let keys: Int
}
