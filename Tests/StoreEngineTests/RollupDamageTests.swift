import Columnar
import StoreEngine
import Testing

/// Damaged runs are refused, or say what they said before; they never stop the process.
@Suite struct RollupDamageTests {
  private func smallRun() throws -> (bytes: [UInt8], facts: RollupFacts) {
    var generator = TestGenerator(state: 11)
    let facts = RollupFixtures.randomFacts(&generator, keys: 10, resets: true)
    return (try RollupFixtures.run(facts), facts)
  }

  /// Reads a run by every way there is; nil where it is refused.
  private func read(_ bytes: [UInt8]) -> RollupFacts? {
    guard let run = try? RollupFixtures.open(bytes) else { return nil }
    _ = run.describe(entryLimit: 3)
    for section in run.sections {
      for group: UInt8 in [0, 0x30] {
        try? section.forEach(group: Bytes([0, 0x75, group]), item: Bytes([])) { _ in }
        try? section.forEach(group: Bytes([0, 0x75, group])) { _, _ in }
      }
      _ = section.code(of: Bytes([1]))
    }
    if let sources = try? GrowthSources(runs: [run], memtables: []) {
      var rows = GrowthRows()
      for key in ((try? smallRun())?.facts ?? [:]).keys where key.rollup == .entityGrowth {
        let (user, entity) = (KeySpan(key.group), KeySpan(key.item))
        sources.begin(&rows, user: user, entity: entity)
        try? sources.finish(&rows, user: user, entity: entity)
      }
    }
    for rollup in Rollup.allCases {
      guard let merged = try? MergedRollup(rollup, runs: [run, run], memtables: []) else { continue }
      while !merged.isAtEnd, (try? merged.advance()) != nil {}
    }
    return try? RollupFixtures.facts(run)
  }

  @Test func everyBitFlip() throws {
    let (bytes, facts) = try smallRun()
    #expect(read(bytes) == facts)
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        // One of them in every way, the others in one: what is refused is refused by the same checks.
        let found =
          bit == index % 8
          ? read(damaged) : (try? RollupFixtures.open(damaged)).flatMap { try? RollupFixtures.facts($0) }
        if let found { #expect(found == facts, "byte \(index), bit \(bit)") }
      }
    }
  }

  @Test func everyTruncation() throws {
    let (bytes, _) = try smallRun()
    for length in bytes.indices { #expect(read(Array(bytes[..<length])) == nil, "\(length) bytes") }
    #expect(read(bytes + [0]) == nil)
  }

  /// Damage behind valid checksums: a block whose own bytes were changed and signed again.
  @Test func everyByteOfASignedBlock() throws {
    let (bytes, _) = try smallRun()
    let section = try #require(try RollupFixtures.open(bytes).section(.entityGrowth))
    let entry = try #require(Self.firstBlock(bytes))
    #expect(section.blockCount == 1)
    for index in entry.start..<(entry.start + entry.length) {
      for value: UInt8 in [0, 0x80, 0xFF, bytes[index] &+ 1] {
        var damaged = bytes
        damaged[index] = value
        Self.sign(&damaged, entry)
        _ = read(damaged)
      }
    }
  }

  /// The index may lie as well, and a footer.
  @Test func everyByteOfASignedIndex() throws {
    let (bytes, _) = try smallRun()
    let entry = try #require(Self.firstBlock(bytes))
    for index in entry.index..<(entry.index + entry.indexLength) {
      for value: UInt8 in [0, 0x80, 0xFF, bytes[index] &+ 1] {
        var damaged = bytes
        damaged[index] = value
        Self.signIndex(&damaged, entry)
        _ = read(damaged)
      }
    }
  }

  /// So may a table of pairs: reads by it give what is there, nothing or an error, and a check finds it out.
  @Test func everyByteOfASignedTable() throws {
    let (bytes, facts) = try smallRun()
    let table = try #require(try RollupFixtures.open(bytes).section(.entityGrowth)?.tables.first)
    for index in table.offset..<table.offset + 8 * table.slotCount {
      for value: UInt8 in [0, 0x80, 0xFF, bytes[index] &+ 1] where value != bytes[index] {
        var damaged = bytes
        damaged[index] = value
        let (slots, head) = (
          XXH3.hash(damaged, table.offset, 8 * table.slotCount, seed: 7 &+ UInt64(table.offset)), table.head
        )
        Self.put(slots, at: head.offset + 8, in: &damaged)
        try Self.signTable(&damaged, head)
        #expect(read(damaged) == nil, "byte \(index) as \(value)")
        let run = try RollupFixtures.open(damaged)
        let sources = try GrowthSources(runs: [run], memtables: [])
        var rows = GrowthRows()
        for key in facts.keys where key.rollup == .entityGrowth {
          let (user, entity) = (KeySpan(key.group), KeySpan(key.item))
          sources.begin(&rows, user: user, entity: entity)
          guard (try? sources.finish(&rows, user: user, entity: entity)) != nil else { continue }
          for row in 0..<rows.count {
            let found = RollupKey(
              rollup: .entityGrowth, group: key.group, item: key.item, a: rows.entityType(at: row),
              b: rows.dimension(at: row))
            #expect(rows.measures(at: row) == facts[found]?.measures)
          }
        }
      }
    }
  }

  @Test func anotherFile() throws {
    let (bytes, _) = try smallRun()
    #expect(throws: StoreError.self) { try Run(bytes: Bytes(bytes), path: "x", expectedFileID: 8) }
    #expect(try Run(bytes: Bytes(bytes), path: "x", expectedFileID: 7).fileID == 7)
  }

  // MARK: Signing again

  private struct Place {
    var start: Int
    var length: Int
    var index: Int
    var indexLength: Int
    /// Where the checksum of the index stands in the footer.
    var indexChecksum: Int
    var footer: Int
    var footerLength: Int
  }

  private static let fileID: UInt64 = 7

  /// Where the first block, its index and the footer lie.
  private static func firstBlock(_ bytes: [UInt8]) -> Place? {
    let file = Bytes(bytes)
    let trailer = bytes.count - 48
    let footer = Int(file.load(trailer, as: UInt64.self))
    let footerLength = Int(file.load(trailer + 8, as: UInt64.self))
    do {
      var reader = ByteReader(file, at: footer)
      for _ in 0..<4 { _ = try reader.readVarint("head") }
      let index = try PageReference(&reader)
      let indexChecksum = reader.offset - 8
      let entry = index.offset + Int(file.load(index.offset + 8, as: UInt32.self))
      return Place(
        start: Int(file.load(entry, as: UInt64.self)), length: Int(file.load(entry + 8, as: UInt32.self)),
        index: index.offset, indexLength: index.storedLength, indexChecksum: indexChecksum, footer: footer,
        footerLength: footerLength)
    } catch {
      return nil
    }
  }

  private static func sign(_ bytes: inout [UInt8], _ place: Place) {
    let entry = place.index + Int(Bytes(bytes).load(place.index + 8, as: UInt32.self))
    put(XXH3.hash(bytes, place.start, place.length, seed: fileID &+ UInt64(place.start)), at: entry + 16, in: &bytes)
    signIndex(&bytes, place)
  }

  private static func signIndex(_ bytes: inout [UInt8], _ place: Place) {
    let index = XXH3.hash(bytes, place.index, place.indexLength, seed: fileID &+ UInt64(place.index))
    put(index, at: place.indexChecksum, in: &bytes)
    let footer = XXH3.hash(bytes, place.footer, place.footerLength, seed: fileID &+ UInt64(place.footer))
    let trailer = bytes.count - 48
    put(footer, at: trailer + 32, in: &bytes)
    put(XXH3.hash(bytes, trailer, 40, seed: fileID &+ UInt64(trailer)), at: trailer + 40, in: &bytes)
  }

  /// Signs the head of the last table, whose checksum ends the footer.
  private static func signTable(_ bytes: inout [UInt8], _ head: PageReference) throws {
    let place = try #require(firstBlock(bytes))
    let checksum = XXH3.hash(bytes, head.offset, head.storedLength, seed: fileID &+ UInt64(head.offset))
    put(checksum, at: place.footer + place.footerLength - 8, in: &bytes)
    signIndex(&bytes, place)
  }

  private static func put(_ value: UInt64, at offset: Int, in bytes: inout [UInt8]) {
    for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
  }
}
