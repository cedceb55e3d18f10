import Columnar

/// The hashes that filters of metadata hold. See Formats/encodings.md, "Filter of metadata".
enum MetadataHash {
  /// Of a path that is there.
  static func path(_ pointer: [UInt8]) -> UInt64 { XXH3.hash(pointer) }

  /// Of a path whose values are not in the filter.
  static func openPath(_ path: UInt64) -> UInt64 { path ^ 0x9E37_79B9_7F4A_7C15 }

  /// Of a scalar under a path, as it stands in canonical JSON, strings without their quotes. All spellings of a number have
  /// one hash, and strings that look like numbers the same. `form` is memory that is used again.
  static func value(_ text: Bytes, _ range: Range<Int>, path: UInt64, _ form: inout [UInt8]) -> UInt64 {
    if let first = range.first, text[first] == UInt8(ascii: "-") || text[first] &- 0x30 <= 9,
      let number = JSONDecimal(text, range)
    {
      form.removeAll(keepingCapacity: true)
      number.append(text, to: &form)
      return XXH3.hash(form, seed: path)
    }
    return XXH3.hash(text.slice(range.lowerBound, range.count), seed: path)
  }
}
