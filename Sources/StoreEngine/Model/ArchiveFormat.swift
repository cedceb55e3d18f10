package import Columnar

/// The form of the files that hold archived events. The engine knows what it wants of them and not what they are; Parquet
/// comes from the public library.
package protocol ArchiveFormat: Sendable {
  /// What the names of files end with, without the dot.
  var fileExtension: String { get }

  /// No delta that is larger in magnitude fits; events that have one stay out of the archive.
  var largestDelta: Int64 { get }

  /// Begins a file. `former` has written one of the same pass: what it found out about the form of columns need not be
  /// found out again.
  func makeWriter(after former: (any ArchiveFileWriter)?) -> any ArchiveFileWriter

  /// Opens a file that lies in `bytes`; `path` names it in errors.
  func openReader(_ bytes: Bytes, path: String) throws(StoreError) -> any ArchiveFileReader
}

/// Writes the events of one file, a row group at a time.
package protocol ArchiveFileWriter {
  /// Writes a row group; appends to `output` what of the file is ready.
  mutating func writeRowGroup(_ events: EventBatch, into output: inout [UInt8]) throws(StoreError)

  /// Appends the end of the file.
  mutating func finish(into output: inout [UInt8]) throws(StoreError)
}

/// Reads the events of one file. Nothing in it is trusted: damage is thrown as `.corruption`.
package protocol ArchiveFileReader: Sendable {
  var rowGroupCount: Int { get }

  /// The events of a row group, in any order.
  func events(rowGroup: Int) throws(StoreError) -> EventBatch
}
