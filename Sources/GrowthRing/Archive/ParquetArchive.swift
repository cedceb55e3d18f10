package import Columnar
package import StoreEngine

/// Archived files as Parquet, see Formats/archive.md. Those of memory units are `ParquetUnitArchive`.
package struct ParquetArchive: ArchiveFormat {
  /// How new files are written; those of all profiles are read.
  package var profile: ParquetEventWriter.Profile

  package init(profile: ParquetEventWriter.Profile = .compatible) { self.profile = profile }

  package var fileExtension: String { "parquet" }
  package var largestDelta: Int64 { ParquetEventSchema.largestDelta }

  package var largestImportance: Int64 { ParquetUnitWriter.largestImportance }

  package func makeUnitWriter() -> any ArchivedUnitWriter { ParquetUnitArchive.Writer(profile: profile) }

  package func openUnitReader(_ bytes: Bytes, path: String) throws(StoreError) -> any ArchivedUnitReader {
    try ParquetUnitArchive.Reader(bytes, path: path)
  }

  package func makeWriter(after former: (any ArchiveFileWriter)?) -> any ArchiveFileWriter {
    if let former = former as? Writer, former.profile == profile { return former.next() }
    return Writer(ParquetEventWriter(profile: profile), profile)
  }

  package func openReader(_ bytes: Bytes, path: String) throws(StoreError) -> any ArchiveFileReader {
    do {
      return Reader(file: try ParquetEventReader(bytes), path: path)
    } catch {
      throw StoreError(error, file: path)
    }
  }

  private struct Writer: ArchiveFileWriter {
    let profile: ParquetEventWriter.Profile
    private var writer: ParquetEventWriter

    init(_ writer: ParquetEventWriter, _ profile: ParquetEventWriter.Profile) {
      self.writer = writer
      self.profile = profile
    }

    func next() -> Writer { Writer(writer.next(), profile) }

    mutating func writeRowGroup(_ events: EventBatch, into output: inout [UInt8]) throws(StoreError) {
      do throws(ParquetExportError) {
        try writer.appendRowGroup(events, into: &output)
      } catch {
        throw StoreError(.invalidArgument, "\(error)")
      }
    }

    mutating func finish(into output: inout [UInt8]) throws(StoreError) {
      do throws(ParquetExportError) {
        try writer.finish(into: &output)
      } catch {
        throw StoreError(.invalidArgument, "\(error)")
      }
    }
  }

  private struct Reader: ArchiveFileReader {
    let file: ParquetEventReader
    let path: String

    var rowGroupCount: Int { file.rowGroupCount }

    func events(rowGroup: Int) throws(StoreError) -> EventBatch {
      do {
        return try file.events(rowGroup: rowGroup)
      } catch {
        throw StoreError(error, file: path)
      }
    }
  }
}

extension StoreError {
  fileprivate init(_ error: ParquetIngestError, file: String) {
    switch error {
    case .damaged(let offset, let reason): self.init(.corruption, file: file, offset: offset, reason)
    case .unreadable, .header, .unsupportedColumn: self.init(.corruption, file: file, "\(error)")
    }
  }
}
