/// A sequence of signed 64-bit integers in the smallest of several encodings. See Formats/encodings.md, "Integer page".
package enum IntegerPage {
  package static let constant: UInt8 = 0
  package static let packed: UInt8 = 1
  package static let delta: UInt8 = 2
  package static let runs: UInt8 = 3
  /// From version 2 of segments on.
  package static let markedRuns: UInt8 = 4
  /// From version 2 of segments on.
  package static let blocks: UInt8 = 5

  /// Bytes before the fields of a packed page.
  package static let packedHeaderLength = 24
  /// Values in a block of a page of blocks.
  package static let blockLength = 256

  /// What one pass over the values tells of the size of every encoding.
  private struct Survey {
    var smallest = Int64.max
    var largest = Int64.min
    var smallestStep = Int64.max
    var largestStep = Int64.min
    var runs = 1
    var longestRun = 1

    init(_ values: [Int64], _ range: Range<Int>) {
      unsafe values.withUnsafeBufferPointer { source in
        var previous = unsafe source[range.lowerBound]
        smallest = previous
        largest = previous
        var run = 1
        for index in range.dropFirst() {
          let value = unsafe source[index]
          let step = value &- previous
          run = step == 0 ? run &+ 1 : 1
          longestRun = max(longestRun, run)
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

  /// How a range of values is going to be encoded, and how long the page will be.
  package struct Plan {
    fileprivate enum Form {
      case constant(Int64)
      case packed(base: Int64, scale: UInt64, width: Int)
      case delta
      case runs(Int)
      case markedRuns(Int)
      case blocks(bases: [Int64], widths: [Int], scale: UInt64)
    }

    fileprivate let form: Form
    /// About the length of the page; exact where the page is one packed sequence.
    package let length: Int
    /// Whether a codec that looks for repeated bytes may find some.
    package let mayCompress: Bool

    /// Chooses the smallest encoding of the values of `range`.
    ///
    /// `findScale` looks for a common divisor too, which pays for decimals and costs a division a value. `extended` allows
    /// the encodings that only segments from version 2 on know.
    package init(_ values: [Int64], _ range: Range<Int>, findScale: Bool = false, extended: Bool = false) {
      let count = range.count
      guard count > 0 else {
        (form, length, mayCompress) = (.constant(0), 2, false)
        return
      }
      let survey = Survey(values, range)
      if survey.smallest == survey.largest {
        (form, length, mayCompress) = (.constant(survey.smallest), 6, false)
        return
      }
      let spread = UInt64(bitPattern: survey.largest &- survey.smallest)
      let scale = findScale ? IntegerPage.commonDivisor(values, range, base: survey.smallest) : 1
      let width = BitPacking.width(for: spread / scale)
      var best = Form.packed(base: survey.smallest, scale: scale, width: width)
      var shortest = packedHeaderLength + BitPacking.length(count: count, width: width)
      // Wide values that hardly ever repeat the one before have nothing in common that a codec finds. Blocks are for them
      // alone: they take a little less, but hide from a codec that values repeat.
      mayCompress = width <= 32 || survey.runs < count - count / 16
      if survey.largestStep >= survey.smallestStep {
        let stepWidth = BitPacking.width(for: UInt64(bitPattern: survey.largestStep &- survey.smallestStep))
        let length =
          12 + (stepWidth == 0 ? 4 : packedHeaderLength + BitPacking.length(count: count - 1, width: stepWidth))
        if length < shortest { (best, shortest) = (.delta, length) }
      }
      // Ends need the bits of the longest run, values no more than those of the packed page.
      let endWidth = BitPacking.width(for: UInt64(survey.longestRun - 1))
      let runValues = packedHeaderLength + 4 + BitPacking.length(count: survey.runs, width: width)
      let runsLength = runValues + packedHeaderLength + BitPacking.length(count: survey.runs, width: endWidth)
      if runsLength < shortest { (best, shortest) = (.runs(survey.runs), runsLength) }
      if extended {
        let marked = runValues + BitPacking.length(count: count, width: 1)
        if marked < shortest { (best, shortest) = (.markedRuns(survey.runs), marked) }
        if count > blockLength, !mayCompress {
          let (bases, widths, length) = IntegerPage.blocks(values, range, scale: scale)
          if length < shortest { (best, shortest) = (.blocks(bases: bases, widths: widths, scale: scale), length) }
        }
      }
      (form, length) = (best, shortest)
    }

    /// Appends the page.
    package func encode(_ values: [Int64], _ range: Range<Int>, into writer: inout ByteWriter) {
      switch form {
      case .constant(let value): encodeConstant(value, into: &writer)
      case .packed(let base, let scale, let width):
        encodePacked(values, range, base: base, scale: scale, width: width, into: &writer)
      case .delta: encodeDelta(values, range, into: &writer)
      case .runs(let count): encodeRuns(values, range, count: count, into: &writer)
      case .markedRuns(let count): encodeMarkedRuns(values, range, count: count, into: &writer)
      case .blocks(let bases, let widths, let scale):
        encodeBlocks(values, range, bases, widths, scale, into: &writer)
      }
    }
  }

  /// Appends the values of `range` in the smallest encoding; see `Plan`.
  package static func encode(
    _ values: [Int64], _ range: Range<Int>, findScale: Bool = false, extended: Bool = false,
    into writer: inout ByteWriter
  ) {
    Plan(values, range, findScale: findScale, extended: extended).encode(values, range, into: &writer)
  }

  package static func encode(
    _ values: [Int64], findScale: Bool = false, extended: Bool = false, into writer: inout ByteWriter
  ) {
    encode(values, 0..<values.count, findScale: findScale, extended: extended, into: &writer)
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

  /// Inside runs: constant, packed or delta.
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
  static func commonDivisor(_ values: [Int64], _ range: Range<Int>, base: Int64) -> UInt64 {
    var divisor: UInt64 = 0
    var division = ExactDivision(by: 1)
    for index in range {
      var a = UInt64(bitPattern: values[index] &- base)
      if a == 0 || (divisor != 0 && division.divides(a)) { continue }
      while a != 0 { (divisor, a) = (a, divisor % a) }
      if divisor == 1 { return 1 }
      division = ExactDivision(by: divisor)
    }
    return max(divisor, 1)
  }
}

// MARK: From version 2 of segments on

extension IntegerPage {
  private static func encodeMarkedRuns(
    _ values: [Int64], _ range: Range<Int>, count: Int, into writer: inout ByteWriter
  ) {
    writer.append(markedRuns)
    writer.appendVarint(count)
    var runValues = [Int64]()
    runValues.reserveCapacity(count)
    var words = [UInt64](repeating: 0, count: (range.count + 63) / 64)
    for index in range where index == range.lowerBound || values[index] != values[index - 1] {
      runValues.append(values[index])
      let place = index - range.lowerBound
      words[place / 64] |= 1 << UInt64(place % 64)
    }
    encodeNested(runValues, into: &writer)
    let end = writer.count + BitPacking.length(count: range.count, width: 1)
    for word in words { writer.append(word) }
    // Whole words reach into the padding, where they are zero.
    writer.append(zeros: end - writer.count)
  }

  /// Base and width of every block, and the length of the page.
  private static func blocks(
    _ values: [Int64], _ range: Range<Int>, scale: UInt64
  ) -> (bases: [Int64], widths: [Int], length: Int) {
    var bases: [Int64] = []
    var widths: [Int] = []
    var start = range.lowerBound
    var length = 9 + packedHeaderLength + 2 * BitPacking.padding
    while start < range.upperBound {
      let end = min(start + blockLength, range.upperBound)
      var smallest = Int64.max
      var largest = Int64.min
      unsafe values.withUnsafeBufferPointer { source in
        for index in start..<end {
          let value = unsafe source[index]
          smallest = min(smallest, value)
          largest = max(largest, value)
        }
      }
      let width = BitPacking.width(for: UInt64(bitPattern: largest &- smallest) / scale)
      bases.append(smallest)
      widths.append(width)
      length += 9 + ((end - start) * width + 7) / 8
      start = end
    }
    return (bases, widths, length)
  }

  private static func encodeBlocks(
    _ values: [Int64], _ range: Range<Int>, _ bases: [Int64], _ widths: [Int], _ scale: UInt64,
    into writer: inout ByteWriter
  ) {
    writer.append(blocks)
    writer.append(scale)
    encodeFlat(bases, into: &writer)
    for width in widths { writer.append(UInt8(width)) }
    for (block, base) in bases.enumerated() {
      let start = range.lowerBound + block * blockLength
      let part = start..<min(start + blockLength, range.upperBound)
      BitPacking.append(values, part, base: base, scale: scale, width: widths[block], to: &writer.bytes)
      writer.bytes.removeLast(BitPacking.padding)
    }
    writer.append(zeros: BitPacking.padding)
  }
}
