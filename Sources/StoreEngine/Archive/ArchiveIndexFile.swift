import Columnar

/// The file of an index, of events or of memory units: a header, the page of the index behind those that it refers to, and a
/// trailer. See Formats/archive.md.
struct ArchiveIndexFile<Index> {
  let header: FileHeader
  let trailer: SegmentTrailer
  let index: Index

  /// Reads a file; `path` names it in errors. `read` reads the index: what it refers to must end by `limit`.
  init(
    _ file: Bytes, path: String, kind: FileHeader.Kind, expectedFileID: UInt64?,
    _ read: (_ reader: inout ByteReader, _ version: UInt16, _ limit: Int) throws(FormatError) -> Index
  ) throws(StoreError) {
    do throws(FormatError) {
      header = try FileHeader(file, kind: kind, expectedFileID: expectedFileID)
      trailer = try SegmentTrailer(file, fileID: header.fileID)
      var reader = ByteReader(try trailer.footer.load(from: file, fileID: header.fileID))
      do throws(FormatError) {
        index = try read(&reader, header.version, trailer.footer.offset)
        try reader.expectEnd("index of an archived file")
      } catch {
        throw FormatError(offset: trailer.footer.offset, "byte \(error.offset) of the index: \(error.reason)")
      }
    } catch {
      throw StoreError(error, file: path)
    }
  }
}
