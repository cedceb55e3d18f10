/// An entry of a run without its group and item.
package struct RunLeaf: Sendable, Equatable {
  package var measures: Aggregate
  package var a: UInt32
  package var b: UInt32
  /// Whether this is the full value of its key and not a part of it.
  package var isReset: Bool

  @inline(__always)
  package init(a: UInt32, b: UInt32, measures: Aggregate, isReset: Bool) {
    self.measures = measures
    self.a = a
    self.b = b
    self.isReset = isReset
  }

  /// `a` and `b` as one number of the same order.
  @inline(__always)
  package var order: UInt64 { UInt64(a) << 32 | UInt64(b) }
}
