import Columnar
import StorageIO
import StoreEngine
import TestSupport
import Testing

/// Files of memory units by themselves: every value comes back, and damage is found.
@Suite struct UnitSegmentTests {
  private static let hashSeed: UInt64 = 7

  private static func versions(_ units: [MemoryUnit], sequence: UInt64 = 5) throws -> [UnitVersion] {
    var versions: [UnitVersion] = []
    for unit in units { versions.append(try UnitVersion(unit).committed(at: sequence)) }
    return versions.sorted { UnitVersion.compare($0, $1) < 0 }
  }

  private static func bytes(
    _ versions: [UnitVersion], codec: Codec = .lz4, dictionary: ZstdDictionary? = nil
  ) throws -> [UInt8] {
    let file = MemoryFile(path: "units")
    let writer = UnitSegmentWriter(
      fileID: 99, hashSeed: hashSeed, codec: codec, dictionary: dictionary,
      output: FileOutput(file: file, path: "units"))
    for version in versions { try writer.append(version) }
    let summary = try writer.finish()
    let bytes = file.take()
    #expect(summary.rows == versions.count && summary.length == bytes.count)
    return bytes
  }

  private static func unit(_ number: Int, content: String, title: String = "t") -> MemoryUnit {
    MemoryUnit(
      muid: "m\(number)", user: "ada", sourceType: "note", title: title, content: content,
      createdAt: Timestamp(microseconds: 1), updatedAt: Timestamp(microseconds: Int64(number)))
  }

  private static func all(_ segment: UnitSegment) throws -> [UnitVersion] {
    var found: [UnitVersion] = []
    _ = try segment.forEach(content: true) { version in
      found.append(version)
      return true
    }
    return found
  }

  private static func expectSame(_ found: [UnitVersion], _ versions: [UnitVersion]) {
    #expect(found.count == versions.count)
    for (a, b) in zip(found, versions) { #expect(a.isSame(as: b) && a.sequence == b.sequence) }
  }

  /// More than a row group, pages of many contents, contents of their own page, and empty ones.
  @Test(arguments: [Codec.none, .lz4, .zstd]) func roundTrip(_ codec: Codec) throws {
    var units = (0..<2_500).map { number in
      Self.unit(
        number, content: String(repeating: "growth \(number) ", count: number % 40), title: "title \(number % 7)")
    }
    units[3].content = String(repeating: "large ", count: 300_000)
    units[4].content = String(repeating: "x", count: UnitLimits.contentLength)
    units[5].metadata = #"{"tags":["a","b"],"n":1}"#
    units[6].importanceScore = Delta(millionths: -1)
    units[7] = MemoryUnit(
      muid: "gone", user: "bob", sourceType: "", createdAt: .earliest, updatedAt: .latest, isDeleted: true)
    let versions = try Self.versions(units)
    let segment = try UnitSegment(bytes: Bytes(try Self.bytes(versions, codec: codec)), path: "units")
    try segment.verify(hashSeed: Self.hashSeed)
    #expect(segment.rows == 2_500)
    Self.expectSame(try Self.all(segment), versions)
    #expect(try segment.describe().count > 10)
  }

  @Test func dictionaryOfManySmallContents() throws {
    let words = ["growth", "ring", "memory", "unit", "segment", "because", "the", "wood", "remembers", "every", "year"]
    var random = SimulationRandom(seed: 3)
    let units = (0..<4_000).map { number in
      Self.unit(number, content: (0..<40).map { _ in random.pick(words) }.joined(separator: " "))
    }
    let versions = try Self.versions(units)
    let hot = try UnitSegment(bytes: Bytes(try Self.bytes(versions)), path: "units")
    let contents = units.map { Array($0.content.utf8) }
    let dictionary = try #require(
      ZstdDictionary.train(Array(contents.joined()), lengths: contents.map(\.count), length: 8 << 10, level: 3))
    let bytes = try Self.bytes(versions, codec: .zstd, dictionary: dictionary)
    let warm = try UnitSegment(bytes: Bytes(bytes), path: "units")
    try warm.verify(hashSeed: Self.hashSeed)
    Self.expectSame(try Self.all(warm), versions)
    #expect(warm.sizes.contains { $0.name == "unit dictionary" })
    let content = { (segment: UnitSegment) in segment.sizes.first { $0.name == "content" }?.bytes ?? 0 }
    #expect(content(warm) < content(hot))
    // Of so few bytes it may not pay; what is found is used, whatever it is.
    if let found = try UnitDictionary.train([hot], level: 3) { #expect(found.bytes.count <= 64 << 10) }
  }

  @Test func refusesDisorder() throws {
    let versions = try Self.versions((0..<3).map { Self.unit($0, content: "c") })
    #expect(throws: StoreError.self) { try Self.bytes(versions.reversed()) }
    #expect(throws: StoreError.self) { try Self.bytes([versions[0], versions[0]]) }
    #expect(throws: StoreError.self) { try Self.bytes([]) }
  }

  /// Every byte of a small file in turn: it is refused when it is opened or verified, or it changes nothing that is read.
  @Test func everyFlippedByteIsFound() throws {
    var maker = UnitMaker(seed: 4)
    var distinct: [ModelStore.UnitKey: MemoryUnit] = [:]
    for unit in maker.batch(12) where unit.content.utf8.count < 100 { distinct[.init(unit)] = unit }
    var typed = Self.unit(1, content: "c")
    typed.metadata = #"{"a":1.5,"due":"2026-11-01"}"#
    let versions = try Self.versions(Array(distinct.values) + [typed])
    let good = try Self.bytes(versions)
    let dump = try UnitSegment(bytes: Bytes(good), path: "units").describe().map(\.description)
    for part in ["filter of metadata", "statistics of metadata"] { #expect(dump.contains { $0.contains(part) }) }
    for place in good.indices {
      var bytes = good
      bytes[place] ^= 0x41
      do throws(StoreError) {
        let segment = try UnitSegment(bytes: Bytes(bytes), path: "units")
        try segment.verify(hashSeed: Self.hashSeed)
        Issue.record("byte \(place) of \(good.count) changed, and nobody sees it")
      } catch {
        #expect(error.kind == .corruption && error.file == "units", "byte \(place): \(error)")
      }
    }
    for length in stride(from: 0, to: good.count, by: 7) {
      #expect(throws: StoreError.self) { try UnitSegment(bytes: Bytes(Array(good.prefix(length))), path: "units") }
    }
  }

  /// Damage under right checksums must not crash, or be read outside of pages: here in the raw section of a log.
  @Test func hostileSections() throws {
    var maker = UnitMaker(seed: 9)
    let units = try maker.batch(12).map { try UnitVersion($0) }
    let raw = UnitSection.encode(units)
    Self.expectSame(
      try UnitSection.decode(Bytes(raw), sequence: 3), units.map { $0.committed(at: 3) })
    var random = SimulationRandom(seed: 5)
    for _ in 0..<4_000 {
      var bytes = raw
      for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if random.oneIn(4) { bytes.removeLast(random.below(bytes.count)) }
      _ = try? UnitSection.decode(Bytes(bytes), sequence: 3)
    }
  }
}
