import Foundation

/// What the outside world asks of the tests.
enum Environment {
  /// The seeds to run: one, or so many.
  static func seeds(default count: Int) -> Range<UInt64> {
    if let seed = number("GROWTHRING_SEED") { return seed..<seed + 1 }
    return 1..<(number("GROWTHRING_SEEDS") ?? UInt64(count)) + 1
  }

  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }
}
