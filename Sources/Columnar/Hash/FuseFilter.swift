/// A fuse filter over key hashes: no false negatives, false positives 1 in 128, at 7.5 bits a key; or wider.
///
/// Every key has four places, in four neighbouring segments of a table of small fingerprints, whose exclusive or is the
/// key's own fingerprint. The table is found by peeling: a place that only one open key has is given to that key, and
/// the keys are then settled in the opposite order.
///
/// Source: Graf, Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", https://arxiv.org/abs/2201.01174;
/// sizes from https://github.com/FastFilter/fastfilter_cpp. See Formats/encodings.md.
package struct FuseFilter: Sendable {
  static let headerLength = 16
  static let writtenWidth = 7
  /// Where a false positive costs much: 1 in 4 billion, at 35 bits a key.
  static let widestWidth = 32
  private static let mostAttempts: UInt32 = 32
  private static let largestSegmentLog = 18

  private let bytes: Bytes
  private let shape: Shape
  let width: Int

  var count: Int { shape.tableLength }

  /// The table: how it is divided, and which places a key has.
  private struct Shape: Sendable {
    let segmentLog: Int
    let segmentCount: Int
    let seed: UInt32

    var tableLength: Int { (segmentCount + 3) << segmentLog }

    @inline(__always)
    func mix(_ hash: UInt64) -> UInt64 {
      var x = hash &+ UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
      x ^= x &>> 33
      x = x &* 0xFF51_AFD7_ED55_8CCD
      x ^= x &>> 33
      x = x &* 0xC4CE_B9FE_1A85_EC53
      return x ^ x &>> 33
    }

    @inline(__always)
    func places(_ x: UInt64) -> (Int, Int, Int, Int) {
      let length = 1 &<< segmentLog
      let mask = UInt64(length &- 1)
      let y = x &* 0x9E37_79B9_7F4A_7C15
      let first = Int(truncatingIfNeeded: x.multipliedFullWidth(by: UInt64(segmentCount &<< segmentLog)).high)
      return (
        first, (first &+ length) ^ Int(truncatingIfNeeded: y &>> 8 & mask),
        (first &+ 2 &* length) ^ Int(truncatingIfNeeded: y &>> 26 & mask),
        (first &+ 3 &* length) ^ Int(truncatingIfNeeded: y &>> 44 & mask)
      )
    }

    @inline(__always)
    static func fingerprint(_ x: UInt64, _ width: Int) -> UInt64 { (x ^ x &>> 32) & ((1 &<< UInt64(width)) &- 1) }
  }

  /// Reads a stored filter.
  init(_ bytes: Bytes) throws(FormatError) {
    var reader = ByteReader(bytes)
    let segmentLog = Int(try reader.read(UInt8.self, "segment length"))
    width = Int(try reader.read(UInt8.self, "width of a fingerprint"))
    let reserved = try reader.read(UInt16.self, "reserved")
    let seed = try reader.read(UInt32.self, "seed")
    let segmentCount = try reader.read(UInt64.self, "segments")
    guard segmentLog <= Self.largestSegmentLog, width >= 1, width <= Self.widestWidth, reserved == 0, segmentCount >= 1,
      segmentCount <= 1 << 32
    else { throw FormatError(offset: 0, "the header of a fuse filter makes no sense") }
    shape = Shape(segmentLog: segmentLog, segmentCount: Int(segmentCount), seed: seed)
    let length = BitPacking.length(count: shape.tableLength, width: width)
    guard reader.remaining == length else {
      throw FormatError(offset: 0, "a fuse filter of \(reader.remaining) bytes where \(length) belong")
    }
    self.bytes = bytes
  }

  /// False only where the key is surely absent.
  func mayContain(_ hash: UInt64) -> Bool {
    let x = shape.mix(hash)
    let (a, b, c, d) = shape.places(x)
    let found = field(a) ^ field(b) ^ field(c) ^ field(d)
    return found == Shape.fingerprint(x, width)
  }

  /// Those of `rows` whose key, of hash `hashes[row]`, may be here. The fields of a filter that fits no cache are asked for some
  /// rows ahead, so that the waits for them overlap.
  func candidates(_ rows: [UInt32], hashes: [UInt64]) -> [UInt32] {
    let ahead = bytes.count > Self.largestOfCache ? Self.rowsAhead : rows.count
    var kept: [UInt32] = []
    for place in rows.indices {
      if place + ahead < rows.count { prefetch(hashes[Int(rows[place + ahead])]) }
      if mayContain(hashes[Int(rows[place])]) { kept.append(rows[place]) }
    }
    return kept
  }

  private static let rowsAhead = 12
  private static let largestOfCache = 256 << 10

  @inline(__always)
  private func prefetch(_ hash: UInt64) {
    let (a, b, c, d) = shape.places(shape.mix(hash))
    bytes.prefetch(Self.headerLength &+ (a &* width) >> 3)
    bytes.prefetch(Self.headerLength &+ (b &* width) >> 3)
    bytes.prefetch(Self.headerLength &+ (c &* width) >> 3)
    bytes.prefetch(Self.headerLength &+ (d &* width) >> 3)
  }

  @inline(__always)
  private func field(_ index: Int) -> UInt64 {
    BitPacking.field(bytes, Self.headerLength, index: index, width: width)
  }

  /// The stored form of a filter over distinct `hashes`; nil in the unheard-of case that none is found.
  static func build(_ hashes: [UInt64], width: Int = writtenWidth) -> [UInt8]? {
    width <= 8 ? build(hashes, width, UInt8.self) : build(hashes, width, UInt32.self)
  }

  /// The table takes a `Field` for each fingerprint while it is made.
  private static func build<Field: FixedWidthInteger & UnsignedInteger>(
    _ hashes: [UInt64], _ width: Int, _ type: Field.Type
  ) -> [UInt8]? {
    // Equal hashes, which a store with very much bad luck has, would never be told apart.
    for attempt in 0..<mostAttempts {
      let shape = shape(count: hashes.count, seed: attempt)
      if let table: [Field] = solve(hashes, shape, width) {
        var writer = ByteWriter(capacity: headerLength + BitPacking.length(count: table.count, width: width))
        writer.append(UInt8(shape.segmentLog))
        writer.append(UInt8(width))
        writer.append(UInt16(0))
        writer.append(shape.seed)
        writer.append(UInt64(shape.segmentCount))
        BitPacking.append(
          table.map { Int64($0) }, 0..<table.count, base: 0, scale: 1, width: width, to: &writer.bytes)
        return writer.bytes
      }
    }
    return nil
  }

  /// A table a little larger than the keys are many; the sizes are those that were found to work with four places.
  private static func shape(count: Int, seed: UInt32) -> Shape {
    // Segments of about count^0.65 / 1.41, in whole numbers so that every machine decides the same.
    let bits = 64 - UInt64(max(count, 2)).leadingZeroBitCount
    let segmentLog = min(largestSegmentLog, max(2, (bits * 65 + 5) / 100 - 1))
    // From 1.15 for some ten thousand keys down to 1.075 from 600,000 on.
    let perMille = bits >= 20 ? 1_080 : 1_080 + (20 - bits) * 16
    let length = count * perMille / 1_000 + 32
    let segments = max(1, (length + (1 << segmentLog) - 1) >> segmentLog - 3)
    return Shape(segmentLog: segmentLog, segmentCount: segments, seed: seed)
  }

  /// The fingerprints of the table, or nil where peeling gets stuck.
  private static func solve<Field: FixedWidthInteger & UnsignedInteger>(
    _ hashes: [UInt64], _ shape: Shape, _ width: Int
  ) -> [Field]? {
    var mixed = ordered(hashes, shape)
    // Of every place how many open keys have it, and the exclusive or of them.
    var counts = [UInt8](repeating: 0, count: shape.tableLength)
    var keys = [UInt64](repeating: 0, count: shape.tableLength)
    let isTooFull = unsafe counts.withUnsafeMutableBufferPointer { counts in
      unsafe keys.withUnsafeMutableBufferPointer { keys in
        var largest: UInt8 = 0
        for x in mixed {
          let (a, b, c, d) = shape.places(x)
          unsafe counts[a] &+= 1
          unsafe counts[b] &+= 1
          unsafe counts[c] &+= 1
          unsafe counts[d] &+= 1
          unsafe keys[a] ^= x
          unsafe keys[b] ^= x
          unsafe keys[c] ^= x
          unsafe keys[d] ^= x
          unsafe largest = max(largest, counts[a], counts[d])
        }
        return largest > 250
      }
    }
    if isTooFull { return nil }
    // From here on the table has all keys.
    mixed = []
    // The places that keys were given to; each keeps its key, since no open key has that place any more.
    var settled: [UInt32] = []
    settled.reserveCapacity(hashes.count)
    var open: [UInt32] = []
    for place in counts.indices where counts[place] == 1 { open.append(UInt32(place)) }
    while let place = open.popLast() {
      guard counts[Int(place)] == 1 else { continue }
      let x = keys[Int(place)]
      settled.append(place)
      let (a, b, c, d) = shape.places(x)
      remove(x, a, &counts, &keys, &open)
      remove(x, b, &counts, &keys, &open)
      remove(x, c, &counts, &keys, &open)
      remove(x, d, &counts, &keys, &open)
      keys[Int(place)] = x
    }
    guard settled.count == hashes.count else { return nil }
    var table = [Field](repeating: 0, count: shape.tableLength)
    for place in settled.reversed() {
      let x = keys[Int(place)]
      let (a, b, c, d) = shape.places(x)
      let value = table[a] ^ table[b] ^ table[c] ^ table[d] ^ table[Int(place)]
      table[Int(place)] = value ^ Field(truncatingIfNeeded: Shape.fingerprint(x, width))
    }
    return table
  }

  @inline(__always)
  private static func remove(
    _ x: UInt64, _ place: Int, _ counts: inout [UInt8], _ keys: inout [UInt64], _ open: inout [UInt32]
  ) {
    counts[place] &-= 1
    keys[place] ^= x
    if counts[place] == 1 { open.append(UInt32(truncatingIfNeeded: place)) }
  }

  /// The mixed hashes, those with neighbouring places next to each other, so that the cache holds what is worked on.
  private static func ordered(_ hashes: [UInt64], _ shape: Shape) -> [UInt64] {
    let bits = min(16, max(1, 64 - UInt64(shape.segmentCount).leadingZeroBitCount))
    let shift = UInt64(64 - bits)
    var starts = [Int](repeating: 0, count: (1 << bits) + 1)
    var mixed = [UInt64](repeating: 0, count: hashes.count)
    for index in hashes.indices {
      let x = shape.mix(hashes[index])
      mixed[index] = x
      starts[Int(x >> shift) + 1] += 1
    }
    for bucket in 1..<starts.count { starts[bucket] += starts[bucket - 1] }
    var result = [UInt64](repeating: 0, count: hashes.count)
    for x in mixed {
      let bucket = Int(x >> shift)
      result[starts[bucket]] = x
      starts[bucket] += 1
    }
    return result
  }
}
