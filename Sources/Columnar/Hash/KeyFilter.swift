/// The filter of the keys of a segment: no false negatives, about one false positive in a hundred. See
/// Formats/encodings.md, "Filter of keys".
package enum KeyFilter: Sendable {
  /// The numbers of the kinds in files.
  package enum Kind: UInt8, Sendable {
    /// Ten bits a key, and quick to make: for segments that are soon merged again.
    case blocks = 0
    /// Seven and a half bits a key, and fewer false positives; from version 2 of segments on.
    case fuse = 1
  }

  case blocks(BlockFilter)
  case fuse(FuseFilter)

  /// From so many keys on the filter is a fuse filter, which takes longer to make: such segments stay.
  package static let fewestOfFuse = 1 << 18

  /// Reads a stored filter.
  package init(_ bytes: Bytes, _ kind: Kind) throws(FormatError) {
    switch kind {
    case .blocks: self = .blocks(try BlockFilter(bytes))
    case .fuse: self = .fuse(try FuseFilter(bytes))
    }
  }

  /// The stored form of a filter over `hashes`.
  package static func build(_ hashes: [UInt64]) -> (kind: Kind, bytes: [UInt8]) {
    if hashes.count >= fewestOfFuse, let bytes = FuseFilter.build(hashes) { return (.fuse, bytes) }
    return (.blocks, BlockFilter.build(hashes))
  }

  /// The same for where it costs much to look: practically without false positives, at 35 bits a key.
  package static func buildExact(_ hashes: [UInt64]) -> (kind: Kind, bytes: [UInt8]) {
    if let bytes = FuseFilter.build(hashes, width: FuseFilter.widestWidth) { return (.fuse, bytes) }
    return build(hashes)
  }

  /// The stored form of a filter over distinct `hashes`, for few of them: about one false positive in 500.
  package static func buildFine(_ hashes: [UInt64]) -> (kind: Kind, bytes: [UInt8]) {
    if hashes.count >= fewestOfFineFuse, let bytes = FuseFilter.build(hashes, width: 8) { return (.fuse, bytes) }
    return (.blocks, BlockFilter.build(hashes, bitsPerKey: 16))
  }

  private static let fewestOfFineFuse = 1_024

  /// False only where the key is surely absent.
  package func mayContain(_ hash: UInt64) -> Bool {
    switch self {
    case .blocks(let filter): filter.mayContain(hash)
    case .fuse(let filter): filter.mayContain(hash)
    }
  }

  /// Those of `rows` whose key, of hash `hashes[row]`, may be here.
  package func candidates(_ rows: [UInt32], hashes: [UInt64]) -> [UInt32] {
    switch self {
    case .blocks(let filter): filter.candidates(rows, hashes: hashes)
    case .fuse(let filter): filter.candidates(rows, hashes: hashes)
    }
  }

  /// What a dump says of the filter.
  package var description: String {
    switch self {
    case .blocks(let filter): "\(filter.count) blocks"
    case .fuse(let filter): "\(filter.count) fingerprints of \(filter.width) bits"
    }
  }
}

/// The hash of an event's identity. See Formats/conventions.md, "Hashes of keys".
@inlinable
package func keyHash(userHash: UInt64, high: UInt64, low: UInt64) -> UInt64 {
  foldedMultiply(high ^ userHash, low ^ 0x9E37_79B9_7F4A_7C15)
}
