package import Columnar
package import StorageIO

/// A new file written from its start to its end, through a buffer of one MiB, so that the disk sees few and large writes.
///
/// The writers of segments and runs share it. `publish` makes the file durable.
package final class FileOutput {
  let file: any DiskFile
  private var buffer: [UInt8] = []
  private var flushed = 0
  private let zstd = ZstdCompressor()
  package let path: String

  private static let capacity = 1 << 20

  /// Writes into `file` from offset 0 on; `path` names it in errors.
  package init(file: any DiskFile, path: String) {
    self.file = file
    self.path = path
  }

  /// Where the next byte comes to lie in the file.
  package var offset: Int { flushed + buffer.count }

  package func append(_ bytes: [UInt8]) throws(StoreError) {
    if buffer.count + bytes.count > Self.capacity { try flush() }
    if bytes.count >= Self.capacity {
      try write(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  /// Stores a page, compressed where that pays, and refers to it.
  package func store(
    _ raw: [UInt8], codec: Codec, level: Int32 = 3, fileID: UInt64
  ) throws(StoreError) -> PageReference {
    let page = PageReference(
      storing: raw, codec: codec, level: level, zstd: zstd, fileID: fileID, base: flushed, into: &buffer)
    if buffer.count >= Self.capacity { try flush() }
    return page
  }

  /// The same with a dictionary of the file; nil where that does not pay, and then nothing is stored.
  package func store(
    _ raw: [UInt8], dictionary: ZstdDictionary, fileID: UInt64
  ) throws(StoreError) -> PageReference? {
    let page = PageReference(storing: raw, dictionary: dictionary, fileID: fileID, base: flushed, into: &buffer)
    if buffer.count >= Self.capacity { try flush() }
    return page
  }

  /// Hands everything to the disk; it is not yet durable.
  package func flush() throws(StoreError) {
    guard !buffer.isEmpty else { return }
    try write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: [UInt8]) throws(StoreError) {
    do {
      try file.write(bytes, at: flushed)
    } catch {
      throw StoreError(error)
    }
    flushed += bytes.count
  }
}
