package import Columnar

/// The state of a partition: which files hold it, and up to which frame they cover the log.
///
/// Immutable; a commit writes the next number. See Formats/manifest.md.
package struct Manifest: Sendable, Equatable {
  package var partition: Int
  /// From 1, the empty state of a new partition.
  package var number: UInt64 = 0
  /// Every frame up to this one that concerns the partition is in its files.
  package var flushedSequence: UInt64 = 0
  /// Oldest first.
  package var segments: [SegmentEntry] = []
  /// Oldest first; the order matters, see Formats/run.md.
  package var runs: [RunEntry] = []
  /// What expired events have added to the runs and is in no segment any more, in no order.
  package var sealedRuns: [RunEntry] = []
  /// The identities of expired events.
  package var expiredKeys: [KeyFileEntry] = []
  /// Memory units, the oldest first.
  package var unitSegments: [UnitEntry] = []
  /// The identities of expired versions of memory units.
  package var expiredUnitKeys: [KeyFileEntry] = []

  package init(partition: Int) { self.partition = partition }

  /// The most files a manifest may name; the engine compacts long before.
  private static let mostFiles = 1 << 20

  /// Readers of version 1 know neither archives nor expired events, and read what has none of them; those of version 2 do not
  /// know memory units, and those of version 3 know nothing of their archive and expiry.
  private var version: UInt16 {
    if !expiredUnitKeys.isEmpty || unitSegments.contains(where: { $0.tier == .archive }) { return 4 }
    if !unitSegments.isEmpty { return 3 }
    let isPlain = sealedRuns.isEmpty && expiredKeys.isEmpty && segments.allSatisfy { $0.tier != .archive }
    return isPlain ? 1 : 2
  }

  package func encoded(fileID: UInt64) -> [UInt8] {
    var writer = ByteWriter(capacity: 256 + 48 * (segments.count + runs.count))
    writer.append(FileHeader(kind: .manifest, fileID: fileID, version: version).encoded)
    writer.appendVarint(partition)
    writer.appendVarint(number)
    writer.appendVarint(flushedSequence)
    Self.append(segments, to: &writer)
    Self.append(runs, to: &writer)
    if version >= 2 {
      Self.append(sealedRuns, to: &writer)
      Self.append(expiredKeys, to: &writer)
    }
    if version >= 3 { Self.append(unitSegments, to: &writer) }
    if version >= 4 { Self.append(expiredUnitKeys, to: &writer) }
    writer.appendVarint(0)
    let payload = Array(writer.bytes[FileHeader.length...])
    writer.append(XXH3.hash(payload, seed: fileID &+ UInt64(FileHeader.length)))
    return writer.bytes
  }

  package init(_ file: Bytes) throws(FormatError) {
    let header = try FileHeader(file, kind: .manifest)
    guard file.count >= FileHeader.length + 8 else {
      throw FormatError(offset: file.count, "the manifest ends before its checksum")
    }
    let payload = file.slice(FileHeader.length, file.count - FileHeader.length - 8)
    guard
      XXH3.hash(payload, seed: header.fileID &+ UInt64(FileHeader.length))
        == file.load(file.count - 8, as: UInt64.self)
    else { throw FormatError(offset: FileHeader.length, "the manifest does not match its checksum") }
    var reader = ByteReader(file.slice(0, file.count - 8), at: FileHeader.length)
    partition = try reader.readCount("partition", limit: 4096)
    number = try reader.readVarint("number")
    flushedSequence = try reader.readVarint("flushed sequence")
    let version = header.version
    segments = try Self.read("number of segments", &reader, version)
    runs = try Self.read("number of runs", &reader, version)
    if version >= 2 {
      sealedRuns = try Self.read("number of runs", &reader, version)
      expiredKeys = try Self.read("number of key files", &reader, version)
    }
    if version >= 3 { unitSegments = try Self.read("number of unit segments", &reader, version) }
    if version >= 4 { expiredUnitKeys = try Self.read("number of files of keys of units", &reader, version) }
    guard try reader.readVarint("reserved") == 0 else {
      throw FormatError(offset: reader.offset, "reserved field is not zero")
    }
    try reader.expectEnd("manifest")
  }

  private static func append(_ entries: [some ManifestEntry], to writer: inout ByteWriter) {
    writer.appendVarint(entries.count)
    for entry in entries { entry.append(to: &writer) }
  }

  private static func read<Entry: ManifestEntry>(
    _ count: StaticString, _ reader: inout ByteReader, _ version: UInt16
  ) throws(FormatError) -> [Entry] {
    var entries: [Entry] = []
    for _ in 0..<(try reader.readCount(count, limit: mostFiles)) {
      entries.append(try Entry(&reader, version: version))
    }
    return entries
  }
}
