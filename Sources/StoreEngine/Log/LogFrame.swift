package import Columnar

/// One commit in the log. See Formats/log.md, "Frame".
package struct LogFrame: Sendable {
  package static let magic: UInt32 = 0x4D46_5247
  package static let headerLength = 40
  package static let entryLength = 32
  /// A frame's length is a u32; the engine divides what would come near it.
  package static let largestLength = 1 << 30

  /// What a section holds.
  package enum Kind: UInt32, Sendable {
    /// Growth events of one partition. Read, and no longer written.
    case onePartition = 1
    /// Growth events of any partitions: the users tell of which. The only section of its frame.
    case anyPartition = 2
    /// Memory units of any partitions. The only section of its frame.
    case units = 3

    /// The oldest version of log files in which sections of this kind may stand.
    var version: UInt16 { self == .units ? 3 : 2 }
  }

  /// Some or all events of a frame, or its memory units.
  package struct Section: Sendable {
    package let kind: Kind
    /// Of one partition: which.
    package let partition: Int
    /// Events, or memory units.
    package let events: Int
    /// Where the stored bytes lie in the file.
    let offset: Int
    let storedLength: Int
    let rawLength: Int
    let codec: Codec
    let checksum: UInt64
  }

  package let sequence: UInt64
  package let committedAt: Int64
  /// Every frame up to this number was synced when this one was written.
  package let durableSequence: UInt64
  /// Where the frame begins in its file.
  package let offset: Int
  package let length: Int
  package let sections: [Section]

  /// The bytes of a frame of one section of any partitions that will lie at `offset` of file `fileID`.
  package static func encode(
    sequence: UInt64, committedAt: Int64, durableSequence: UInt64, raw: [UInt8], events: Int,
    kind: Kind = .anyPartition, fileID: UInt64, offset: Int
  ) -> [UInt8] {
    let packed = Codec.lz4.compress(raw)
    let stored = packed ?? raw
    let head = headerLength + entryLength + 8
    let total = head + stored.count
    precondition(total <= largestLength, "a frame above its limit")
    var writer = ByteWriter(capacity: total)
    writer.append(magic)
    writer.append(UInt32(1))
    writer.append(sequence)
    writer.append(committedAt)
    writer.append(UInt32(events))
    writer.append(UInt32(total))
    writer.append(durableSequence)
    writer.append(UInt32(0))
    writer.append(UInt32(events))
    writer.append(UInt32(stored.count))
    writer.append(UInt32(raw.count))
    writer.append(UInt32(packed == nil ? Codec.none.rawValue : Codec.lz4.rawValue))
    writer.append(kind.rawValue)
    writer.append(XXH3.hash(stored, seed: fileID &+ UInt64(offset + head)))
    writer.append(XXH3.hash(writer.bytes, seed: fileID &+ UInt64(offset)))
    writer.append(stored)
    return writer.bytes
  }

  /// Reads and checks the header and the section table at `offset`; the sections' bytes are only bounds-checked.
  package init(_ file: Bytes, at offset: Int, fileID: UInt64) throws(FormatError) {
    var reader = ByteReader(file, at: offset)
    guard try reader.read(UInt32.self, "frame magic") == Self.magic else {
      throw FormatError(offset: offset, "no frame begins here")
    }
    let count = Int(try reader.read(UInt32.self, "number of sections"))
    sequence = try reader.read(UInt64.self, "sequence number")
    committedAt = try reader.read(Int64.self, "time of the commit")
    let events = Int(try reader.read(UInt32.self, "number of events"))
    length = Int(try reader.read(UInt32.self, "frame length"))
    durableSequence = try reader.read(UInt64.self, "durable sequence")
    self.offset = offset
    guard count > 0, count <= file.count / Self.entryLength else {
      throw FormatError(offset: offset, "a frame of \(count) sections")
    }
    guard length <= file.count - offset else {
      throw FormatError(offset: offset, "a frame of \(length) bytes ends behind the file")
    }
    let table = try reader.readBytes(count * Self.entryLength, "section table")
    let checked = reader.offset - offset
    let checksum = try reader.read(UInt64.self, "frame checksum")
    guard XXH3.hash(file.slice(offset, checked), seed: fileID &+ UInt64(offset)) == checksum else {
      throw FormatError(offset: offset, "a frame header does not match its checksum")
    }
    sections = try Self.readTable(table, count: count, from: reader.offset)
    let end = sections.reduce(reader.offset) { $0 + $1.storedLength }
    guard end == offset + length, sections.reduce(0, { $0 + $1.events }) == events else {
      throw FormatError(offset: offset, "a frame whose sections do not add up")
    }
  }

  private static func readTable(_ table: Bytes, count: Int, from start: Int) throws(FormatError) -> [Section] {
    var sections: [Section] = []
    var position = start
    var reader = ByteReader(table)
    for _ in 0..<count {
      let partition = Int(try reader.read(UInt32.self, "partition"))
      let events = Int(try reader.read(UInt32.self, "events"))
      let storedLength = Int(try reader.read(UInt32.self, "stored length"))
      let rawLength = Int(try reader.read(UInt32.self, "raw length"))
      let code = try reader.read(UInt32.self, "codec")
      let kind = try reader.read(UInt32.self, "kind")
      let checksum = try reader.read(UInt64.self, "section checksum")
      guard let kind = Kind(rawValue: kind) else {
        throw FormatError(offset: start, "a section of the unknown kind \(kind)")
      }
      guard kind == .onePartition || (count == 1 && partition == 0) else {
        throw FormatError(offset: start, "a section of any partitions that is not alone")
      }
      guard let codec = Codec(rawValue: UInt8(truncatingIfNeeded: code)), code < 256 else {
        throw FormatError(offset: start, "codec \(code) is not known")
      }
      if let last = sections.last, last.partition >= partition {
        throw FormatError(offset: start, "partitions do not ascend")
      }
      sections.append(
        Section(
          kind: kind, partition: partition, events: events, offset: position, storedLength: storedLength,
          rawLength: rawLength, codec: codec, checksum: checksum))
      position += storedLength
    }
    return sections
  }

  /// Whether the stored bytes of every section match their checksums.
  package func checkSections(_ file: Bytes, fileID: UInt64) throws(FormatError) {
    for section in sections { _ = try stored(section, file, fileID: fileID) }
  }

  /// The events of a section.
  package func events(_ section: Section, _ file: Bytes, fileID: UInt64) throws(FormatError) -> EventBatch {
    let stored = try stored(section, file, fileID: fileID)
    do throws(FormatError) {
      let batch = try EventSection.decode(section.codec.decompress(stored, rawLength: section.rawLength))
      guard batch.count == section.events else {
        throw FormatError(offset: 0, "a section of \(batch.count) events says \(section.events)")
      }
      return batch
    } catch {
      throw FormatError(offset: section.offset, "in a section: " + error.description)
    }
  }

  /// The memory units of a section.
  package func units(_ section: Section, _ file: Bytes, fileID: UInt64) throws(FormatError) -> [UnitVersion] {
    let stored = try stored(section, file, fileID: fileID)
    do throws(FormatError) {
      let raw = try section.codec.decompress(stored, rawLength: section.rawLength)
      let units = try UnitSection.decode(raw, sequence: sequence)
      guard units.count == section.events else {
        throw FormatError(offset: 0, "a section of \(units.count) memory units says \(section.events)")
      }
      return units
    } catch {
      throw FormatError(offset: section.offset, "in a section: " + error.description)
    }
  }

  private func stored(_ section: Section, _ file: Bytes, fileID: UInt64) throws(FormatError) -> Bytes {
    guard section.offset + section.storedLength <= file.count else {
      throw FormatError(offset: section.offset, "a section ends behind the file")
    }
    let stored = file.slice(section.offset, section.storedLength)
    guard XXH3.hash(stored, seed: fileID &+ UInt64(section.offset)) == section.checksum else {
      throw FormatError(offset: section.offset, "a section does not match its checksum")
    }
    return stored
  }
}
