/// The aggregates of many groups in 32 bytes each, which a scan of rows touches in no order: half as much again would be
/// more than the cache next to a core holds of many days.
///
/// Scores are kept in 64 bits as long as that is certain to suffice; what is beyond goes to numbers of 128 bits.
struct AggregateColumn: Sendable {
  private struct Entry {
    var score: Int64
    var count: UInt64
    var first: Int64
    var last: Int64

    static let empty = Entry(score: 0, count: 0, first: .max, last: .min)
  }

  private var entries: [Entry] = []
  /// What was moved out of the scores of the entries; empty until something was.
  private var wide: [Int128] = []
  /// No score of an entry is farther from zero.
  private var bound: UInt64 = 0
  private static let largest = UInt64(Int64.max)

  var count: Int { entries.count }

  subscript(index: Int) -> Aggregate {
    let entry = entries[index]
    let rest = index < wide.count ? wide[index] : 0
    return Aggregate(score: rest &+ Int128(entry.score), count: entry.count, first: entry.first, last: entry.last)
  }

  mutating func append(_ aggregate: Aggregate) {
    entries.append(.empty)
    merge(aggregate, into: entries.count - 1)
  }

  /// Adds aggregates of no events until there are `count`.
  mutating func grow(to count: Int) {
    guard entries.count < count else { return }
    entries.append(contentsOf: repeatElement(.empty, count: count - entries.count))
  }

  mutating func merge(_ other: Aggregate, into index: Int) {
    let size = UInt64(exactly: other.score.magnitude) ?? .max
    let before = entries[index].score.magnitude
    if size <= Self.largest, before <= Self.largest - size {
      entries[index].score += Int64(other.score)
      bound = max(bound, before + size)
    } else {
      widen()
      wide[index] &+= other.score
    }
    entries[index].count &+= other.count
    entries[index].first = min(entries[index].first, other.first)
    entries[index].last = max(entries[index].last, other.last)
  }

  /// Moves all scores into 128 bits.
  private mutating func widen() {
    wide.append(contentsOf: repeatElement(0, count: entries.count - wide.count))
    for index in entries.indices {
      wide[index] &+= Int128(entries[index].score)
      entries[index].score = 0
    }
    bound = 0
  }

  /// Adds rows to their groups, which are all below `count`.
  mutating func add(_ groups: [UInt32], delta: [Int64], createdAt: [Int64]) {
    precondition(groups.count == delta.count && groups.count == createdAt.count, "columns of one page")
    // What is below a power of two that no delta reaches.
    var bits: UInt64 = 0
    for value in delta { bits |= UInt64(bitPattern: value ^ value >> 63) }
    let (sum, overflow) = (bits &+ 1).multipliedReportingOverflow(by: UInt64(delta.count))
    guard bits <= Self.largest, !overflow, sum <= Self.largest else {
      for row in groups.indices {
        merge(Aggregate(delta: delta[row], createdAt: createdAt[row]), into: Int(groups[row]))
      }
      return
    }
    if bound > Self.largest - sum { widen() }
    bound += sum
    unsafe entries.withUnsafeMutableBufferPointer { entries in
      unsafe groups.withUnsafeBufferPointer { groups in
        unsafe delta.withUnsafeBufferPointer { delta in
          unsafe createdAt.withUnsafeBufferPointer { createdAt in
            for row in 0..<groups.count {
              let group = unsafe Int(groups[row])
              precondition(group < entries.count, "an unknown group")
              let time = unsafe createdAt[row]
              unsafe entries[group].score &+= delta[row]
              unsafe entries[group].count &+= 1
              unsafe entries[group].first = min(entries[group].first, time)
              unsafe entries[group].last = max(entries[group].last, time)
            }
          }
        }
      }
    }
  }
}
