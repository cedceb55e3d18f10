import StorageIO
import StoreEngine
import TestSupport
import Testing

@testable import GrowthRing

/// Memory units through the public store.
@Suite struct MemoryUnitTests {
  private static let day: Int64 = 86_400_000_000

  private static func time(_ day: Int64) -> Timestamp {
    Timestamp(microseconds: 1_767_225_600_000_000 + day * Self.day)
  }

  private static func note(_ muid: String, _ day: Int64, _ content: String, user: String = "ada") -> MemoryUnit {
    MemoryUnit(
      muid: muid, user: user, sourceType: "note", title: "on \(muid)", content: content, createdAt: time(0),
      updatedAt: time(day), importanceScore: Delta("0.5"), metadata: #"{ "b": 1, "a": ["x"] }"#)
  }

  private static func options() -> StoreOptions {
    var options = StoreOptions()
    options.partitions = 4
    options.createIfMissing = true
    return options
  }

  private static func listed(_ store: GrowthStore, of user: String? = nil) async throws -> [MemoryUnit] {
    var found: [MemoryUnit] = []
    try await store.snapshot().forEachUnit(of: user) { unit in
      found.append(unit)
      return true
    }
    return found
  }

  @Test func versionsHistoryAndDeletion() async throws {
    let environment = StorageEnvironment.simulated(seed: 1).environment
    var store = try GrowthStore.open("store", options: Self.options(), environment: environment)
    let receipt = try await store.append([Self.note("a", 2, "second"), Self.note("b", 1, "other")])
    #expect(receipt.stored == 2 && receipt.duplicates == 0 && receipt.rejections.isEmpty && receipt.sequence == 1)
    // An older version that comes late is history.
    #expect(try await store.append([Self.note("a", 1, "first")]).stored == 1)
    let again = try await store.append(
      [
        Self.note("a", 2, "second"), Self.note("a", 2, "changed"), Self.note("a", 3, "third"),
        Self.note("a", 3, "third"),
      ])
    #expect(again.stored == 1 && again.duplicates == 2)
    #expect(again.rejections == [UnitRejection(row: 1, reason: .conflict)])
    for stage in 0..<4 {
      let unit = try #require(try await store.unit("a", of: "ada"))
      #expect(unit.content == "third" && unit.metadata == #"{"a":["x"],"b":1}"# && unit.importanceScore == Delta("0.5"))
      #expect(try await store.unit("a", of: "ada", content: false)?.content == "")
      #expect(
        try await store.unitHistory("a", of: "ada").map(\.content) == ["third", "second", "first"], "stage \(stage)")
      #expect(try await store.unit("a", of: "bob") == nil)
      #expect(try await Self.listed(store).map(\.content) == ["third", "other"])
      #expect(try await Self.listed(store, of: "bob").isEmpty)
      #expect(try await store.verify().isSound)
      #expect(try await store.verify().units == 4)
      #expect(try await store.stats().units == 4)
      switch stage {
      case 0: try await store.flush()
      case 1:
        try await store.close()
        store = try GrowthStore.open("store", options: Self.options(), environment: environment)
      default: _ = try await store.compact(everything: true)
      }
      #expect(try await store.append([Self.note("a", 2, "second")]).duplicates == 1)
    }
    #expect(try await store.deleteUnit("a", of: "ada", at: Self.time(4)))
    #expect(try await store.deleteUnit("a", of: "ada") == false)
    #expect(try await store.deleteUnit("unknown", of: "ada") == false)
    #expect(try await store.unit("a", of: "ada") == nil)
    #expect(try await Self.listed(store).map(\.muid) == ["b"])
    let history = try await store.unitHistory("a", of: "ada")
    #expect(history.map(\.isDeleted) == [true, false, false, false] && history.first?.updatedAt == Self.time(4))
    await #expect(throws: StoreError.self) { try await store.deleteUnit("b", of: "ada", at: Self.time(0)) }
    // A version after that brings it back.
    #expect(try await store.append([Self.note("a", 5, "again")]).stored == 1)
    #expect(try await store.unit("a", of: "ada")?.content == "again")
    #expect(try await store.deleteUnit("b", of: "ada"))
    try await store.close()
  }

  @Test func refusesWhatIsNoUnit() async throws {
    let environment = StorageEnvironment.simulated(seed: 2).environment
    let store = try GrowthStore.open("store", options: Self.options(), environment: environment)
    var bad: [MemoryUnit] = []
    func add(_ change: (inout MemoryUnit) -> Void) {
      var unit = Self.note("n", 1, "text")
      change(&unit)
      bad.append(unit)
    }
    add { $0.muid = "" }
    add { $0.user = String(repeating: "u", count: 256) }
    add { $0.title = "nul \u{0}" }
    add { $0.status = "" }
    add { $0.metadata = "[1]" }
    add { $0.updatedAt = Timestamp(microseconds: .max) }
    add { $0.isDeleted = true }
    add { $0.content = String(repeating: "x", count: UnitLimits.contentLength + 1) }
    do throws(StoreError) {
      _ = try await store.append(bad)
      Issue.record("nothing was refused")
    } catch {
      #expect(error.kind == .rejected && error.unitRejections.count == bad.count)
    }
    let receipt = try await store.append(bad + [Self.note("n", 1, "good")], mode: .lenient)
    #expect(receipt.stored == 1)
    #expect(
      receipt.rejections.map(\.field)
        == [.muid, .user, .title, .status, .metadata, .updatedAt, .isDeleted, .content])
    #expect(
      receipt.rejections.map(\.reason) == [
        .empty, .tooLong, .nulByte, .empty, .malformed, .outOfRange, .malformed, .tooLong,
      ])
    try await store.close()
  }

  /// A store without memory units is written as ever; the first unit raises versions.
  @Test func versionsOfFilesRiseWithTheFirstUnit() async throws {
    let environment = StorageEnvironment.simulated(seed: 3).environment
    var options = Self.options()
    options.partitions = 1
    let store = try GrowthStore.open("store", options: options, environment: environment)
    func versions() throws -> [UInt8] {
      let disk = environment.disk
      var versions: [UInt8] = []
      for folder in ["store/log", "store/partitions/00"] {
        for name in try disk.list(folder).sorted() where name.hasSuffix(".log") || name.hasSuffix(".manifest") {
          versions.append(try disk.read(folder + "/" + name)[8])
        }
      }
      return versions
    }
    let event = GrowthEvent(
      user: "ada", entity: "swift", entityType: "skill", dimension: "self_know", delta: Delta("1") ?? .zero,
      createdAt: Self.time(0))
    _ = try await store.append([event])
    #expect(try versions() == [2, 1])
    _ = try await store.append([Self.note("a", 1, "text")])
    #expect(try versions() == [2, 3, 1])
    _ = try await store.append([event])
    #expect(try versions() == [2, 3, 1])
    try await store.flush()
    #expect(try versions().last == 3)
    try await store.close()
  }

  /// A reader in another process sees what was acknowledged, and knows how much of it is durable.
  @Test func readersAreFresh() async throws {
    let environment = StorageEnvironment.simulated(seed: 4).environment
    let writer = try GrowthStore.open("store", options: Self.options(), environment: environment)
    var options = Self.options()
    options.access = .readOnly
    let reader = try GrowthStore.open("store", options: options, environment: environment)
    for day in Int64(1)...6 {
      let receipt = try await writer.append([
        Self.note("a", day, "day \(day)"), Self.note("u\(day)", day, "x", user: "bob"),
      ])
      if day == 3 { try await writer.flush() }
      #expect(try await reader.unit("a", of: "ada")?.content == "day \(day)")
      let snapshot = try await reader.snapshot()
      #expect(snapshot.durableSequence <= receipt.sequence && snapshot.durableSequence + 1 >= receipt.sequence)
      #expect(try await writer.snapshot().durableSequence == receipt.sequence)
      var after = 0
      for partition in 0..<snapshot.partitionCount {
        try snapshot.forEachUnitVersion(partition: partition, after: receipt.sequence - 1) { unit, sequence in
          #expect(sequence == receipt.sequence && partition == snapshot.partition(ofUser: unit.user))
          after += 1
          return true
        }
      }
      #expect(after == 2)
    }
    #expect(try await Self.listed(reader).count == 7)
    try await reader.close()
    try await writer.close()
  }

  /// Many tasks share commits, beside events.
  @Test func manyTasksAppend() async throws {
    let environment = StorageEnvironment.simulated(seed: 5).environment
    let store = try GrowthStore.open("store", options: Self.options(), environment: environment)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for task in 0..<40 {
        group.addTask {
          if task % 4 == 0 {
            let event = GrowthEvent(
              user: "u\(task)", entity: "swift", entityType: "skill", dimension: "self_know",
              delta: Delta("1") ?? .zero, createdAt: Self.time(0))
            _ = try await store.append([event])
          }
          return try await store.append([Self.note("m\(task % 30)", 1, "same", user: "u\(task % 30)")]).stored
        }
      }
      var stored = 0
      for try await count in group { stored += count }
      #expect(stored == 30)
    }
    #expect(try await store.snapshot().unitVersionCount == 30)
    #expect(try await store.snapshot().eventCount == 10)
    try await store.close()
  }

  /// Units warm by the policy, with events beside them and without.
  @Test func maintenanceWarmsUnits() async throws {
    let environment = StorageEnvironment.simulated(seed: 6).environment
    let store = try GrowthStore.open("store", options: Self.options(), environment: environment)
    let text = "what grows slowly, grows "
    let units = (0..<300).map { Self.note("m\($0)", Int64($0 % 3) - 4_000, String(repeating: text, count: $0 % 50)) }
    _ = try await store.append(units)
    try await store.flush()
    let hot = try await store.stats().unitTiers
    #expect(hot.first { $0.name == "warm" }?.bytes == 0)
    _ = try await store.maintain([.warm])
    let warm = try await store.stats().unitTiers
    #expect(warm.first { $0.name == "hot" }?.bytes == 0, "\(warm)")
    #expect(warm.reduce(0) { $0 + $1.bytes } < hot.reduce(0) { $0 + $1.bytes })
    #expect(
      Set(try await Self.listed(store))
        == Set(
          units.map { unit in
            var stored = unit
            stored.metadata = #"{"a":["x"],"b":1}"#
            return stored
          }))
    #expect(try await store.verify().isSound)
    try await store.close()
  }
}
