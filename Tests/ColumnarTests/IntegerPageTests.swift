import Testing

@testable import Columnar

@Suite struct IntegerPageTests {
  /// Values that lead to every encoding, and to the edges of each.
  static let samples: [[Int64]] = [
    [], [0], [7], [Int64.min], [Int64.max, Int64.min], [5, 5, 5, 5],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], (0..<5_000).map { 1_000_000 + $0 * 3 }, (0..<5_000).map { $0 / 1_000 },
    (0..<4_096).map { ($0 &* 2_654_435_761) % 997 - 500 }, (0..<300).map { ($0 * $0 % 17) * 1_000_000 },
    (0..<65).map { Int64.max - $0 }, (0..<64).map { 1 << $0 }, (0..<100).map { $0 % 2 == 0 ? .min : .max },
    [1, 1, 1, 2, 2, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, -4],
  ]

  /// Runs of about five, no two of one length.
  static let shortRuns: [Int64] = {
    var values: [Int64] = []
    var state: UInt64 = 1
    while values.count < 4_096 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Int64(state >> 60)
      for _ in 0...Int(state >> 50 & 7) { values.append(value) }
    }
    return Array(values[..<4_096])
  }()
  /// A narrow band that moves on from block to block.
  static let drifting: [Int64] = (0..<4_096).map { (index: Int64) -> Int64 in
    index / 256 * 1_000_000_000_000 + (index * 37_003) % 100_003 * 10
  }
  static let extremes: [Int64] = (0..<513).map { (index: Int64) -> Int64 in index % 300 == 0 ? Int64.min : index }
  static let all = samples + [shortRuns, drifting, extremes]

  @Test(arguments: all, [(false, false), (true, false), (true, true)])
  func roundTrip(values: [Int64], options: (findScale: Bool, extended: Bool)) throws {
    var writer = ByteWriter()
    IntegerPage.encode(values, findScale: options.findScale, extended: options.extended, into: &writer)
    if !options.extended { #expect(writer.bytes[0] < IntegerPage.markedRuns, "older readers know four encodings") }
    writer.append(UInt8(0xEE))
    var reader = ByteReader(Bytes(writer.bytes))
    #expect(try IntegerPage.decode(&reader, count: values.count) == values)
    #expect(reader.remaining == 1, "the page ends where the next begins")
    var again = ByteReader(Bytes(writer.bytes))
    let view = try IntegerPageView(&again, count: values.count)
    #expect(again.remaining == 1)
    #expect(values.indices.allSatisfy { view[$0] == values[$0] })
    var tail: [Int64] = []
    view.append(values.count / 2..<values.count, to: &tail)
    #expect(tail == Array(values[(values.count / 2)...]))
    var whole: [Int64] = [1]
    view.append(0..<values.count, to: &whole)
    #expect(whole == [1] + values)
    // Runs, in memory of the runs of another page.
    var runs = IntegerRuns()
    var other = ByteWriter()
    IntegerPage.encode(Self.shortRuns, extended: true, into: &other)
    var first = ByteReader(Bytes(other.bytes))
    try runs.read(&first, count: Self.shortRuns.count)
    var last = ByteReader(Bytes(writer.bytes))
    try runs.read(&last, count: values.count)
    #expect(last.remaining == 1 && runs.values.count == runs.ends.count)
    var expanded: [Int64] = []
    for (value, end) in zip(runs.values, runs.ends) {
      #expect(Int(end) > expanded.count)
      expanded += [Int64](repeating: value, count: Int(end) - expanded.count)
    }
    #expect(expanded == values)
  }

  /// What each encoding is for costs what it should.
  @Test func encodingsPay() {
    func length(_ values: [Int64], findScale: Bool = false) -> Int {
      var writer = ByteWriter()
      IntegerPage.encode(values, findScale: findScale, into: &writer)
      return writer.count
    }
    #expect(length([Int64](repeating: 42, count: 4_096)) == 2)
    #expect(length((0..<4_096).map { 1_000 + 5 * $0 }) < 20, "steps of one size need no bits")
    #expect(length((0..<4_096).map { $0 / 512 }) < 100, "runs")
    #expect(length((0..<4_096).map { ($0 &* 40_503) % 256 }) <= 4_096 + 32, "eight bits each")
    let thousands = (0..<4_096).map { Int64(($0 * 37) % 100) * 1_000 }
    #expect(length(thousands, findScale: true) < length(thousands) * 6 / 10, "a common factor")
  }

  @Test func encodingsOfSegmentsPay() {
    func page(_ values: [Int64], extended: Bool = true) -> [UInt8] {
      var writer = ByteWriter()
      IntegerPage.encode(values, extended: extended, into: &writer)
      return writer.bytes
    }
    let short = Self.shortRuns
    #expect(page(short)[0] == IntegerPage.markedRuns)
    #expect(page(short).count < page(short, extended: false).count)
    let drifting = Self.drifting
    #expect(page(drifting)[0] == IntegerPage.blocks)
    #expect(page(drifting).count * 3 < page(drifting, extended: false).count * 2)
  }

  /// All widths, as each has a loop of its own.
  @Test func everyWidth() throws {
    for width in Array(1...56) + [64] {
      let largest = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
      let values = (0..<101).map { index -> Int64 in
        Int64(bitPattern: index == 100 ? largest : (UInt64(index) &* 0x9E37_79B9_7F4A_7C15) & largest)
      }
      var bytes: [UInt8] = []
      BitPacking.append(values, 0..<values.count, base: 0, scale: 1, width: width, to: &bytes)
      var unpacked = [Int64](repeating: -1, count: values.count)
      unsafe unpacked.withUnsafeMutableBufferPointer { target in
        unsafe BitPacking.unpack(Bytes(bytes), 0, base: 5, scale: 3, width: width, into: target)
      }
      #expect(unpacked == values.map { 5 &+ 3 &* $0 }, "width \(width)")
    }
  }

  @Test func fieldsAreCounted() {
    for width in 1...8 {
      let values = (0..<700).map { Int64((UInt64($0) &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - width)) }
      var bytes: [UInt8] = [0xFF]
      BitPacking.append(values, 0..<values.count, base: 0, scale: 1, width: width, to: &bytes)
      let packed = Bytes(bytes)
      for range in [0..<700, 0..<0, 512..<513, 3..<511, 512..<700] {
        for value in Set([0, 1, UInt64(1 << width) - 1]) {
          #expect(
            BitPacking.count(packed, 1, range, width: width, of: value)
              == values[range].count { $0 == Int64(value) }, "width \(width), \(range)")
        }
      }
    }
  }

  /// Packed as the document says, bit by bit.
  @Test func packedLayout() {
    var writer = ByteWriter()
    IntegerPage.encode([10, 13, 11, 17], into: &writer)
    let expected: [UInt8] =
      [1, 3, 0, 0, 0, 0, 0, 0] + [10, 0, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0, 0, 0, 0, 0]
      // 0, 3, 1, 7 in three bits each, lowest first: 000 | 011 << 3 | 001 << 6 | 111 << 9.
      + [0b0101_1000, 0b0000_1110] + [UInt8](repeating: 0, count: 8)
    #expect(writer.bytes == expected)
  }

  @Test func hostilePagesThrow() throws {
    for (values, extended) in Self.all.flatMap({ [($0, false), ($0, true)] }) where values.count > 1 {
      var writer = ByteWriter()
      IntegerPage.encode(values, extended: extended, into: &writer)
      for length in 0..<min(writer.count, 80) {
        var reader = ByteReader(Bytes(Array(writer.bytes[..<length])))
        #expect(throws: FormatError.self) { try IntegerPage.decode(&reader, count: values.count) }
      }
      for offset in 0..<min(writer.count, 60) {
        for bit in 0..<8 {
          var damaged = writer.bytes
          damaged[offset] ^= 1 << UInt8(bit)
          var reader = ByteReader(Bytes(damaged))
          if let decoded = try? IntegerPage.decode(&reader, count: values.count) {
            #expect(decoded.count == values.count)
          }
          if let view = try? IntegerPageView(Bytes(damaged), count: values.count) {
            for index in stride(from: 0, to: values.count, by: 17) { _ = view[index] }
          }
        }
      }
    }
    for bad: [UInt8] in [[4], [9, 0], [6, 1, 0], [1, 57, 0, 0], [2, 0, 3], [3, 0], [3, 2, 3, 1, 0, 0]] {
      var reader = ByteReader(Bytes(bad + [UInt8](repeating: 0, count: 64)))
      #expect(throws: FormatError.self) { try IntegerPage.decode(&reader, count: 3) }
    }
  }
}
