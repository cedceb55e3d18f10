/// A sequence of signed 64-bit integers in the smallest of four encodings. See Formats/encodings.md, "Integer page".
package enum IntegerPage {
  package static let constant: UInt8 = 0
  package static let packed: UInt8 = 1
  package static let delta: UInt8 = 2
  package static let runs: UInt8 = 3

  /// Bytes before the fields of a packed page.
  package static let packedHeaderLength = 24

  /// What one pass over the values tells of the size of every encoding.
  private struct Survey {
    var smallest = Int64.max
    var largest = Int64.min
    var smallestStep = Int64.max
    var largestStep = Int64.min
    var runs = 1

    init(_ values: [Int64], _ range: Range<Int>) {
      unsafe values.withUnsafeBufferPointer { source in
        var previous = unsafe source[range.lowerBound]
        smallest = previous
        largest = previous
        for index in range.dropFirst() {
          let value = unsafe source[index]
          let step = value &- previous
          smallest = min(smallest, value)
          largest = max(largest, value)
          smallestStep = min(smallestStep, step)
          largestStep = max(largestStep, step)
          runs &+= step == 0 ? 0 : 1
          previous = value
        }
      }
    }
  }

  /// Appends the values of `range` in the smallest encoding.
  ///
  /// `findScale` looks for a common divisor too, which pays for decimals and costs a division a value.
  package static func encode(
    _ values: [Int64], _ range: Range<Int>, findScale: Bool = false, into writer: inout ByteWriter
  ) {
    let count = range.count
    guard count > 0 else {
      encodeConstant(0, into: &writer)
      return
    }
    let survey = Survey(values, range)
    if survey.smallest == survey.largest {
      encodeConstant(survey.smallest, into: &writer)
      return
    }
    let spread = UInt64(bitPattern: survey.largest &- survey.smallest)
    let scale = findScale ? commonDivisor(values, range, base: survey.smallest) : 1
    let width = BitPacking.width(for: spread / scale)
    let packedLength = packedHeaderLength + BitPacking.length(count: count, width: width)
    let stepWidth = BitPacking.width(for: UInt64(bitPattern: survey.largestStep &- survey.smallestStep))
    let deltaLength =
      12 + (stepWidth == 0 ? 4 : packedHeaderLength + BitPacking.length(count: count - 1, width: stepWidth))
    // Ends need about the bits of `count`, values no more than those of the packed page.
    let endWidth = BitPacking.width(for: UInt64(count))
    let runsLength =
      2 * packedHeaderLength + 4 + BitPacking.length(count: survey.runs, width: width)
      + BitPacking.length(count: survey.runs, width: endWidth)
    if runsLength < packedLength && runsLength < deltaLength {
      encodeRuns(values, range, count: survey.runs, into: &writer)
    } else if deltaLength < packedLength && survey.largestStep >= survey.smallestStep {
      encodeDelta(values, range, into: &writer)
    } else {
      encodePacked(values, range, base: survey.smallest, scale: scale, width: width, into: &writer)
    }
  }

  package static func encode(_ values: [Int64], findScale: Bool = false, into writer: inout ByteWriter) {
    encode(values, 0..<values.count, findScale: findScale, into: &writer)
  }

  private static func encodeConstant(_ value: Int64, into writer: inout ByteWriter) {
    writer.append(constant)
    writer.appendSignedVarint(value)
  }

  private static func encodePacked(
    _ values: [Int64], _ range: Range<Int>, base: Int64, scale: UInt64, width: Int, into writer: inout ByteWriter
  ) {
    writer.append(packed)
    writer.append(UInt8(width))
    writer.append(UInt16(0))
    writer.append(UInt32(0))
    writer.append(base)
    writer.append(scale)
    BitPacking.append(values, range, base: base, scale: scale, width: width, to: &writer.bytes)
  }

  private static func encodeDelta(_ values: [Int64], _ range: Range<Int>, into writer: inout ByteWriter) {
    writer.append(delta)
    writer.appendSignedVarint(values[range.lowerBound])
    var steps = [Int64]()
    steps.reserveCapacity(range.count - 1)
    for index in range.dropFirst() { steps.append(values[index] &- values[index - 1]) }
    encodeFlat(steps, into: &writer)
  }

  private static func encodeRuns(
    _ values: [Int64], _ range: Range<Int>, count: Int, into writer: inout ByteWriter
  ) {
    writer.append(runs)
    writer.appendVarint(count)
    var runValues = [Int64]()
    var ends = [Int64]()
    runValues.reserveCapacity(count)
    ends.reserveCapacity(count)
    var current = values[range.lowerBound]
    for index in range where values[index] != current {
      runValues.append(current)
      ends.append(Int64(index - range.lowerBound))
      current = values[index]
    }
    runValues.append(current)
    ends.append(Int64(range.count))
    encodeNested(runValues, into: &writer)
    encodeNested(ends, into: &writer)
  }

  /// Inside runs: any encoding but runs.
  private static func encodeNested(_ values: [Int64], into writer: inout ByteWriter) {
    let survey = Survey(values, 0..<values.count)
    let spread = UInt64(bitPattern: survey.largest &- survey.smallest)
    let steps = UInt64(bitPattern: survey.largestStep &- survey.smallestStep)
    if values.count > 2, survey.largestStep >= survey.smallestStep,
      BitPacking.width(for: steps) + 1 < BitPacking.width(for: spread)
    {
      encodeDelta(values, 0..<values.count, into: &writer)
    } else {
      encodeFlat(values, into: &writer)
    }
  }

  /// Inside deltas: constant or packed.
  private static func encodeFlat(_ values: [Int64], into writer: inout ByteWriter) {
    guard let smallest = values.min(), let largest = values.max() else {
      encodeConstant(0, into: &writer)
      return
    }
    if smallest == largest {
      encodeConstant(smallest, into: &writer)
      return
    }
    let width = BitPacking.width(for: UInt64(bitPattern: largest &- smallest))
    encodePacked(values, 0..<values.count, base: smallest, scale: 1, width: width, into: &writer)
  }

  /// The greatest common divisor of all distances from `base`; at least 1.
  private static func commonDivisor(_ values: [Int64], _ range: Range<Int>, base: Int64) -> UInt64 {
    var divisor: UInt64 = 0
    for index in range {
      var a = UInt64(bitPattern: values[index] &- base)
      if a == 0 || (divisor != 0 && a % divisor == 0) { continue }
      while a != 0 { (divisor, a) = (a, divisor % a) }
      if divisor == 1 { return 1 }
    }
    return max(divisor, 1)
  }
}
