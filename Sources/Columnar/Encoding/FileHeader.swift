/// The first 32 bytes of every binary file. See Formats/conventions.md, "File header".
package struct FileHeader: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case log = "GRLOG001"
    case segment = "GRSEG001"
    case run = "GRRUN001"
    case expiredKeys = "GRKEY001"
    case manifest = "GRMAN001"
    case archive = "GRARC001"
    case unitSegment = "GRUNIT01"
    case unitArchive = "GRARU001"

    /// The newest version this code reads.
    package var version: UInt16 {
      switch self {
      case .segment, .manifest: 4
      case .log, .archive: 3
      case .run, .unitSegment, .unitArchive: 2
      case .expiredKeys: 1
      }
    }
  }

  package static let length = 32

  package let kind: Kind
  package let fileID: UInt64
  /// The version in which the file is written.
  package let version: UInt16

  /// The header of a new file; `version` is the newest that is known where none is given.
  package init(kind: Kind, fileID: UInt64, version: UInt16? = nil) {
    self.kind = kind
    self.fileID = fileID
    self.version = version ?? kind.version
  }

  package var encoded: [UInt8] {
    var writer = ByteWriter(capacity: Self.length)
    writer.append(Array(kind.rawValue.utf8))
    writer.append(version)
    writer.append(version)
    writer.append(UInt32(0))
    writer.append(fileID)
    writer.append(XXH3.hash(writer.bytes, seed: fileID))
    return writer.bytes
  }

  /// Reads and checks a header of the given kind, or of any where `kind` is nil. The id, where one is expected, tells a wrong
  /// file from a damaged one.
  package init(_ file: Bytes, kind expected: Kind?, expectedFileID: UInt64? = nil) throws(FormatError) {
    var reader = ByteReader(file)
    let magic = try reader.readBytes(8, "magic").array
    guard let kind = Kind(rawValue: String(decoding: magic, as: UTF8.self)) else {
      throw FormatError(offset: 0, "the magic is of no known kind of file")
    }
    version = try reader.read(UInt16.self, "version")
    let oldestReader = try reader.read(UInt16.self, "oldest reader")
    let reserved = try reader.read(UInt32.self, "reserved")
    let fileID = try reader.read(UInt64.self, "file id")
    let checksum = try reader.read(UInt64.self, "header checksum")
    guard XXH3.hash(file.slice(0, 24), seed: fileID) == checksum else {
      throw FormatError(offset: 0, "the file header does not match its checksum")
    }
    guard oldestReader <= kind.version else {
      throw FormatError(
        offset: 10,
        "written in version \(version) for readers from \(oldestReader) on; this reads up to \(kind.version)",
        isNewer: true)
    }
    guard reserved == 0 else { throw FormatError(offset: 12, "reserved bytes are not zero") }
    if let expected, expected != kind {
      throw FormatError(offset: 0, "a \(kind) file where a \(expected) file belongs")
    }
    if let expectedFileID, expectedFileID != fileID {
      throw FormatError(offset: 16, "file id \(fileID) where \(expectedFileID) belongs")
    }
    self.kind = kind
    self.fileID = fileID
  }
}
