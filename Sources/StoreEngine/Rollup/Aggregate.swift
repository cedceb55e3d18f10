/// What is known of all events of a key: their exact sum, their number, and when the first and the last happened.
///
/// Sums wrap around at 128 and 64 bits, which no store can reach, so that damaged files cannot stop the process.
public struct Aggregate: Hashable, Sendable {
  /// The sum of all deltas, in millionths.
  public var score: Int128
  public var count: UInt64
  /// The smallest and the largest created_at, in microseconds since 1970; meaningless where `count` is 0.
  public var first: Int64
  public var last: Int64

  @inline(__always)
  public init(score: Int128, count: UInt64, first: Int64, last: Int64) {
    self.score = score
    self.count = count
    self.first = first
    self.last = last
  }

  /// The aggregate of one event.
  @inline(__always)
  package init(delta: Int64, createdAt: Int64) {
    self.init(score: Int128(delta), count: 1, first: createdAt, last: createdAt)
  }

  /// The aggregate of no events: merging it changes nothing.
  package static let empty = Aggregate(score: 0, count: 0, first: .max, last: .min)

  package var isEmpty: Bool { count == 0 }

  /// Makes this the aggregate of the events of both.
  @inline(__always)
  package mutating func merge(_ other: Aggregate) {
    score &+= other.score
    count &+= other.count
    first = min(first, other.first)
    last = max(last, other.last)
  }

  /// Combines with what a newer source says of the same key: adds a partial, gives way to a full value.
  @inline(__always)
  package mutating func combine(newer other: Aggregate, isReset: Bool) {
    if isReset { self = other } else { merge(other) }
  }

  /// The sum as a decimal.
  public var total: Score { Score(millionths: score) }
}

extension Aggregate: CustomStringConvertible {
  public var description: String { "score \(total), \(count) events, first \(first), last \(last)" }
}
