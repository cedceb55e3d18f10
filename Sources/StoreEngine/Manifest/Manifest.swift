package import Columnar

extension StoreLayout {
  /// The name in a partition's folder of the file of a segment.
  package static func name(of entry: Manifest.SegmentEntry) -> String {
    entry.tier == .archive ? archiveName(entry.fileID) : segmentName(entry.fileID)
  }

  /// The name in a partition's folder of the file of a unit segment.
  package static func name(of entry: Manifest.UnitEntry) -> String {
    entry.tier == .archive ? archivedUnitsName(entry.fileID) : unitsName(entry.fileID)
  }
}

/// The state of a partition: which files hold it, and up to which frame they cover the log.
///
/// Immutable; a commit writes the next number. See Formats/manifest.md.
package struct Manifest: Sendable, Equatable {
  /// Where the rows of a segment stand in their ageing.
  package enum Tier: UInt64, Sendable, CaseIterable {
    case hot = 0
    case warm = 1
    /// In a Parquet file of the archive; the file of the entry is its index.
    case archive = 2

    /// The tiers whose rows are in segments of the partition.
    static let ofSegments: [Tier] = [.hot, .warm]
  }

  package struct SegmentEntry: Sendable, Equatable {
    package var fileID: UInt64
    package var length: Int
    package var rows: Int
    /// How many compactions its rows have seen at the most.
    package var level: Int
    package var smallestCreatedAt: Int64
    package var largestCreatedAt: Int64
    package var tier: Tier

    package init(
      fileID: UInt64, length: Int, rows: Int, level: Int, smallestCreatedAt: Int64, largestCreatedAt: Int64, tier: Tier
    ) {
      self.fileID = fileID
      self.length = length
      self.rows = rows
      self.level = level
      self.smallestCreatedAt = smallestCreatedAt
      self.largestCreatedAt = largestCreatedAt
      self.tier = tier
    }
  }

  package struct RunEntry: Sendable, Equatable {
    package var fileID: UInt64
    package var length: Int
    package var entries: Int
    package var level: Int

    package init(fileID: UInt64, length: Int, entries: Int, level: Int) {
      self.fileID = fileID
      self.length = length
      self.entries = entries
      self.level = level
    }
  }

  /// The identities of events, or of versions of memory units, that expired; see Formats/expired-keys.md.
  package struct KeyFileEntry: Sendable, Equatable {
    package var fileID: UInt64
    package var length: Int
    package var keys: Int

    package init(fileID: UInt64, length: Int, keys: Int) {
      self.fileID = fileID
      self.length = length
      self.keys = keys
    }

    init(_ reader: inout ByteReader) throws(FormatError) {
      fileID = try reader.read(UInt64.self, "key file id")
      length = try reader.readCount("key file length", limit: 1 << 48)
      keys = try reader.readCount("keys", limit: 1 << 48)
    }

    func append(to writer: inout ByteWriter) {
      writer.append(fileID)
      writer.appendVarint(length)
      writer.appendVarint(keys)
    }
  }

  /// Versions of memory units; see Formats/unit-segments.md.
  package struct UnitEntry: Sendable, Equatable {
    package var fileID: UInt64
    package var length: Int
    package var rows: Int
    /// How many compactions its rows have seen at the most.
    package var level: Int
    package var bounds: UnitBounds
    package var tier: Tier

    package init(_ summary: UnitSegmentSummary, level: Int, tier: Tier) {
      fileID = summary.fileID
      length = summary.length
      rows = summary.rows
      bounds = summary.bounds
      self.level = level
      self.tier = tier
    }

    init(_ reader: inout ByteReader, version: UInt16) throws(FormatError) {
      fileID = try reader.read(UInt64.self, "unit segment id")
      length = try reader.readCount("unit segment length", limit: 1 << 48)
      rows = try reader.readCount("unit segment rows", limit: 1 << 48)
      level = try reader.readCount("unit segment level", limit: 1 << 16)
      bounds = try UnitBounds(&reader)
      let code = try reader.readVarint("tier")
      guard let tier = Tier(rawValue: code), tier != .archive || version >= 4 else {
        throw FormatError(offset: reader.offset, "tier \(code) of a unit segment")
      }
      self.tier = tier
    }

    func append(to writer: inout ByteWriter) {
      writer.append(fileID)
      writer.appendVarint(length)
      writer.appendVarint(rows)
      writer.appendVarint(level)
      bounds.append(to: &writer)
      writer.appendVarint(tier.rawValue)
    }
  }

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
    writer.appendVarint(segments.count)
    for segment in segments {
      writer.append(segment.fileID)
      writer.appendVarint(segment.length)
      writer.appendVarint(segment.rows)
      writer.appendVarint(segment.level)
      writer.appendSignedVarint(segment.smallestCreatedAt)
      writer.appendSignedVarint(segment.largestCreatedAt)
      writer.appendVarint(segment.tier.rawValue)
    }
    Self.append(runs, to: &writer)
    if version >= 2 {
      Self.append(sealedRuns, to: &writer)
      writer.appendVarint(expiredKeys.count)
      for entry in expiredKeys { entry.append(to: &writer) }
    }
    if version >= 3 {
      writer.appendVarint(unitSegments.count)
      for entry in unitSegments { entry.append(to: &writer) }
    }
    if version >= 4 {
      writer.appendVarint(expiredUnitKeys.count)
      for entry in expiredUnitKeys { entry.append(to: &writer) }
    }
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
    for _ in 0..<(try reader.readCount("number of segments", limit: Self.mostFiles)) {
      segments.append(try Self.readSegment(&reader))
    }
    runs = try Self.readRuns(&reader)
    if header.version >= 2 {
      sealedRuns = try Self.readRuns(&reader)
      for _ in 0..<(try reader.readCount("number of key files", limit: Self.mostFiles)) {
        expiredKeys.append(try KeyFileEntry(&reader))
      }
    }
    if header.version >= 3 {
      for _ in 0..<(try reader.readCount("number of unit segments", limit: Self.mostFiles)) {
        unitSegments.append(try UnitEntry(&reader, version: header.version))
      }
    }
    if header.version >= 4 {
      for _ in 0..<(try reader.readCount("number of files of keys of units", limit: Self.mostFiles)) {
        expiredUnitKeys.append(try KeyFileEntry(&reader))
      }
    }
    guard try reader.readVarint("reserved") == 0 else {
      throw FormatError(offset: reader.offset, "reserved field is not zero")
    }
    try reader.expectEnd("manifest")
  }

  private static func append(_ runs: [RunEntry], to writer: inout ByteWriter) {
    writer.appendVarint(runs.count)
    for run in runs {
      writer.append(run.fileID)
      writer.appendVarint(run.length)
      writer.appendVarint(run.entries)
      writer.appendVarint(run.level)
    }
  }

  private static func readRuns(_ reader: inout ByteReader) throws(FormatError) -> [RunEntry] {
    var runs: [RunEntry] = []
    for _ in 0..<(try reader.readCount("number of runs", limit: Self.mostFiles)) {
      runs.append(
        RunEntry(
          fileID: try reader.read(UInt64.self, "run id"),
          length: try reader.readCount("run length", limit: 1 << 48),
          entries: try reader.readCount("run entries", limit: 1 << 48),
          level: try reader.readCount("run level", limit: 1 << 16)))
    }
    return runs
  }

  private static func readSegment(_ reader: inout ByteReader) throws(FormatError) -> SegmentEntry {
    let fileID = try reader.read(UInt64.self, "segment id")
    let length = try reader.readCount("segment length", limit: 1 << 48)
    let rows = try reader.readCount("segment rows", limit: 1 << 48)
    let level = try reader.readCount("segment level", limit: 1 << 16)
    let smallest = try reader.readSignedVarint("smallest created_at")
    let largest = try reader.readSignedVarint("largest created_at")
    let code = try reader.readVarint("tier")
    guard let tier = Tier(rawValue: code) else { throw FormatError(offset: reader.offset, "tier \(code)") }
    return SegmentEntry(
      fileID: fileID, length: length, rows: rows, level: level, smallestCreatedAt: smallest,
      largestCreatedAt: largest, tier: tier)
  }
}
