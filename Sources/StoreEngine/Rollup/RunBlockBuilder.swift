import Columnar

/// Gathers the entries of one block of a run and lays them out.
struct RunBlockBuilder {
  private var groupKeys = ByteWriter()
  private var groupStarts: [UInt32] = []
  private var groupFirstItems: [UInt32] = []
  private var itemKeys = ByteWriter()
  private var itemStarts: [UInt32] = []
  private var itemFirstEntries: [UInt32] = []
  private var leaves: [RunLeaf] = []

  var count: Int { leaves.count }
  var itemCount: Int { itemStarts.count }

  /// Bytes of keys and tables, and about those of records.
  var estimatedLength: Int {
    groupKeys.count + itemKeys.count + 8 * (groupStarts.count + itemStarts.count) + 24 * leaves.count
  }

  mutating func beginGroup(_ key: Bytes) {
    groupStarts.append(UInt32(groupKeys.count))
    groupFirstItems.append(UInt32(itemStarts.count))
    groupKeys.append(key)
  }

  mutating func beginItem(_ key: Bytes) {
    itemStarts.append(UInt32(itemKeys.count))
    itemFirstEntries.append(UInt32(leaves.count))
    itemKeys.append(key)
  }

  @inline(__always)
  mutating func append(_ leaf: RunLeaf) { leaves.append(leaf) }

  mutating func removeAll() {
    groupKeys.bytes.removeAll(keepingCapacity: true)
    groupStarts.removeAll(keepingCapacity: true)
    groupFirstItems.removeAll(keepingCapacity: true)
    itemKeys.bytes.removeAll(keepingCapacity: true)
    itemStarts.removeAll(keepingCapacity: true)
    itemFirstEntries.removeAll(keepingCapacity: true)
    leaves.removeAll(keepingCapacity: true)
  }

  /// The bytes of the block. There is at least one entry.
  func encode() -> [UInt8] {
    let layout = Layout(leaves)
    let keyLength = commonItemKeyLength
    var writer = ByteWriter(capacity: estimatedLength + 256)
    writer.append(UInt32(leaves.count))
    writer.append(UInt32(groupStarts.count))
    writer.append(UInt32(itemStarts.count))
    writer.append(UInt32(layout.recordWidth))
    for width in layout.widths { writer.append(UInt8(width)) }
    writer.append(UInt8(keyLength ?? RunBlock.variableLength))
    writer.append(layout.aBase)
    writer.append(layout.bBase)
    writer.append(layout.scoreBase)
    writer.append(layout.scoreScale)
    writer.append(layout.firstBase)
    writer.append(layout.spanBase)
    let offsets = writer.count
    writer.append(zeros: 16)
    appendPairs(groupStarts, groupFirstItems, close: (groupKeys.count, itemStarts.count), to: &writer)
    writer.overwrite(at: offsets, UInt32(writer.count))
    if keyLength == nil {
      appendPairs(itemStarts, itemFirstEntries, close: (itemKeys.count, leaves.count), to: &writer)
    } else {
      for entry in itemFirstEntries { writer.append(UInt16(entry)) }
      writer.append(UInt16(leaves.count))
    }
    writer.overwrite(at: offsets + 4, UInt32(writer.count))
    writer.append(itemKeys.bytes)
    writer.overwrite(at: offsets + 8, UInt32(writer.count))
    writer.append(groupKeys.bytes)
    writer.overwrite(at: offsets + 12, UInt32(writer.count))
    layout.appendRecords(leaves, to: &writer)
    return writer.bytes
  }

  private func appendPairs(
    _ starts: [UInt32], _ members: [UInt32], close: (Int, Int), to writer: inout ByteWriter
  ) {
    for index in starts.indices {
      writer.append(starts[index])
      writer.append(members[index])
    }
    writer.append(UInt32(close.0))
    writer.append(UInt32(close.1))
  }

  /// The length that all item keys have, where they have one that the header can say.
  private var commonItemKeyLength: Int? {
    let length = itemKeys.count / itemStarts.count
    guard length < RunBlock.variableLength, length * itemStarts.count == itemKeys.count else { return nil }
    for index in itemStarts.indices where Int(itemStarts[index]) != index * length { return nil }
    return length
  }
}

extension RunBlockBuilder {
  /// The bases and widths that hold all entries of a block.
  struct Layout {
    var aBase = UInt32.max
    var bBase = UInt32.max
    var scoreBase = Int128.max
    var scoreScale: UInt64 = 1
    var firstBase = Int64.max
    var spanBase = UInt64.max
    /// Of a, b, score, count, first, span, reset.
    var widths = [0, 0, 0, 0, 0, 0, 0]

    var recordWidth: Int { widths.reduce(0, +) }

    init(_ leaves: [RunLeaf]) {
      var aLargest: UInt32 = 0
      var bLargest: UInt32 = 0
      var scoreLargest = Int128.min
      var countLargest: UInt64 = 0
      var firstLargest = Int64.min
      var spanLargest: UInt64 = 0
      var hasReset = false
      for leaf in leaves {
        aBase = min(aBase, leaf.a)
        aLargest = max(aLargest, leaf.a)
        bBase = min(bBase, leaf.b)
        bLargest = max(bLargest, leaf.b)
        hasReset = hasReset || leaf.isReset
        countLargest = max(countLargest, leaf.measures.count &- 1)
        guard !leaf.measures.isEmpty else { continue }
        scoreBase = min(scoreBase, leaf.measures.score)
        scoreLargest = max(scoreLargest, leaf.measures.score)
        firstBase = min(firstBase, leaf.measures.first)
        firstLargest = max(firstLargest, leaf.measures.first)
        let span = Self.span(leaf.measures)
        spanBase = min(spanBase, span)
        spanLargest = max(spanLargest, span)
      }
      if scoreLargest < scoreBase {
        // Only keys that are gone: nothing has measures.
        (scoreBase, scoreLargest, firstBase, firstLargest, spanBase) = (0, 0, 0, 0, 0)
      }
      let scoreSpread = UInt128(truncatingIfNeeded: scoreLargest &- scoreBase)
      scoreScale = Self.commonDivisor(leaves, base: scoreBase, spread: scoreSpread)
      widths = [
        Self.width(aLargest - aBase), Self.width(bLargest - bBase),
        Self.width(scoreSpread / UInt128(scoreScale)), Self.width(countLargest),
        Self.width(UInt64(bitPattern: firstLargest &- firstBase)), Self.width(spanLargest - spanBase),
        hasReset ? 1 : 0,
      ]
    }

    /// Appends all entries and the padding behind them.
    func appendRecords(_ leaves: [RunLeaf], to writer: inout ByteWriter) {
      var bits = BitAppender(bits: leaves.count * recordWidth)
      let needsDivision = scoreScale != 1
      let division = ExactDivision(by: scoreScale)
      let (a, b, score, count) = (widths[0], widths[1], widths[2], widths[3])
      let (first, span, reset) = (widths[4], widths[5], widths[6])
      // Most often the small fields have room in one word.
      let isNarrow = a + b + score + count <= 64
      for leaf in leaves {
        let isEmpty = leaf.measures.isEmpty
        var distance = isEmpty ? 0 : UInt128(truncatingIfNeeded: leaf.measures.score &- scoreBase)
        if needsDivision {
          // A scale is only looked for where all distances have 64 bits.
          distance = UInt128(division.quotient(UInt64(truncatingIfNeeded: distance)))
        }
        if isNarrow {
          // Where a shift is by all 64 bits, what it moves is 0.
          var word = leaf.measures.count &- 1
          word = word << UInt64(score) | UInt64(truncatingIfNeeded: distance)
          word = word << UInt64(b) | UInt64(leaf.b - bBase)
          word = word << UInt64(a) | UInt64(leaf.a - aBase)
          bits.append(word, a + b + score + count)
        } else {
          bits.append(UInt64(leaf.a - aBase), a)
          bits.append(UInt64(leaf.b - bBase), b)
          bits.append(UInt64(truncatingIfNeeded: distance), min(score, 64))
          if score > 64 { bits.append(UInt64(truncatingIfNeeded: distance >> 64), score - 64) }
          bits.append(leaf.measures.count &- 1, count)
        }
        bits.append(isEmpty ? 0 : UInt64(bitPattern: leaf.measures.first &- firstBase), first)
        bits.append(isEmpty ? 0 : Self.span(leaf.measures) - spanBase, span)
        bits.append(leaf.isReset ? 1 : 0, reset)
      }
      bits.finish(&writer)
    }

    private static func span(_ measures: Aggregate) -> UInt64 {
      UInt64(bitPattern: measures.last &- measures.first)
    }

    private static func width<T: FixedWidthInteger>(_ largest: T) -> Int {
      T.bitWidth - largest.leadingZeroBitCount
    }

    /// The greatest common divisor of all distances of scores from `base`; 1 where they are too far apart to look.
    private static func commonDivisor(_ leaves: [RunLeaf], base: Int128, spread: UInt128) -> UInt64 {
      guard spread <= UInt128(UInt64.max) else { return 1 }
      var divisor: UInt64 = 0
      var division = ExactDivision(by: 1)
      for leaf in leaves where !leaf.measures.isEmpty {
        var rest = UInt64(truncatingIfNeeded: leaf.measures.score &- base)
        if rest == 0 || (divisor != 0 && division.divides(rest)) { continue }
        while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
        if divisor == 1 { return 1 }
        division = ExactDivision(by: divisor)
      }
      return max(divisor, 1)
    }
  }

  /// Bit fields of any width up to 64 end to end, lowest bit first, and eight zero bytes at the end.
  struct BitAppender {
    private var words: [UInt64] = []
    private var pending: UInt64 = 0
    private var filled = 0

    /// Has room for so many bits.
    init(bits: Int) { words.reserveCapacity(bits / 64 + 1) }

    /// Appends the low `width` bits of `value`.
    @inline(__always)
    mutating func append(_ value: UInt64, _ width: Int) {
      guard width > 0 else { return }
      let masked = value & (~0 &>> UInt64(truncatingIfNeeded: 64 - width))
      pending |= masked &<< UInt64(truncatingIfNeeded: filled)
      if filled + width >= 64 {
        words.append(pending.littleEndian)
        let used = 64 - filled
        pending = used == 64 ? 0 : masked &>> UInt64(truncatingIfNeeded: used)
        filled = width - used
      } else {
        filled += width
      }
    }

    func finish(_ writer: inout ByteWriter) {
      writer.append(littleEndian: words)
      for index in 0..<(filled + 7) / 8 { writer.append(UInt8(truncatingIfNeeded: pending >> UInt64(8 * index))) }
      writer.append(zeros: 8)
    }
  }
}
