/// A small deterministic generator (xoshiro256** seeded by SplitMix64). Not for secrets.
///
/// It draws its own bounded numbers instead of using `Int.random(in:using:)`, so that a recorded seed means the same run
/// after the standard library has changed.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// Every stream of a seed is independent of the others.
  package init(seed: UInt64, stream: UInt64 = 0) {
    var mixer = stream &* 0xD1B5_4A32_D192_ED03 ^ seed
    func mixed() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var value = mixer
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
    state = (mixed(), mixed(), mixed(), mixed())
  }

  package mutating func next() -> UInt64 {
    func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
    let result = rotated(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, 45)
    return result
  }

  /// A number from 0 up to but without `bound`, which is positive.
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "bound must be positive")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True once in `bound` times on average.
  package mutating func oneIn(_ bound: Int) -> Bool { below(bound) == 0 }
}
