package import Columnar

/// The form of the files that hold archived events and memory units. The engine knows what it wants of them and not what they are; Parquet
/// comes from the public library.
package protocol ArchiveFormat: Sendable {
  /// What the names of files end with, without the dot.
  var fileExtension: String { get }

  /// No delta that is larger in magnitude fits; events that have one stay out of the archive.
  var largestDelta: Int64 { get }

  /// No importance that is larger in magnitude fits; versions of memory units that have one stay out of the archive.
  var largestImportance: Int64 { get }

  /// Begins a file of events. `former` has written one of the same pass: what it found out about the form of columns need not be
  /// found out again.
  func makeWriter(after former: (any ArchiveFileWriter)?) -> any ArchiveFileWriter

  /// Opens a file that lies in `bytes`; `path` names it in errors.
  func openReader(_ bytes: Bytes, path: String) throws(StoreError) -> any ArchiveFileReader

  /// Begins a file of memory units.
  func makeUnitWriter() -> any ArchivedUnitWriter

  /// Opens a file of memory units that lies in `bytes`; `path` names it in errors.
  func openUnitReader(_ bytes: Bytes, path: String) throws(StoreError) -> any ArchivedUnitReader
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

/// Writes the versions of memory units of one file, a row group at a time.
package protocol ArchivedUnitWriter {
  /// Writes a row group; appends to `output` what of the file is ready.
  mutating func writeRowGroup(_ versions: [UnitVersion], into output: inout [UInt8]) throws(StoreError)

  /// Appends the end of the file.
  mutating func finish(into output: inout [UInt8]) throws(StoreError)
}

/// Reads the memory units of one file. Nothing in it is trusted: damage is thrown as `.corruption`.
package protocol ArchivedUnitReader: Sendable {
  var rowGroupCount: Int { get }

  /// The versions of a row group, in any order, without their contents.
  func versions(rowGroup: Int) throws(StoreError) -> [UnitVersion]

  /// The content of a row, by its place in `versions`, with those that lie beside it: their places, and what they are.
  func contents(rowGroup: Int, around place: Int) throws(StoreError) -> (places: Range<Int>, contents: [Bytes])
}
