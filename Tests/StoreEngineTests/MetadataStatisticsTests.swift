import Columnar
import StorageIO
import TestSupport
import Testing

@testable import StoreEngine

/// Statistics of numbers and times in metadata: they are true, they prune, and damage is found.
@Suite struct MetadataStatisticsTests {
  private static func bounds(_ texts: String...) -> ValueBounds {
    var bounds = ValueBounds()
    for text in texts { bounds.add(Bytes(Array(text.utf8)), 0..<text.utf8.count) }
    return bounds
  }

  // MARK: Values

  /// Mantissas and powers of ten against whole numbers of 128 bits.
  @Test func numbersAreRoundedOutwards() throws {
    var random = SeededGenerator(seed: 3)
    for round in 0..<20_000 {
      let digits = 1 + Int(random.next() % 15)
      let mantissa =
        Int128(random.next() % (1...digits).reduce(10) { power, _ in power * 10 }) * (round % 2 == 0 ? 1 : -1)
      let exponent = Int(random.next() % 22) - 14
      var floor = mantissa
      var ceiling = mantissa
      for _ in 0..<max(0, exponent + 6) { (floor, ceiling) = (floor * 10, ceiling * 10) }
      if exponent + 6 < 0 {
        let divisor = (0..<(-exponent - 6)).reduce(Int128(1)) { power, _ in power * 10 }
        let (quotient, rest) = mantissa.quotientAndRemainder(dividingBy: divisor)
        floor = quotient - (rest < 0 ? 1 : 0)
        ceiling = quotient + (rest > 0 ? 1 : 0)
      }
      let text = "\(mantissa)e\(exponent)"
      let number = try #require(JSONDecimal(Bytes(Array(text.utf8)), 0..<text.utf8.count))
      let found = number.millionths(Bytes(Array(text.utf8)))
      let limits = (low: Int128(Int64.min), high: Int128(Int64.max))
      #expect(Int128(found.floor) == min(max(floor, limits.low), limits.high), "\(text)")
      #expect(Int128(found.ceiling) == min(max(ceiling, limits.low), limits.high), "\(text)")
      let known = Self.bounds(text)
      #expect(known.numbers?.lowerBound == min(found.floor, .max - 1), "\(text)")
      #expect(known.numbers?.upperBound == max(found.ceiling, .min + 1), "\(text)")
    }
  }

  @Test func onlyNumbersAndTimesCount() {
    #expect(Self.bounds("", "x", "-", "01", "1a", "2026-13-01", "12345678-1234", "true", "--1", "1-", "{").isEmpty)
    #expect(Self.bounds("5", "-7", "x", "0.5").numbers == -7_000_000...5_000_000)
    #expect(Self.bounds("0").numbers == 0...0 && Self.bounds("-0").numbers == 0...0)
    #expect(Self.bounds("999999999999", "1000000000000").numbers == 999_999_999_999_000_000...1_000_000_000_000_000_000)
    #expect(Self.bounds("1e300", "-1e300").numbers == Int64.min...Int64.max)
    #expect(Self.bounds("1e300").numbers == Int64.max - 1...Int64.max)
    #expect(Self.bounds("-1e300").numbers == Int64.min...Int64.min + 1)
    let times = Self.bounds("2026-01-01", "1969-12-31T23:59:59Z", "0001-01-01", "2026")
    #expect(times.times == Timestamp.earliest.microseconds...1_767_225_600_000_000)
    #expect(times.numbers == 2_026_000_000...2_026_000_000)
  }

  /// Every order of every pair of values: what holds is never ruled out, and what is beyond is.
  @Test func boundsNeverRuleOutWhatHolds() throws {
    let texts = [
      "0", "1", "-1", "1.0000001", "0.9999999", "-1.0000001", "1e-9", "-1e-9", "9223372036854.775807",
      "9223372036854.775806", "-9223372036854.775808", "-9223372036854.775809", "1e40", "-1e40", "2e40", "-2e40",
      "12.5", "0.000001", "-9223372036854.7758075",
    ]
    func number(_ text: String) throws -> (JSONDecimal, Bytes) {
      let bytes = Bytes(Array(text.utf8))
      return (try #require(JSONDecimal(bytes, 0..<bytes.count)), bytes)
    }
    for value in texts {
      let known = Self.bounds(value)
      let (left, leftText) = try number(value)
      for bound in texts {
        let (right, rightText) = try number(bound)
        let order = JSONDecimal.compare(left, leftText, right, rightText)
        for comparison in [MetadataPredicate.Order.less, .lessOrEqual, .greater, .greaterOrEqual] {
          let may = known.mayHaveNumber(comparison, right.millionths(rightText))
          if comparison.holds(order) { #expect(may, "\(value) \(comparison) \(bound)") }
        }
      }
    }
    #expect(!Self.bounds("5", "7").mayHaveNumber(.greater, (7_000_000, 7_000_000)))
    #expect(!Self.bounds("5", "7").mayHaveNumber(.less, (5_000_000, 5_000_000)))
    #expect(!Self.bounds("5", "7").mayHaveNumber(.lessOrEqual, (4_999_999, 5_000_000)))
    #expect(!Self.bounds("5", "7").mayHaveTime(.less, .max))
  }

  @Test func spellingsOfAValueAreOne() throws {
    for (texts, spelling) in [
      (["1", "1.0", "10e-1", "0.1E1"], "1"), (["-12.50", "-1250e-2"], "-12.5"), (["0", "-0.0", "0e9"], "0"),
      (["0.00001", "1e-5"], "0.00001"), (["0.0000001", "1e-7"], "1e-7"), (["1200", "1.2e3"], "1200"),
      (["12345e30"], "1.2345e34"), (["-3e40"], "-3e40"),
    ] {
      for text in texts {
        let bytes = Bytes(Array(text.utf8))
        let number = try #require(JSONDecimal(bytes, 0..<bytes.count))
        #expect(String(decoding: number.spelling(bytes), as: UTF8.self) == spelling, "\(text)")
      }
    }
  }

  // MARK: Pages

  private static let some = MetadataStatistics([
    .init(path: Array("/due".utf8), bounds: bounds("2026-01-01", "2026-05-01")),
    .init(path: Array("/amount".utf8), bounds: bounds("1", "1e300", "-2.5")),
    .init(path: Array("/both/*".utf8), bounds: bounds("1970-01-02", "17")),
    .init(path: Array("/text".utf8), bounds: bounds("x")),
  ])

  @Test func pagesComeBack() throws {
    let some = Self.some
    #expect(some.entries.count == 3 && some.isComplete)
    #expect(
      some.description
        == "/amount -2.5 to 9223372036854.775807, /both/* 17 to 17 1970-01-02T00:00:00Z to 1970-01-02T00:00:00Z, /due 2026-01-01T00:00:00Z to 2026-05-01T00:00:00Z"
    )
    var reader = ByteReader(Bytes(some.encoded()))
    #expect(try MetadataStatistics(&reader) == some)
    try reader.expectEnd("page")
    let many = MetadataStatistics((0..<300).map { .init(path: Array("/\($0)".utf8), bounds: Self.bounds("\($0)")) })
    #expect(many.entries.count == MetadataStatistics.mostPaths && !many.isComplete)
    #expect(many.mayHave(Array("/x".utf8)) { _ in false } && !many.mayHave(Array("/17".utf8)) { _ in false })
    let long = MetadataStatistics([.init(path: [UInt8](repeating: 97, count: 5_000), bounds: Self.bounds("1"))])
    #expect(long.entries.isEmpty && !long.isComplete && long != .empty)
    #expect(!MetadataStatistics.empty.mayHave([]) { _ in true })
  }

  @Test func hostilePagesAreRefused() {
    let page = Self.some.encoded()
    for length in 0..<page.count {
      var reader = ByteReader(Bytes(Array(page[..<length])))
      #expect(throws: FormatError.self) { _ = try MetadataStatistics(&reader) }
    }
    for place in page.indices {
      for bit in 0..<8 {
        var changed = page
        changed[place] ^= 1 << UInt8(bit)
        var reader = ByteReader(Bytes(changed))
        // Never a trap; what is read can be shown and asked.
        guard let read = try? MetadataStatistics(&reader) else { continue }
        #expect(!read.description.isEmpty || read.entries.isEmpty)
        _ = read.mayHave(Array("/amount".utf8)) { $0.mayHaveNumber(.less, (0, 0)) }
      }
    }
    func refused(_ build: (inout ByteWriter) -> Void) {
      var writer = ByteWriter()
      build(&writer)
      var reader = ByteReader(Bytes(writer.bytes))
      #expect(throws: FormatError.self) { _ = try MetadataStatistics(&reader) }
    }
    refused { $0.append(UInt8(2)) }
    for (kind, smallest, span) in [
      (UInt8(1), Int64.max, UInt64(0)), (1, Int64.min, 0), (1, 5, UInt64.max), (2, Int64.min, 0),
      (2, 0, UInt64(Int64.max)),
      (0, 0, 0), (4, 0, 0),
    ] {
      refused {
        $0.append(UInt8(1))
        $0.appendVarint(1)
        $0.appendText("/a")
        $0.append(kind)
        $0.appendSignedVarint(smallest)
        $0.appendVarint(span)
      }
    }
    refused {
      $0.append(UInt8(1))
      $0.appendVarint(2)
      for _ in 0..<2 {
        $0.appendText("/a")
        $0.append(UInt8(1))
        $0.appendSignedVarint(1)
        $0.appendVarint(1)
      }
    }
  }

  // MARK: Segments

  /// Rows of one user each thousand, in their order, with metadata that grow along.
  private static func segment(_ count: Int, _ metadata: (Int) -> String) throws -> Segment {
    var batch = EventBatch()
    for row in 0..<count {
      batch.appendRow(
        idHigh: 0x0123_4567_89AB_7000, idLow: 0x8000_0000_0000_0000 + UInt64(row),
        user: batch.users.intern(Identifier.encode("user \(100_000 + row / 10)")),
        entity: batch.entities.intern(Identifier.encode("e")), entityType: batch.entityTypes.intern("t"),
        dimension: batch.dimensions.intern("d"), delta: 1, source: batch.sources.intern(""),
        scope: batch.scopes.intern(""), createdAt: Int64(row), metadata: batch.metadatas.intern(metadata(row)))
    }
    let disk = SimulatedDisk(seed: 1)
    let output = FileOutput(file: try disk.open("s", .create), path: "s")
    let writer = SegmentWriter(fileID: 77, hashSeed: fixtureSeed, codec: .lz4, metadataLimit: 100_000, output: output)
    try writer.append(batch, order: batch.sortedOrder())
    _ = try writer.finish()
    return try Segment(bytes: Bytes(disk.read("s")), path: "s", expectedFileID: 77)
  }

  private static let first = Timestamp("2026-01-01")!.microseconds

  private static func metadata(_ row: Int) -> String {
    let due = Timestamp(microseconds: first + Int64(row) * 3_600_000_000)
    return #"{"amount":\#(row).5,"due":"\#(due)","list":[\#(row),"x"],"name":"n\#(row % 100)"}"#
  }

  @Test func rangesPruneRowGroups() throws {
    let segment = try Self.segment(20_000, Self.metadata)
    let count = segment.rowGroupCount
    #expect(count >= 10)
    try segment.verify(hashSeed: fixtureSeed)
    func groups(_ text: String) throws -> Int {
      let predicate = try MetadataPredicate(text)
      return try (0..<count).filter { try segment.mayMatch(predicate, rowGroup: $0) }.count
    }
    func found(_ text: String) throws -> Int {
      let filter = EventFilter(where: try MetadataPredicate(text))
      return try SegmentScanTests.drain(SegmentScan(segment, filter: filter)).count
    }
    for (condition, most, rows) in [
      ("metadata.amount >= 100 and metadata.amount < 200", 1, 100), ("metadata.amount > 19990", 1, 10),
      ("metadata.amount < 0.5", 0, 0), ("metadata.amount <= 5e-1", 1, 1), ("metadata.amount > 1e30", 0, 0),
      ("metadata.amount = 7000.50", 2, 1), ("metadata.amount in (3.5, 19999.5)", 2, 2),
      ("metadata.due < '2026-01-02'", 1, 24), ("metadata.due >= '2028-01-01T00:00:00+02:00'", 6, 20_000 - 17_518),
      ("metadata.due < '2026-01-01'", 0, 0), ("metadata.list contains 12345", 2, 1), ("metadata.list[0] < 5", 1, 5),
      ("metadata.list[*] >= 19999", 1, 1), ("metadata.name > 3", 0, 0), ("metadata.name > '2020-01-01'", 0, 0),
      ("metadata.amount < 1 or metadata.amount > 19999", 2, 2), ("metadata.none < 1", 1, 0),
    ] {
      #expect(try groups(condition) <= most, "\(condition)")
      #expect(try found(condition) == rows, "\(condition)")
    }
    #expect(try groups("not metadata.amount > 1e30") == count)
    #expect(try groups("metadata.name > 'n5'") == count)
    let bytes = segment.sizes.first { $0.name == "metadata statistics" }?.bytes ?? 0
    #expect(bytes > 0 && bytes <= count * 80, "\(bytes) for \(count)")
  }

  @Test func withoutNumbersThereIsNoPage() throws {
    let segment = try Self.segment(100) { #"{"name":"n\#($0)"}"# }
    #expect(segment.footer.rowGroups.allSatisfy { $0.metadataStatistics == .empty })
    #expect(try !segment.mayMatch(try MetadataPredicate("metadata.name > 3"), rowGroup: 0))
    try segment.verify(hashSeed: fixtureSeed)
    // Too many paths to know of.
    let wide = try Self.segment(3_000) { #"{"only \#($0)":1}"# }
    #expect(
      wide.footer.rowGroups.contains {
        $0.metadataStatistics == .unknown || (try? wide.metadataStatistics(0))?.isComplete == false
      })
    try wide.verify(hashSeed: fixtureSeed)
  }

  /// The same file with other statistics of its first row group, and every checksum right.
  private static func changed(_ segment: Segment, _ statistics: MetadataStatistics) throws -> Segment {
    var bytes = Array(segment.bytes.array[..<segment.trailer.footer.offset])
    var footer = segment.footer
    footer.rowGroups[0].metadataStatistics = .page(
      PageReference(storing: statistics.encoded(), codec: .none, fileID: 77, base: 0, into: &bytes))
    let page = PageReference(storing: footer.encoded(), codec: .none, fileID: 77, base: 0, into: &bytes)
    bytes += SegmentTrailer(footer: page).encoded(fileID: 77, offset: bytes.count)
    return try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
  }

  @Test func wrongStatisticsAreFound() throws {
    let segment = try Self.segment(500, Self.metadata)
    let known = try #require(try segment.metadataStatistics(0))
    try Self.changed(segment, known).verify(hashSeed: fixtureSeed)
    func wrong(_ entries: [MetadataStatistics.Entry]) {
      #expect("\(entries)") {
        try Self.changed(segment, MetadataStatistics(entries)).verify(hashSeed: fixtureSeed)
      } throws: { error in
        let error = error as? StoreError
        return error?.kind == .corruption && error?.file == "s" && "\(error!)".contains("statistics of metadata")
      }
    }
    // Too narrow, too wide, of a path that is not there, and one less than there are.
    let numbers = try #require(known.bounds(Array("/amount".utf8))?.numbers)
    for bounds in [
      numbers.lowerBound...numbers.upperBound - 1, numbers.lowerBound + 1...numbers.upperBound,
      numbers.lowerBound - 1...numbers.upperBound,
    ] {
      wrong(
        known.entries.map { entry in
          guard entry.path == Array("/amount".utf8) else { return entry }
          return .init(path: entry.path, bounds: ValueBounds(numbers: bounds, times: nil))
        })
    }
    wrong(known.entries + [.init(path: Array("/other".utf8), bounds: Self.bounds("1"))])
    wrong(known.entries.filter { $0.path != Array("/due".utf8) })
    // A page whose bytes do not match is found at once.
    var bytes = segment.bytes.array
    let page = try #require(segment.footer.rowGroups[0].metadataStatistics.reference)
    bytes[page.offset] ^= 0xFF
    let damaged = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    let filter = EventFilter(where: try MetadataPredicate("metadata.amount > 3"))
    #expect(throws: StoreError.self) { try SegmentScanTests.drain(SegmentScan(damaged, filter: filter)) }
    #expect(throws: StoreError.self) { try damaged.verifyChecksums() }
  }
}
