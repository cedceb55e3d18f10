import Columnar

/// What stands for a content when contents are compared: two of XXH3's hashes of its normal form, in which runs of
/// white space are one blank and characters are composed.
public struct ContentFingerprint: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64

  /// Nil for a content without any character, which is like no other.
  public init?(_ content: String) {
    let bytes = NormalizedText.bytes(of: content)
    if bytes.isEmpty { return nil }
    high = XXH3.hash(bytes)
    low = XXH3.hash(bytes, seed: 1)
  }
}
