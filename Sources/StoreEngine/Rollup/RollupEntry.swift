package import Columnar

/// An aggregate and its parts of the key below the item, whichever source they came from.
package struct RollupEntry: Sendable {
  /// Texts; `b` is empty where the rollup has a number there.
  package var a: Bytes
  package var b: Bytes
  /// The number that is `b`; 0 where `b` is a text.
  package var number: UInt32
  package var measures: Aggregate
  var isReset: Bool

  /// The UTC day that `number` stands for.
  package var day: Int32 { Rollup.day(ofCode: number) }

  package var textOfA: String { String(decoding: a.array, as: UTF8.self) }
  package var textOfB: String { String(decoding: b.array, as: UTF8.self) }

  /// The order of entries of one item.
  static func compare(_ x: RollupEntry, _ y: RollupEntry) -> Int {
    let order = compareKeys(x.a, 0, x.a.count, y.a, 0, y.a.count)
    if order != 0 { return order }
    if x.number != y.number { return x.number < y.number ? -1 : 1 }
    return compareKeys(x.b, 0, x.b.count, y.b, 0, y.b.count)
  }
}
