import Columnar

/// Where everything lies in one block of a run, to read entries straight from the mapped bytes.
///
/// Only positions and widths: the bytes come with every call, so that nothing is retained on the way to an entry. The
/// block must have been validated (`RunBlock+Validate.swift`) before; then no access leaves it. All positions are in
/// the file.
struct RunBlock {
  static let headerLength = 88
  static let largestCount = 65_535
  /// In the header: items have keys of different lengths.
  static let variableLength = 255

  // In the order in which a read needs them, and small, so that a block's layout is two lines of memory: tables hold the
  // layouts of all blocks.
  let groupTable: Int
  let itemTable: Int
  let itemKeys: Int
  let groupKeys: Int
  /// Position of the records in bits.
  let records: Int
  private let recordBits: UInt16
  private let keyLength: UInt8
  private let widths: (a: UInt8, b: UInt8, score: UInt8, count: UInt8, first: UInt8, span: UInt8, reset: UInt8)
  let aBase: UInt32
  let bBase: UInt32
  private let entries: UInt32
  private let groups: UInt32
  private let items: UInt32
  let scoreScale: UInt64
  let firstBase: Int64
  let spanBase: UInt64
  private let scoreBaseLow: UInt64
  private let scoreBaseHigh: UInt64

  @inline(__always) var entryCount: Int { Int(entries) }
  @inline(__always) var groupCount: Int { Int(groups) }
  @inline(__always) var itemCount: Int { Int(items) }
  @inline(__always) var recordWidth: Int { Int(recordBits) }
  @inline(__always) var aWidth: Int { Int(widths.a) }
  @inline(__always) var bWidth: Int { Int(widths.b) }
  @inline(__always) var scoreWidth: Int { Int(widths.score) }
  @inline(__always) var countWidth: Int { Int(widths.count) }
  @inline(__always) var firstWidth: Int { Int(widths.first) }
  @inline(__always) var spanWidth: Int { Int(widths.span) }
  @inline(__always) var resetWidth: Int { Int(widths.reset) }
  @inline(__always) var itemKeyLength: Int { Int(keyLength) }
  @inline(__always) var scoreBase: Int128 {
    Int128(truncatingIfNeeded: UInt128(scoreBaseHigh) << 64 | UInt128(scoreBaseLow))
  }

  /// Reads the header of a block; 88 bytes must be there.
  @inline(__always)
  init(_ file: Bytes, at start: Int) {
    entries = file.load(start, as: UInt32.self)
    groups = file.load(start + 4, as: UInt32.self)
    items = file.load(start + 8, as: UInt32.self)
    // No sum of widths is larger, and another one does not pass the check of the block.
    recordBits = UInt16(clamping: file.load(start + 12, as: UInt32.self))
    widths = (
      file[start + 16], file[start + 17], file[start + 18], file[start + 19], file[start + 20], file[start + 21],
      file[start + 22]
    )
    keyLength = file[start + 23]
    aBase = file.load(start + 24, as: UInt32.self)
    bBase = file.load(start + 28, as: UInt32.self)
    scoreBaseLow = file.load(start + 32, as: UInt64.self)
    scoreBaseHigh = file.load(start + 40, as: UInt64.self)
    scoreScale = file.load(start + 48, as: UInt64.self)
    firstBase = file.load(start + 56, as: Int64.self)
    spanBase = file.load(start + 64, as: UInt64.self)
    groupTable = start + Self.headerLength
    itemTable = start + Int(file.load(start + 72, as: UInt32.self))
    itemKeys = start + Int(file.load(start + 76, as: UInt32.self))
    groupKeys = start + Int(file.load(start + 80, as: UInt32.self))
    records = (start + Int(file.load(start + 84, as: UInt32.self))) * 8
  }

  /// The first item of group `index`; the number of items for the index behind the last.
  @inline(__always)
  func firstItem(_ file: Bytes, _ index: Int) -> Int { Int(file.load(groupTable + 8 * index + 4, as: UInt32.self)) }

  /// The first entry of item `index`; the number of entries for the index behind the last.
  @inline(__always)
  func firstEntry(_ file: Bytes, _ index: Int) -> Int {
    itemKeyLength == Self.variableLength
      ? Int(file.load(itemTable + 8 * index + 4, as: UInt32.self))
      : Int(file.load(itemTable + 2 * index, as: UInt16.self))
  }

  /// Where the key of a group lies.
  @inline(__always)
  func groupKey(_ file: Bytes, _ index: Int) -> (start: Int, length: Int) {
    let start = Int(file.load(groupTable + 8 * index, as: UInt32.self))
    let end = Int(file.load(groupTable + 8 * index + 8, as: UInt32.self))
    return (groupKeys + start, end - start)
  }

  /// Where the key of an item lies.
  @inline(__always)
  func itemKey(_ file: Bytes, _ index: Int) -> (start: Int, length: Int) {
    guard itemKeyLength == Self.variableLength else { return (itemKeys + index * itemKeyLength, itemKeyLength) }
    let start = Int(file.load(itemTable + 8 * index, as: UInt32.self))
    let end = Int(file.load(itemTable + 8 * index + 8, as: UInt32.self))
    return (itemKeys + start, end - start)
  }

  /// The group that an item belongs to.
  @inline(__always)
  func group(_ file: Bytes, ofItem item: Int) -> Int {
    var low = 0
    var size = groupCount
    // Without a branch on what is read, whose outcome nobody can foresee.
    while size > 1 {
      let half = size / 2
      low = firstItem(file, low &+ half) <= item ? low &+ half : low
      size &-= half
    }
    return low
  }

  /// Asks for what a read of an item will need, whose first entry is known, so that the waits for it overlap.
  @inline(__always)
  func prefetch(_ file: Bytes, item: Int, entry: Int) {
    if itemKeyLength == Self.variableLength {
      file.prefetch(itemTable &+ 8 &* item)
      file.prefetch(itemKeys)
    } else {
      let key = itemKeys &+ item &* itemKeyLength
      file.prefetch(key)
      file.prefetch(key &+ 16)
      file.prefetch(itemTable &+ 2 &* item)
    }
    let record = (records &+ entry &* recordWidth) >> 3
    file.prefetch(record)
    file.prefetch(record &+ 64)
    file.prefetch(groupTable)
    guard groups > 2 else { return file.prefetch(groupKeys) }
    // Where the search for the group begins, and about where the group's key lies, were all of one size.
    file.prefetch(groupTable &+ 4 &* groupCount)
    let group = Int(UInt32(truncatingIfNeeded: item) &* groups / max(items, 1))
    file.prefetch(groupTable &+ 8 &* group)
    file.prefetch(groupKeys &+ 17 &* group)
  }

  /// The first group whose key is not before `key`.
  @inline(__always)
  func lowerBound(_ file: Bytes, group key: Bytes) -> (index: Int, isEqual: Bool) {
    var low = 0
    var high = groupCount
    while low < high {
      let middle = (low + high) / 2
      let (start, length) = groupKey(file, middle)
      let order = compareKeys(file, start, length, key, 0, key.count)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// The first of the items of a range whose key is not before `key`.
  @inline(__always)
  func lowerBound(_ file: Bytes, item key: Bytes, in range: Range<Int>) -> (index: Int, isEqual: Bool) {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = (low + high) / 2
      let (start, length) = itemKey(file, middle)
      let order = compareKeys(file, start, length, key, 0, key.count)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// The item of a range, all of one group, that has this key; nil where none has it.
  ///
  /// Keys of one length are mostly UUIDs: where one of them stands among the others is guessed from its value, and the
  /// guess made better a few times, so that a look-up touches the places around it only. Other keys are searched by halves.
  @inline(__always)
  func find(_ file: Bytes, item key: KeySpan, in range: Range<Int>) -> Int? {
    var low = range.lowerBound
    var high = range.upperBound
    if itemKeyLength >= 8, itemKeyLength != Self.variableLength {
      var guess = low + Int((key.prefix << 8).multipliedFullWidth(by: UInt64(range.count)).high)
      var round = 0
      while high - low > 2, round < 6 {
        guess = min(max(guess, low), high - 1)
        let prefix = KeySpan.prefix(file, itemKeys + guess * itemKeyLength, itemKeyLength)
        if prefix == key.prefix { break }
        let isBefore = prefix < key.prefix
        let distance = isBefore ? key.prefix &- prefix : prefix &- key.prefix
        // Ever bolder, so that uneven keys do not cost a step for each.
        let step =
          1 + round * round
          + (distance >> 56 == 0
            ? Int((distance << 8).multipliedFullWidth(by: UInt64(range.count)).high) : range.count)
        if isBefore {
          low = guess + 1
          guess += step
        } else {
          high = guess
          guess -= step
        }
        round += 1
      }
      if low <= guess, guess < high, round < 6, high - low > 2 {
        // The first eight bytes agree; others beside may share them.
        let order = compareKeys(
          file, itemKeys + guess * itemKeyLength, itemKeyLength, key.bytes, key.start, key.length)
        if order == 0 { return guess }
        if order < 0 { low = guess + 1 } else { high = guess }
      }
    }
    while low < high {
      let middle = (low + high) / 2
      let (start, length) = itemKey(file, middle)
      let order = compareKeys(file, start, length, key.bytes, key.start, key.length)
      if order == 0 { return middle }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// The first of the entries of a range, all of one item, whose (a, b) is not before `order`.
  func lowerBound(_ file: Bytes, order: UInt64, in range: Range<Int>) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = (low + high) / 2
      if self.order(file, middle) < order { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// `a` and `b` of an entry as one number.
  @inline(__always)
  func order(_ file: Bytes, _ entry: Int) -> UInt64 {
    let bit = records + entry * recordWidth
    let a = aBase &+ UInt32(truncatingIfNeeded: Self.field(file, bit, aWidth))
    let b = bBase &+ UInt32(truncatingIfNeeded: Self.field(file, bit + aWidth, bWidth))
    return UInt64(a) << 32 | UInt64(b)
  }

  /// One entry.
  @inline(__always)
  func leaf(_ file: Bytes, _ entry: Int) -> RunLeaf {
    let bit = records + entry * recordWidth
    // Fields of usual width come with one load each, the small ones before the times with one for all.
    if aWidth &+ bWidth &+ scoreWidth &+ countWidth <= 57, firstWidth <= 57, spanWidth <= 57 {
      return narrowLeaf(file, bit)
    }
    return wideLeaf(file, bit)
  }

  @inline(__always)
  private func narrowLeaf(_ file: Bytes, _ start: Int) -> RunLeaf {
    var bit = start
    var head = Self.word(file, bit)
    let a = aBase &+ UInt32(truncatingIfNeeded: Self.take(&head, aWidth))
    let b = bBase &+ UInt32(truncatingIfNeeded: Self.take(&head, bWidth))
    let product = scoreScale.multipliedFullWidth(by: Self.take(&head, scoreWidth))
    let count = Self.take(&head, countWidth) &+ 1
    bit = bit &+ aWidth &+ bWidth &+ scoreWidth &+ countWidth
    var firsts = Self.word(file, bit)
    let first = firstBase &+ Int64(bitPattern: Self.take(&firsts, firstWidth))
    bit = bit &+ firstWidth
    var spans = Self.word(file, bit)
    let span = spanBase &+ Self.take(&spans, spanWidth)
    bit = bit &+ spanWidth
    let isReset = resetWidth != 0 && Self.word(file, bit) & 1 != 0
    // No width below 64 holds the count that stands for none, so there are measures.
    let score = scoreBase &+ Int128(truncatingIfNeeded: UInt128(product.high) << 64 | UInt128(product.low))
    return RunLeaf(
      a: a, b: b,
      measures: Aggregate(score: score, count: count, first: first, last: first &+ Int64(bitPattern: span)),
      isReset: isReset)
  }

  /// At least 57 bits from a bit of the file on. Eight bytes follow the last record of a block.
  @inline(__always)
  private static func word(_ file: Bytes, _ bit: Int) -> UInt64 {
    file.load(bit >> 3, as: UInt64.self) &>> UInt64(truncatingIfNeeded: bit & 7)
  }

  /// Takes the lowest `width` bits, fewer than 64, away.
  @inline(__always)
  private static func take(_ word: inout UInt64, _ width: Int) -> UInt64 {
    let bits = UInt64(truncatingIfNeeded: width)
    defer { word = word &>> bits }
    return word & ((1 &<< bits) &- 1)
  }

  private func wideLeaf(_ file: Bytes, _ start: Int) -> RunLeaf {
    var bit = start
    let a = aBase &+ UInt32(truncatingIfNeeded: Self.field(file, bit, aWidth))
    bit += aWidth
    let b = bBase &+ UInt32(truncatingIfNeeded: Self.field(file, bit, bWidth))
    bit += bWidth
    let score = self.score(file, bit)
    bit += scoreWidth
    let count = Self.field(file, bit, countWidth) &+ 1
    bit += countWidth
    let first = firstBase &+ Int64(bitPattern: Self.field(file, bit, firstWidth))
    bit += firstWidth
    let span = spanBase &+ Self.field(file, bit, spanWidth)
    bit += spanWidth
    let isReset = Self.field(file, bit, resetWidth) != 0
    // A full value of no events says that the key is gone; its other measures mean nothing.
    let measures =
      count == 0
      ? Aggregate.empty
      : Aggregate(score: score, count: count, first: first, last: first &+ Int64(bitPattern: span))
    return RunLeaf(a: a, b: b, measures: measures, isReset: isReset)
  }

  @inline(__always)
  private func score(_ file: Bytes, _ bit: Int) -> Int128 {
    let low = Self.field(file, bit, min(scoreWidth, 64))
    if scoreWidth <= 64 {
      let product = scoreScale.multipliedFullWidth(by: low)
      return scoreBase &+ Int128(truncatingIfNeeded: UInt128(product.high) << 64 | UInt128(product.low))
    }
    let high = Self.field(file, bit + 64, scoreWidth - 64)
    let value = UInt128(high) << 64 | UInt128(low)
    return scoreBase &+ Int128(truncatingIfNeeded: value &* UInt128(scoreScale))
  }

  /// The number in `width` bits, 0 to 64, from bit `bit` of the file on.
  @inline(__always)
  private static func field(_ file: Bytes, _ bit: Int, _ width: Int) -> UInt64 {
    guard width > 0 else { return 0 }
    let byte = bit >> 3
    let shift = bit & 7
    var value = file.load(byte, as: UInt64.self) &>> UInt64(truncatingIfNeeded: shift)
    if shift + width > 64 { value |= UInt64(file[byte + 8]) &<< UInt64(truncatingIfNeeded: 64 - shift) }
    return value & (~0 &>> UInt64(truncatingIfNeeded: 64 - width))
  }
}
