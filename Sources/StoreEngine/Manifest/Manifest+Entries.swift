import Columnar

/// A file in one of the lists of a manifest.
protocol ManifestEntry {
  /// Reads an entry of a manifest of a version.
  init(_ reader: inout ByteReader, version: UInt16) throws(FormatError)
  func append(to writer: inout ByteWriter)
}

extension Manifest {
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
  }

  package struct RunEntry: Sendable, Equatable {
    package var fileID: UInt64
    package var length: Int
    package var entries: Int
    package var level: Int
  }

  /// The identities of events, or of versions of memory units, that expired; see Formats/expired-keys.md.
  package struct KeyFileEntry: Sendable, Equatable {
    package var fileID: UInt64
    package var length: Int
    package var keys: Int
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
  }
}

extension Manifest.SegmentEntry: ManifestEntry {
  init(_ summary: SegmentSummary, level: Int, tier: Manifest.Tier) {
    self.init(
      fileID: summary.fileID, length: summary.fileLength, rows: summary.rows, level: level,
      smallestCreatedAt: summary.smallestCreatedAt, largestCreatedAt: summary.largestCreatedAt, tier: tier)
  }

  init(_ reader: inout ByteReader, version: UInt16) throws(FormatError) {
    fileID = try reader.read(UInt64.self, "segment id")
    length = try reader.readCount("segment length", limit: 1 << 48)
    rows = try reader.readCount("segment rows", limit: 1 << 48)
    level = try reader.readCount("segment level", limit: 1 << 16)
    smallestCreatedAt = try reader.readSignedVarint("smallest created_at")
    largestCreatedAt = try reader.readSignedVarint("largest created_at")
    let code = try reader.readVarint("tier")
    guard let tier = Manifest.Tier(rawValue: code) else { throw FormatError(offset: reader.offset, "tier \(code)") }
    self.tier = tier
  }

  func append(to writer: inout ByteWriter) {
    writer.append(fileID)
    writer.appendVarint(length)
    writer.appendVarint(rows)
    writer.appendVarint(level)
    writer.appendSignedVarint(smallestCreatedAt)
    writer.appendSignedVarint(largestCreatedAt)
    writer.appendVarint(tier.rawValue)
  }
}

extension Manifest.RunEntry: ManifestEntry {
  init(_ summary: RunSummary, level: Int) {
    self.init(fileID: summary.fileID, length: summary.length, entries: summary.entries, level: level)
  }

  init(_ reader: inout ByteReader, version: UInt16) throws(FormatError) {
    fileID = try reader.read(UInt64.self, "run id")
    length = try reader.readCount("run length", limit: 1 << 48)
    entries = try reader.readCount("run entries", limit: 1 << 48)
    level = try reader.readCount("run level", limit: 1 << 16)
  }

  func append(to writer: inout ByteWriter) {
    writer.append(fileID)
    writer.appendVarint(length)
    writer.appendVarint(entries)
    writer.appendVarint(level)
  }
}

extension Manifest.KeyFileEntry: ManifestEntry {
  init(_ reader: inout ByteReader, version: UInt16) throws(FormatError) {
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

extension Manifest.UnitEntry: ManifestEntry {
  package init(_ summary: UnitSegmentSummary, level: Int, tier: Manifest.Tier) {
    self.init(
      fileID: summary.fileID, length: summary.length, rows: summary.rows, level: level, bounds: summary.bounds,
      tier: tier)
  }

  init(_ reader: inout ByteReader, version: UInt16) throws(FormatError) {
    fileID = try reader.read(UInt64.self, "unit segment id")
    length = try reader.readCount("unit segment length", limit: 1 << 48)
    rows = try reader.readCount("unit segment rows", limit: 1 << 48)
    level = try reader.readCount("unit segment level", limit: 1 << 16)
    bounds = try UnitBounds(&reader)
    let code = try reader.readVarint("tier")
    guard let tier = Manifest.Tier(rawValue: code), tier != .archive || version >= 4 else {
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
