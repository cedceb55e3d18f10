import Columnar

/// Numbers the values of a dictionary anew, so that codes of two or three whole bytes compress to nearly what their
/// frequencies allow.
///
/// Zstandard has one table of symbols for all bytes of a block. Where codes follow the order of first appearance, one of
/// their bytes is nearly always the same and the other is not, and both are told by one table that fits neither. Here the
/// frequent values get codes of which both bytes are frequent: a value that comes with probability p gets two symbols whose
/// probabilities have the product p, or as near to it as there are codes. Values that are equally frequent stay in the
/// order of their length and bytes, so that neighbours in the dictionary resemble each other.
enum CodeBalance {
  /// Costs are told in sixteenths of a bit.
  private static let unit = 16.0
  private static let passes = 6
  /// Passes after these that know of Zstandard's whole bits.
  private static let wholePasses = 3
  /// A cost of one symbol in these units; rarer ones cost as much.
  private static let mostCost = 24 * 16

  /// Whether values come again and again in no order. Where each comes in one run, as a sorted column's do, codes that
  /// ascend are better.
  static func pays(_ dictionary: ValueDictionary) -> Bool {
    guard dictionary.count > 1 << 8, dictionary.count <= 1 << 24 else { return false }
    return dictionary.runs >= 3 * dictionary.count
  }

  /// For each code of the dictionary the new one.
  static func codes(_ dictionary: ValueDictionary, _ values: ColumnValues) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: dictionary.count)
    for code in dictionary.codes { counts[Int(code)] += 1 }
    // The rarest texts stay together, though some come twice or three times.
    let isText = if case .bytes = values { true } else { false }
    if isText { for code in counts.indices where counts[code] < 4 { counts[code] = 1 } }
    let order = dictionary.byFrequency(counts, values)
    return assign(order, counts)
  }

  /// `order` names the values from the most frequent to the rarest, equally frequent ones in the order that they keep.
  static func assign(_ order: [UInt32], _ counts: [UInt32]) -> [UInt32] {
    let places = placesByCost(order.map { counts[Int($0)] })
    // Of equally frequent values the places are taken in ascending order.
    var group = [UInt32](repeating: 0, count: order.count)
    var next: [Int] = []
    for rank in order.indices {
      if rank == 0 || counts[Int(order[rank])] != counts[Int(order[rank - 1])] { next.append(rank) }
      group[Int(places[rank])] = UInt32(next.count - 1)
    }
    var codes = [UInt32](repeating: 0, count: order.count)
    for place in group.indices {
      let rank = next[Int(group[place])]
      next[Int(group[place])] += 1
      codes[Int(order[rank])] = UInt32(place)
    }
    return codes
  }

  /// The codes from the one that takes the fewest bits to the one that takes most, when values with these counts, which
  /// descend, take them in this order.
  private static func placesByCost(_ counts: [UInt32]) -> [UInt32] {
    let bytes = counts.count > 1 << 16 ? 3 : 2
    var costs = (0..<256).map { cost(of: 1 / Double($0 + 1), in: 6) }
    var places = [UInt32](repeating: 0, count: counts.count)
    var best: (places: [UInt32], bits: Int) = ([], .max)
    for pass in 0..<passes + wholePasses {
      sort(&places, costs, bytes)
      var symbols = [UInt64](repeating: 0, count: 256)
      for (place, count) in zip(places, counts) {
        for byte in 0..<bytes { symbols[Int(place >> UInt32(8 * byte)) & 0xFF] += UInt64(count) }
      }
      let lengths = HuffmanLengths.of(symbols)
      let bits = zip(symbols, lengths).reduce(0) { $0 + Int($1.0) * $1.1 }
      if bits < best.bits { best = (places, bits) }
      if pass < passes - 1 {
        let all = Double(symbols.reduce(0, +)) + 128
        costs = symbols.map { cost(of: Double($0) + 0.5, in: all) }
      } else {
        costs = lengths.map { ($0 > 0 ? $0 : HuffmanLengths.longest) * Int(unit) }
      }
    }
    return best.places
  }

  /// Puts all codes in the order of what their bytes cost together.
  private static func sort(_ places: inout [UInt32], _ costs: [Int], _ bytes: Int) {
    var starts = [Int](repeating: 0, count: bytes * mostCost + 2)
    func sum(_ place: Int) -> Int {
      var sum = costs[place & 0xFF] + costs[place >> 8 & 0xFF]
      if bytes > 2 { sum += costs[place >> 16] }
      return sum
    }
    for place in places.indices { starts[sum(place) + 1] += 1 }
    for cost in 1..<starts.count { starts[cost] += starts[cost - 1] }
    for place in places.indices {
      let cost = sum(place)
      places[starts[cost]] = UInt32(place)
      starts[cost] += 1
    }
  }

  /// What a symbol costs that comes `count` times in `all`: the logarithm, near enough, without a library for it.
  private static func cost(of count: Double, in all: Double) -> Int {
    let share = all / count
    let fraction = share.significand - 1
    let bits = Double(share.exponent) + fraction * (1.3465 - 0.3465 * fraction)
    return min(mostCost, max(1, Int(bits * unit + 0.5)))
  }
}
