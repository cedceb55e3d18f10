import Columnar

/// Digests of versions of memory units, which depend on what they say and on their order, and not on how they are stored. See
/// Formats/archive.md, "Memory units".
enum UnitDigest {
  private static let rowsPerBlock = 1_024

  /// What stands for a content, so that versions are known without theirs.
  static func hash(content: Bytes) -> UInt64 { XXH3.hash(content, seed: 4) }

  /// Of a content that is empty.
  static let ofNothing = hash(content: Bytes([]))

  /// The digest of versions in the given order; `contents` are the hashes of theirs.
  static func digest(_ versions: [UnitVersion], contents: [UInt64]) -> UInt64 {
    var digest: UInt64 = 0
    var start = 0
    while start < versions.count {
      let end = min(versions.count, start + rowsPerBlock)
      var block = ByteWriter(capacity: (end - start) * 13 * 8)
      for row in start..<end { append(versions[row], contents[row], to: &block) }
      digest = XXH3.hash(block.bytes, seed: digest)
      start = end
    }
    return digest
  }

  private static func append(_ version: UnitVersion, _ content: UInt64, to block: inout ByteWriter) {
    let fields = version.fields
    block.append(XXH3.hash(fields.user, seed: 0))
    block.append(XXH3.hash(fields.muid, seed: 1))
    block.append(XXH3.hash(fields.sourceType, seed: 2))
    block.append(XXH3.hash(fields.title, seed: 3))
    block.append(content)
    block.append(XXH3.hash(fields.contentType, seed: 5))
    block.append(XXH3.hash(fields.status, seed: 6))
    block.append(XXH3.hash(fields.metadata, seed: 7))
    block.append(fields.createdAt)
    block.append(fields.updatedAt)
    block.append(fields.importance ?? 0)
    block.append(fields.flags)
    block.append(version.sequence)
  }
}
