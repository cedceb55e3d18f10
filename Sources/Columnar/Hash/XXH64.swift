import CXXHash

/// The older XXH64, for formats of others that ask for it; our own use `XXH3`.
///
/// Source: the xxHash specification, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
package enum XXH64 {
  package static func hash(_ bytes: [UInt8]) -> UInt64 { hash(bytes, 0, bytes.count) }

  /// The hash of `length` bytes of an array from `offset`, with the seed 0.
  package static func hash(_ bytes: [UInt8], _ offset: Int, _ length: Int) -> UInt64 {
    precondition(offset >= 0 && length >= 0 && offset <= bytes.count - length, "range out of bounds")
    return unsafe bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return CXXHash.XXH64(nil, 0, 0) }
      return unsafe CXXHash.XXH64(base + offset, length, 0)
    }
  }
}
