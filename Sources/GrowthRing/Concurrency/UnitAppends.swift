import StoreEngine

/// Appends of memory units that wait, in the order in which they came, or those that go into one commit together.
struct UnitAppends: Sendable {
  /// End to end.
  private(set) var units: [UnitVersion] = []
  /// How many each append brought.
  private(set) var counts: [Int] = []
  private var lengths: [Int] = []
  private var continuations: [CheckedContinuation<AppendQueue.Outcome, Never>] = []

  /// Commits of so many bytes are long enough.
  private static let enough = 8 << 20

  var isEmpty: Bool { counts.isEmpty }

  /// About the bytes of memory that the units will take.
  var length: Int { lengths.reduce(0, +) }

  mutating func add(_ added: [UnitVersion], _ continuation: CheckedContinuation<AppendQueue.Outcome, Never>) {
    units += added
    counts.append(added.count)
    lengths.append(added.reduce(0) { $0 + $1.memory })
    continuations.append(continuation)
  }

  /// Takes the appends that are committed next: one at least, and more while they are small.
  mutating func takeNext() -> UnitAppends {
    var count = 0
    var length = 0
    var number = 0
    while count < counts.count {
      if count > 0, length + lengths[count] > Self.enough || number + counts[count] > UnitSection.largestCount { break }
      length += lengths[count]
      number += counts[count]
      count += 1
    }
    var taken = UnitAppends()
    taken.units = Array(units.prefix(number))
    taken.counts = Array(counts.prefix(count))
    taken.lengths = Array(lengths.prefix(count))
    taken.continuations = Array(continuations.prefix(count))
    units.removeFirst(number)
    counts.removeFirst(count)
    lengths.removeFirst(count)
    continuations.removeFirst(count)
    return taken
  }

  func resume(_ receipts: [CommitReceipt]) {
    for (continuation, receipt) in zip(continuations, receipts) { continuation.resume(returning: .success(receipt)) }
  }

  func resume(_ failure: StoreError) {
    for continuation in continuations { continuation.resume(returning: .failure(failure)) }
  }
}
