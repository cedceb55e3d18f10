import CXXHash

/// XXH3 with 64 bits, the one hash function of all formats: checksums, routing, and filters of keys.
///
/// Source: the xxHash specification, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
package enum XXH3 {
  package static func hash(_ bytes: Bytes, seed: UInt64 = 0) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) }
  }

  package static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) }
  }

  /// The hash of `length` bytes of an array from `offset`.
  package static func hash(_ bytes: [UInt8], _ offset: Int, _ length: Int, seed: UInt64 = 0) -> UInt64 {
    precondition(offset >= 0 && length >= 0 && offset <= bytes.count - length, "range out of bounds")
    return unsafe bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return XXH3_64bits_withSeed(nil, 0, seed) }
      return unsafe XXH3_64bits_withSeed(base + offset, length, seed)
    }
  }
}

/// The 128-bit product of two numbers folded into 64 bits.
@inlinable
package func foldedMultiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = a.multipliedFullWidth(by: b)
  return product.high ^ product.low
}
