import Columnar
import StorageIO
import TestSupport
import Testing

@testable import StoreEngine

/// Filters and statistics of metadata in unit segments: they prune, whoever asks gets newest versions all the same, and what they
/// say is proved.
@Suite struct UnitMetadataTests {
  private static let hashSeed: UInt64 = 7
  private static let count = 5_000
  /// 2026-01-01
  private static let start: Int64 = 1_767_225_600_000_000

  private static func segment(_ units: [MemoryUnit]) throws -> UnitSegment {
    let file = MemoryFile(path: "units")
    let writer = UnitSegmentWriter(
      fileID: 99, hashSeed: hashSeed, codec: .lz4, output: FileOutput(file: file, path: "units"))
    for version in try versions(units) { try writer.append(version) }
    _ = try writer.finish()
    return try UnitSegment(bytes: Bytes(file.take()), path: "units")
  }

  private static func versions(_ units: [MemoryUnit]) throws -> [UnitVersion] {
    var versions: [UnitVersion] = []
    for unit in units { versions.append(try UnitVersion(unit).committed(at: 5)) }
    return versions.sorted { UnitVersion.compare($0, $1) < 0 }
  }

  /// Their order by number is that of segments.
  private static func unit(_ number: Int, _ metadata: String, hours: Int = 0) -> MemoryUnit {
    MemoryUnit(
      muid: "m\(10_000 + number)", user: number < 3_000 ? "ada" : "bob", sourceType: "note", title: "t\(number)",
      content: "c", createdAt: Timestamp(microseconds: start),
      updatedAt: Timestamp(microseconds: start + Int64(hours) * 3_600_000_000), metadata: metadata)
  }

  private static func metadata(_ number: Int) -> String {
    let due = Timestamp(microseconds: start + Int64(number) * 3_600_000_000)
    let tags = number == 3_333 ? #""common","rare""# : #""common","t\#(number / 100)""#
    return #"{"amount":\#(number).5,"due":"\#(due)","tags":[\#(tags)]}"#
  }

  /// The numbers of the units that satisfy a condition.
  private static func found(
    _ cursors: [UnitCursor], _ predicate: MetadataPredicate, versions: Bool = false
  ) throws -> [Int] {
    var merge = UnitMerge(cursors)
    var numbers: [Int] = []
    while let item = try merge.next(versions: versions, where: predicate) {
      numbers.append((Int(Identifier.decode(item.version.muid)?.dropFirst() ?? "") ?? 0) - 10_000)
    }
    return numbers
  }

  @Test func rareValuesAndRangesPrune() throws {
    let segment = try Self.segment((0..<Self.count).map { Self.unit($0, Self.metadata($0)) })
    let groups = segment.footer.groups.count
    #expect(groups == 5 && segment.version == 2)
    try segment.verify(hashSeed: Self.hashSeed)
    for (condition, most, numbers) in [
      ("metadata.tags contains 'rare'", 1, 3_333..<3_334), ("metadata.tags contains 't12'", 2, 1_200..<1_300),
      ("metadata.tags contains 'common'", 5, 0..<5_000), ("metadata.tags contains 'none'", 1, 0..<0),
      ("metadata.amount >= 100 and metadata.amount < 200", 1, 100..<200), ("metadata.amount > 1e30", 0, 0..<0),
      ("metadata.amount = 4000.50", 1, 4_000..<4_001), ("metadata.due < '2026-01-02'", 1, 0..<24),
      ("metadata.due >= '2027-01-01'", 0, 0..<0), ("metadata.missing exists", 1, 0..<0),
      ("not metadata.missing exists", 5, 0..<5_000),
    ] {
      let predicate = try MetadataPredicate(condition)
      let asked = UnitCondition(metadata: predicate, hashSeed: Self.hashSeed)
      let may = try (0..<groups).filter { try segment.mayMatch(predicate, group: $0) }
      #expect(may.count <= most, "\(condition)")
      #expect(try Self.found([UnitCursor(segment, where: asked)], predicate) == Array(numbers), "\(condition)")
      let ofBob = try Self.found([UnitCursor(segment, user: Identifier.encode("bob"), where: asked)], predicate)
      #expect(ofBob == numbers.filter { $0 >= 3_000 }, "\(condition)")
    }
    let bytes = segment.sizes.filter { $0.name.hasPrefix("metadata ") }.reduce(0) { $0 + $1.bytes }
    #expect(bytes > 0 && bytes < groups * 3_000, "\(bytes)")
    let dump = try segment.describe().map(\.description)
    #expect(dump.count { $0.contains("filter of metadata") } == groups)
    #expect(dump.contains { $0.contains("statistics of metadata") && $0.contains("/amount 0.5 to 1023.5, /due") })
  }

  /// Newer versions elsewhere, in row groups without what is asked for, hide older ones that have it.
  @Test func newerVersionsHide() throws {
    let all = 0..<Self.count
    var sources: [[MemoryUnit]] = [[], [], [], [], []]
    for number in all {
      sources[0].append(Self.unit(number, #"{"tags":["common","old\#(number / 100)"]}"#))
      sources[1].append(Self.unit(number, Self.metadata(number), hours: 1))
      if number % 7 == 0 { sources[2].append(Self.unit(number, #"{"amount":-1,"tags":["moved"]}"#, hours: 2)) }
      if number % 49 == 0 { sources[3].append(Self.unit(number, Self.metadata(number), hours: 3)) }
      if number >= 1_030 {
        if number % 5 == 1 { sources[4].append(Self.unit(number, "", hours: 4)) }
        continue
      }
      // Of three versions in one file. The newest of unit 341 ends a row group that has none with the tag.
      for hours in 4..<7 {
        let tags = number >= 341 && hours < 6 ? #"{"tags":["between"]}"# : ""
        sources[4].append(Self.unit(number, tags, hours: hours))
      }
    }
    var newest: [Int: MemoryUnit] = [:]
    for units in sources {
      for unit in units {
        let number = Int(unit.muid.dropFirst())! - 10_000
        if let known = newest[number], known.updatedAt > unit.updatedAt { continue }
        newest[number] = unit
      }
    }
    let segments = try sources.map { try Self.segment($0) }
    let between = try MetadataPredicate("metadata.tags contains 'between'")
    #expect(try (0..<3).map { try segments[4].mayMatch(between, group: $0) } == [false, true, true])
    for condition in [
      "metadata.tags contains 't12'", "metadata.tags contains 'moved'", "metadata.tags contains 'old3'",
      "metadata.tags contains 'rare'", "metadata.tags contains 'between'", "metadata.tags contains 'common'",
      "metadata.amount >= 2100 and metadata.amount < 2300", "metadata.amount < 0", "not metadata.tags exists",
      "metadata.due < '2026-01-03' or metadata.amount = -1", "metadata.none exists",
    ] {
      let predicate = try MetadataPredicate(condition)
      func holds(_ unit: MemoryUnit) -> Bool { predicate.matches(Bytes(Array(unit.metadata.utf8))) }
      let asked = UnitCondition(metadata: predicate, hashSeed: Self.hashSeed)
      for inMemory in [false, true] {
        for user in [nil, "ada", "bob"] {
          let stored = user.map { Identifier.encode($0) }
          var cursors = try segments.dropLast(inMemory ? 1 : 0).map { try UnitCursor($0, user: stored, where: asked) }
          if inMemory {
            cursors.append(UnitCursor(try Self.versions(sources[4].filter { user == nil || $0.user == user })))
          }
          let expected = newest.filter { holds($0.value) && (user == nil || $0.value.user == user) }.keys.sorted()
          #expect(try Self.found(cursors, predicate) == expected, "\(condition) of \(user ?? "all")")
          let versions = sources.joined().count { holds($0) && (user == nil || $0.user == user) }
          #expect(try Self.found(cursors, predicate, versions: true).count == versions, "\(condition)")
        }
      }
    }
  }

  /// The same file with something else said of its first row group, and every checksum right.
  private static func changed(
    _ segment: UnitSegment, _ change: (inout UnitSegmentFooter.Group, inout [UInt8]) throws -> Void
  ) throws -> UnitSegment {
    let trailer = try SegmentTrailer(segment.bytes, fileID: 99)
    var bytes = Array(segment.bytes.array[..<trailer.footer.offset])
    var footer = segment.footer
    try change(&footer.groups[0], &bytes)
    let page = PageReference(storing: footer.encoded(), codec: .none, fileID: 99, base: 0, into: &bytes)
    bytes += SegmentTrailer(footer: page).encoded(fileID: 99, offset: bytes.count)
    return try UnitSegment(bytes: Bytes(bytes), path: "units")
  }

  @Test func whatIsNotSoIsFound() throws {
    let segment = try Self.segment((0..<1_500).map { Self.unit($0, Self.metadata($0)) })
    let known = try #require(try segment.metadataStatistics(0))
    func page(_ bytes: [UInt8], into file: inout [UInt8]) -> PageReference {
      PageReference(storing: bytes, codec: .none, fileID: 99, base: 0, into: &file)
    }
    try Self.changed(segment) { group, bytes in
      group.metadataStatistics = .page(page(known.encoded(), into: &bytes))
    }.verify(hashSeed: Self.hashSeed)
    // Nothing at all may be said.
    let silent = try Self.changed(segment) { group, _ in
      group.metadataFilter = nil
      group.metadataStatistics = .unknown
    }
    try silent.verify(hashSeed: Self.hashSeed)
    #expect(try silent.mayMatch(MetadataPredicate("metadata.none > 3"), group: 0))
    func wrong(
      _ reason: String = "metadata", _ change: (inout UnitSegmentFooter.Group, inout [UInt8]) throws -> Void
    ) {
      #expect("\(reason)") {
        try Self.changed(segment, change).verify(hashSeed: Self.hashSeed)
      } throws: { error in
        guard let error = error as? StoreError else { return false }
        return error.kind == .corruption && error.file == "units" && error.offset != nil
          && "\(error)".contains(reason)
      }
    }
    wrong { group, _ in group.metadataStatistics = .empty }
    for entries in [known.entries.dropLast(), known.entries.dropFirst()] {
      wrong { group, bytes in
        group.metadataStatistics = .page(page(MetadataStatistics(Array(entries)).encoded(), into: &bytes))
      }
    }
    wrong { group, bytes in
      var entries = known.entries
      let numbers = try #require(entries[0].bounds.numbers)
      entries[0].bounds = ValueBounds(numbers: numbers.lowerBound...numbers.upperBound - 1, times: nil)
      group.metadataStatistics = .page(page(MetadataStatistics(entries).encoded(), into: &bytes))
    }
    wrong { group, bytes in
      group.metadataFilter = MetadataFilterReference(
        page: page([UInt8](repeating: 0, count: 32), into: &bytes), kind: .blocks)
    }
    // A filter of a length that none has, and statistics that are none.
    wrong("filter") { group, bytes in
      group.metadataFilter = MetadataFilterReference(page: page([1, 2, 3], into: &bytes), kind: .blocks)
    }
    wrong("statistics") { group, bytes in group.metadataStatistics = .page(page([1, 200, 1], into: &bytes)) }
    // Pages whose bytes do not match are found by whoever reads them.
    for place in [
      try #require(segment.footer.groups[0].metadataFilter).page,
      try #require(segment.footer.groups[0].metadataStatistics.reference),
    ] {
      var bytes = segment.bytes.array
      bytes[place.offset] ^= 0xFF
      let damaged = try UnitSegment(bytes: Bytes(bytes), path: "units")
      let asked = UnitCondition(metadata: try MetadataPredicate("metadata.amount > 3"), hashSeed: Self.hashSeed)
      #expect(throws: StoreError.self) { try UnitCursor(damaged, where: asked) }
      #expect(throws: StoreError.self) { try damaged.verifyChecksums() }
    }
  }
}
