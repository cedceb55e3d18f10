import Columnar

/// The unit of memory that an event came from, which its metadata name under `source_muid`.
package enum SourceMUID {
  private static let key = Array("source_muid".utf8)

  /// Canonical metadata with a unit in them; nil where they name another one.
  package static func put(_ muid: some Sequence<UInt8>, into metadata: [UInt8]) -> [UInt8]? {
    let value = [UInt8(ascii: "\"")] + JSONEscape.escaped(muid) + [UInt8(ascii: "\"")]
    let member = [UInt8(ascii: "\"")] + key + [UInt8(ascii: "\""), UInt8(ascii: ":")] + value
    guard metadata.count > 2 else { return [UInt8(ascii: "{")] + member + [UInt8(ascii: "}")] }
    let text = Bytes(metadata)
    var position = 1
    while let quote = JSONWalk.endOfString(text, position + 1), let end = JSONWalk.end(text, quote + 2) {
      // Escapes are made of lower bytes than the letters of the key, as what they stand for is.
      let other = text.slice(position + 1, quote - position - 1).array
      if other == key { return text.slice(quote + 2, end - quote - 2).array == value ? metadata : nil }
      if key.lexicographicallyPrecedes(other) {
        return Array(metadata[..<position]) + member + [UInt8(ascii: ",")] + metadata[position...]
      }
      position = end + 1
      guard end < text.count, text[end] == UInt8(ascii: ",") else { break }
    }
    return Array(metadata.dropLast()) + [UInt8(ascii: ",")] + member + [UInt8(ascii: "}")]
  }
}

extension GrowthEvent {
  /// The unit of memory that the event came from; nil where its metadata, in canonical form, name none.
  public var sourceMUID: String? { MetadataPath.sourceMUID.string(in: metadata) }

  /// Puts the unit of memory that the event came from into its metadata.
  ///
  /// - Throws: `otherSource` where they name another one, and why they are no metadata.
  public mutating func setSourceMUID(_ muid: String) throws(EventRejection.Reason) {
    let length = muid.utf8.count
    guard length > 0 else { throw .empty }
    guard length <= EventLimits.longest(.sourceMUID) else { throw .tooLong }
    guard !muid.utf8.contains(0) else { throw .nulByte }
    let canonical = metadata.isEmpty ? [] : try CanonicalJSON.bytes(of: Array(metadata.utf8))
    guard let put = SourceMUID.put(muid.utf8, into: canonical) else { throw .otherSource }
    metadata = String(decoding: put, as: UTF8.self)
  }
}
