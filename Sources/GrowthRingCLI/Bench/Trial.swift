/// One figure of `growthring bench`: a name for people, a key for programs.
struct TrialFigure {
  let key: String
  let name: String
  let value: Double
  let unit: String
  /// Fractional digits worth showing.
  let digits: Int
  /// Where `value` is the median of repetitions.
  var p99: Double?
  var note = ""

  /// What stands behind the value.
  var remark: String { p99.map { "p99 \(Self.text($0, digits)) \(unit)" } ?? note }

  static func text(_ value: Double, _ digits: Int) -> String {
    digits == 0 ? NumberText.grouped(Int(value.rounded())) : NumberText.fixed(value, digits)
  }
}

/// Times of many repetitions, in nanoseconds.
struct TrialTimes {
  private var times: [Int64] = []
  private let clock = ContinuousClock()

  mutating func measure(_ body: () throws -> Void) rethrows {
    let start = clock.now
    try body()
    let taken = (clock.now - start).components
    times.append(taken.seconds * 1_000_000_000 + taken.attoseconds / 1_000_000_000)
  }

  /// The median and the 99th percentile, in microseconds.
  var percentiles: (p50: Double, p99: Double) {
    let sorted = times.sorted()
    func at(_ percent: Int) -> Double {
      sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, sorted.count * percent / 100)]) / 1000
    }
    return (at(50), at(99))
  }
}
