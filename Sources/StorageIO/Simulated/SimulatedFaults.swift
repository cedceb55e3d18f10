/// The faults a test has asked for, against a count of calls.
struct SimulatedFaults: Sendable {
  /// What is to happen to one counted call.
  enum Fate {
    case proceeds
    case fails(DiskError.Kind)
    case crashes
  }

  /// The first call that does not return any more.
  var crashCall: Int?
  /// Calls that fail once.
  var failures: [Int: DiskError.Kind] = [:]

  func fate(ofCall call: Int) -> Fate {
    if let crashCall, call >= crashCall { return .crashes }
    return failures[call].map { .fails($0) } ?? .proceeds
  }
}
