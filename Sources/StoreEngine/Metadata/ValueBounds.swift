import Columnar

/// The smallest and the largest number, and time, among some values of metadata. See Formats/encodings.md, "Statistics of
/// metadata".
struct ValueBounds: Sendable, Equatable {
  /// In millionths, rounded down; the first number of 64 bits stands for all that are smaller.
  private(set) var smallestNumber = Int64.max
  /// In millionths, rounded up; the last number of 64 bits stands for all that are larger.
  private(set) var largestNumber = Int64.min
  /// Microseconds since 1970.
  private(set) var smallestTime = Int64.max
  private(set) var largestTime = Int64.min

  init() {}

  init(numbers: ClosedRange<Int64>?, times: ClosedRange<Int64>?) {
    if let numbers { (smallestNumber, largestNumber) = (numbers.lowerBound, numbers.upperBound) }
    if let times { (smallestTime, largestTime) = (times.lowerBound, times.upperBound) }
  }

  var numbers: ClosedRange<Int64>? { smallestNumber <= largestNumber ? smallestNumber...largestNumber : nil }
  var times: ClosedRange<Int64>? { smallestTime <= largestTime ? smallestTime...largestTime : nil }
  var isEmpty: Bool { numbers == nil && times == nil }

  // MARK: Values

  /// Takes a scalar as it stands in canonical JSON, strings without their quotes; one that is neither a number nor a time
  /// changes nothing.
  mutating func add(_ text: Bytes, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    let first = text[range.lowerBound]
    guard first &- 0x30 <= 9 || first == UInt8(ascii: "-") else { return }
    let start = range.lowerBound + (first == UInt8(ascii: "-") ? 1 : 0)
    var position = start
    var value: Int64 = 0
    while position < range.upperBound {
      let digit = text[position] &- 0x30
      guard digit <= 9 else { break }
      value = value &* 10 &+ Int64(digit)
      position += 1
    }
    let digits = position - start
    if position == range.upperBound, digits <= 12, digits == 1 || (digits > 1 && text[start] != UInt8(ascii: "0")) {
      // What nearly all numbers are.
      value &*= 1_000_000
      note(number: start > range.lowerBound ? -value : value)
    } else if position < range.upperBound, text[position] == UInt8(ascii: "-") {
      if digits == 4, let time = MetadataPredicate.time(text, range) { note(time: time) }
    } else if let number = JSONDecimal(text, range) {
      let (floor, ceiling) = number.millionths(text)
      smallestNumber = min(smallestNumber, floor, Int64.max - 1)
      largestNumber = max(largestNumber, ceiling, Int64.min + 1)
    }
  }

  private mutating func note(number: Int64) {
    smallestNumber = min(smallestNumber, number)
    largestNumber = max(largestNumber, number)
  }

  private mutating func note(time: Int64) {
    smallestTime = min(smallestTime, time)
    largestTime = max(largestTime, time)
  }

  // MARK: Conditions

  /// False only where no number of these compares so with another, which is given in millionths rounded down and up.
  func mayHaveNumber(_ order: MetadataPredicate.Order, _ bound: (floor: Int64, ceiling: Int64)) -> Bool {
    guard let numbers else { return false }
    return switch order {
    case .less: numbers.lowerBound == .min || numbers.lowerBound < bound.ceiling
    case .lessOrEqual: numbers.lowerBound == .min || numbers.lowerBound <= bound.floor
    case .greater: numbers.upperBound == .max || numbers.upperBound > bound.floor
    case .greaterOrEqual: numbers.upperBound == .max || numbers.upperBound >= bound.ceiling
    }
  }

  /// The same of times.
  func mayHaveTime(_ order: MetadataPredicate.Order, _ bound: Int64) -> Bool {
    guard let times else { return false }
    return switch order {
    case .less: times.lowerBound < bound
    case .lessOrEqual: times.lowerBound <= bound
    case .greater: times.upperBound > bound
    case .greaterOrEqual: times.upperBound >= bound
    }
  }
}
