import Columnar

/// Where the filter of the metadata of a row group lies. See Formats/encodings.md, "Filter of metadata".
struct MetadataFilterReference: Sendable {
  var page: PageReference
  var kind: KeyFilter.Kind

  static func append(_ reference: MetadataFilterReference?, to writer: inout ByteWriter) {
    writer.append(reference.map { $0.kind.rawValue + 1 } ?? 0)
    reference?.page.append(to: &writer)
  }

  /// Reads a reference to a page that ends by `limit`; nil where there is no filter.
  static func read(_ reader: inout ByteReader, endingBy limit: Int) throws(FormatError) -> MetadataFilterReference? {
    let start = reader.offset
    let mark = try reader.read(UInt8.self, "filter of metadata")
    guard mark > 0 else { return nil }
    guard let kind = KeyFilter.Kind(rawValue: mark - 1) else {
      throw FormatError(offset: start, "kind \(mark - 1) of a filter of metadata")
    }
    let page = try PageReference(&reader, endingBy: limit)
    guard page.codec == .none else { throw FormatError(offset: start, "a filter of metadata that is compressed") }
    return MetadataFilterReference(page: page, kind: kind)
  }
}
