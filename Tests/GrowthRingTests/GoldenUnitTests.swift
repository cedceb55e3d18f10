import Foundation
import StorageIO
import StoreEngine
import Testing

@testable import GrowthRing

/// Memory units of golden stores, compared with answers that other code computed from the input. See Tests/Golden.
@Suite struct GoldenUnitTests {
  private static let golden = LayoutTests.root.appendingPathComponent("Tests/Golden")

  /// A version in the words of the expected files.
  private struct Row: Hashable {
    var texts: [[UInt8]] = []
    var times: [Int64] = []
    var isDeleted = false

    init(_ unit: MemoryUnit) {
      let importance = unit.importanceScore.map(\.description) ?? ""
      texts = [
        unit.user, unit.muid, unit.sourceType, unit.contentType, unit.status, unit.title, unit.content, unit.metadata,
        importance,
      ].map { Array($0.utf8) }
      times = [unit.createdAt.microseconds, unit.updatedAt.microseconds]
      isDeleted = unit.isDeleted
    }

    init(_ line: Data) throws {
      let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
      let names = [
        "user_id", "muid", "source_type", "content_type", "status", "title", "content", "metadata", "importance_score",
      ]
      texts = names.map { Array((object[$0] as? String ?? "").utf8) }
      times = ["created_at", "updated_at"].map { (object[$0] as? NSNumber)?.int64Value ?? 0 }
      isDeleted = object["is_deleted"] as? Bool ?? false
    }
  }

  private static func unit(_ row: Row) -> MemoryUnit {
    let texts = row.texts.map { String(decoding: $0, as: UTF8.self) }
    return MemoryUnit(
      muid: texts[1], user: texts[0], sourceType: texts[2], title: texts[5], content: texts[6], contentType: texts[3],
      createdAt: Timestamp(microseconds: row.times[0]), updatedAt: Timestamp(microseconds: row.times[1]),
      importanceScore: Delta(texts[8]), status: texts[4], metadata: texts[7], isDeleted: row.isDeleted)
  }

  private static func expected(_ name: String, _ folder: URL) throws -> [Row] {
    let data = try Data(contentsOf: folder.appendingPathComponent(name))
    return try data.split(separator: UInt8(ascii: "\n")).map { try Row(Data($0)) }
  }

  /// Which units satisfy conditions on metadata, where the store has a list of some.
  private func expectConditions(_ store: GrowthStore, _ folder: URL, _ stage: String) async throws {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent("expected_where.json")) else { return }
    let conditions = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    #expect(conditions.count >= 10)
    for condition in conditions {
      let text = try #require(condition["where"] as? String)
      let expected = try #require(condition["units"] as? [[String]])
      let predicate = try MetadataPredicate(text)
      var found: [[[UInt8]]] = []
      for try await units in try await store.units(content: false, where: predicate) {
        found += units.map { [Array($0.user.utf8), Array($0.muid.utf8)] }
      }
      #expect(Set(found) == Set(expected.map { $0.map { Array($0.utf8) } }), "\(stage): \(text)")
      #expect(found.count == expected.count, "\(stage): \(text)")
      var versions = 0
      for try await units in try await store.units(content: false, versions: true, where: predicate) {
        versions += units.count
      }
      #expect(versions == condition["versions"] as? Int, "\(stage): \(text)")
    }
  }

  /// In `v5/units` some have expired.
  @Test(arguments: ["v4/units", "v5/units", "v5/units_archive", "v6/units"])
  func unitsComeBack(_ name: String) async throws {
    let folder = Self.golden.appendingPathComponent(name)
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent("growthring-golden-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: copy) }
    try FileManager.default.copyItem(at: folder.appendingPathComponent("store"), to: copy)
    let all = try Self.expected("expected_units.ndjson", folder)
    let living = try Self.expected("expected_living.ndjson", folder)
    #expect(all.count > 100 && living.count > 30)
    for stage in ["recovered", "flushed", "merged"] {
      let store = try await GrowthStore.open(copy.path)
      if stage == "merged" { _ = try await store.compact(everything: true) }
      let snapshot = try await store.snapshot()
      var found: [Row] = []
      for partition in 0..<snapshot.partitionCount {
        try snapshot.forEachUnitVersion(partition: partition, after: 0) { unit, _ in
          found.append(Row(unit))
          return true
        }
      }
      #expect(found.count == all.count && Set(found) == Set(all), "\(stage)")
      var listed: [Row] = []
      try snapshot.forEachUnit { unit in
        listed.append(Row(unit))
        return true
      }
      #expect(listed.count == living.count && Set(listed) == Set(living), "\(stage)")
      try await expectConditions(store, folder, stage)
      let report = try await store.verify()
      #expect(report.isSound && report.units == all.count, "\(stage): \(report.problems)")
      #expect((report.expiredUnits > 100) == (name == "v5/units"))
      // All that it was made of is known.
      let input = try Self.expected("input.ndjson", folder)
      let again = try await store.append(input.map { Self.unit($0) }, mode: .lenient)
      #expect(again.stored == 0 && again.duplicates > input.count / 2, "\(stage)")
      try await store.close()
    }
  }
}
