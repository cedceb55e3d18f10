/// The generator's own random numbers: xoshiro256**, seeded by SplitMix64.
///
/// Written out here because the same seed has to give the same bytes on every platform and in every version.
/// Source: Blackman and Vigna, https://prng.di.unimi.it/xoshiro256starstar.c
struct GeneratorRandom: Sendable {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  init(seed: UInt64) {
    s0 = Self.mix(seed &+ Self.step)
    s1 = Self.mix(seed &+ Self.step &* 2)
    s2 = Self.mix(seed &+ Self.step &* 3)
    s3 = Self.mix(seed &+ Self.step &* 4)
  }

  @inline(__always)
  mutating func next() -> UInt64 {
    let times5 = s1 &* 5
    let result = (times5 << 7 | times5 >> 57) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = s3 << 45 | s3 >> 19
    return result
  }

  /// A number in [0, 1) of 53 bits.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// About a standard normal: the sum of twelve uniform numbers less six.
  mutating func bell() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += unit() }
    return sum
  }

  /// The increment of SplitMix64.
  static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// SplitMix64's output function, a permutation of 64-bit numbers.
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
