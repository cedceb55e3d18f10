import Columnar

/// What an index says first of its archived file, whether that holds events or memory units.
struct ArchivedFileReference: Sendable {
  /// Relative to the folder of archives.
  let path: String
  let length: Int
  /// Of the keys of its rows.
  let filter: PageReference
  let filterKind: KeyFilter.Kind

  init(path: String, length: Int, filter: PageReference, filterKind: KeyFilter.Kind) {
    self.path = path
    self.length = length
    self.filter = filter
    self.filterKind = filterKind
  }

  /// The filter must end by `limit`.
  init(_ reader: inout ByteReader, endingBy limit: Int) throws(FormatError) {
    let start = reader.offset
    path = try reader.readText("path", limit: 4_096)
    guard Self.isSound(path: path) else { throw FormatError(offset: start, "a path that leads elsewhere") }
    length = try reader.readCount("file length", limit: 1 << 48)
    let filterStart = reader.offset
    filter = try PageReference(&reader, endingBy: limit)
    let kind = try reader.read(UInt8.self, "kind of the filter")
    guard filter.codec == .none, let filterKind = KeyFilter.Kind(rawValue: kind) else {
      throw FormatError(offset: filterStart, "a filter that is compressed, or of kind \(kind)")
    }
    self.filterKind = filterKind
  }

  func append(to writer: inout ByteWriter) {
    writer.appendText(path)
    writer.appendVarint(length)
    filter.append(to: &writer)
    writer.append(filterKind.rawValue)
  }

  /// No path leads out of the folder of archives.
  static func isSound(path: String) -> Bool {
    !path.isEmpty && !path.contains("\0")
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && $0 != "." && $0 != ".."
      }
  }
}
