import Columnar
package import StorageIO

/// Explains any file of a store, by what it says it is.
package enum FileInspector {
  package static func describe(_ path: String, disk: any Disk) throws(StoreError) -> [String] {
    let bytes = Bytes(try onDisk { () throws(DiskError) in try disk.read(path) })
    if path.hasSuffix(".json") {
      return String(decoding: bytes.array, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    let header: FileHeader
    do throws(FormatError) {
      header = try FileHeader(bytes, kind: nil)
    } catch {
      throw StoreError(error, file: path)
    }
    switch header.kind {
    case .log:
      let first = StoreLayout.logSequence(path.split(separator: "/").last.map(String.init) ?? "")
      let sequence = first ?? firstSequence(bytes, header)
      return try LogFile(bytes, path: path, firstSequence: sequence, isLast: true).describe().map(\.description)
    case .segment:
      return try Segment(bytes: bytes, path: path, expectedFileID: nil).describe().map(\.description)
    case .run:
      return try Run(bytes: bytes, path: path).describe()
    case .archive:
      return try ArchiveIndex.describe(bytes, path: path).map(\.description)
    case .unitArchive:
      return try UnitArchiveIndex.describe(bytes, path: path).map(\.description)
    case .unitSegment:
      return try UnitSegment(bytes: bytes, path: path).describe().map(\.description)
    case .expiredKeys:
      return try ExpiredKeyFile(bytes: bytes, path: path).describe()
    case .manifest:
      do throws(FormatError) {
        return try Manifest(bytes).describe()
      } catch {
        throw StoreError(error, file: path)
      }
    }
  }

  /// Of a log file under another name: what its first frame says.
  private static func firstSequence(_ bytes: Bytes, _ header: FileHeader) -> UInt64 {
    (try? LogFrame(bytes, at: FileHeader.length, fileID: header.fileID))?.sequence ?? 1
  }
}
