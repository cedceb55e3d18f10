import Foundation
import StorageIO
import StoreEngine
import Testing
import TextSearch

@testable import GrowthRing

/// Search over a store, beside a naive search in what was put into it.
@Suite struct SearchTests {
  private static let words = ["Alpha", "beta", "gamma", "delta", "手机", "été", "x"]
  private static let queries = ["alpha", "beta OR x", "\"gamma delta\"", "bet* NOT alpha", "机", "ete", "title:x"]

  private struct Model {
    var newest: [String: MemoryUnit] = [:]

    mutating func add(_ unit: MemoryUnit) {
      if let old = newest[unit.muid], old.updatedAt >= unit.updatedAt { return }
      newest[unit.muid] = unit
    }

    func found(_ text: String, of user: String?) throws -> Set<String> {
      let query = try SearchQuery(text)
      let matcher = QueryMatcher(query)
      return Set(
        newest.values.filter {
          !$0.isDeleted && (user == nil || $0.user == user)
            && matcher.occurrences(title: $0.title, content: $0.content).holds(query)
        }.map(\.muid))
    }
  }

  private func check(_ store: GrowthStore, _ model: Model, _ context: String) async throws {
    for text in Self.queries {
      for user in [nil, "user 1"] {
        let results = try await store.search(text, SearchOptions(user: user, limit: 1000))
        let expected = try model.found(text, of: user)
        #expect(Set(results.hits.map(\.unit.muid)) == expected, "\(text) \(user ?? "") \(context)")
        #expect(results.matched == expected.count, "\(text) \(context)")
      }
    }
    let part = try await store.searchSubstring("elta", SearchOptions(limit: 1000))
    let expected = model.newest.values.filter { !$0.isDeleted && ($0.title + "\n" + $0.content).contains("elta") }
    #expect(Set(part.hits.map(\.unit.muid)) == Set(expected.map(\.muid)), "\(context)")
  }

  private func unit(_ random: inout SeededGenerator, _ time: Int) -> MemoryUnit {
    func text(_ most: Int) -> String {
      (0..<random.next() % UInt64(most)).map { _ in Self.words[Int(random.next() % 7)] }.joined(separator: " ")
    }
    let number = random.next() % 30
    let late = random.next() % 4 == 0 ? Int(random.next() % 20) : 0
    return MemoryUnit(
      muid: "unit \(number)", user: "user \(number % 5)", sourceType: "note", title: text(4), content: text(10),
      createdAt: Timestamp(microseconds: 1_000_000), updatedAt: Timestamp(microseconds: Int64(2_000_000 + time - late)))
  }

  /// Operations of all kinds; `reopen` returns the store as another opening of it sees it.
  private func run(
    _ seed: UInt64, _ store: GrowthStore, steps: Int, reader: GrowthStore?,
    reopen: (GrowthStore) async throws -> GrowthStore
  ) async throws {
    var store = store
    var random = SeededGenerator(seed: seed)
    var model = Model()
    for step in 0..<steps {
      let kind = random.next() % 18
      switch kind {
      case 0..<8:
        let batch = (0...random.next() % 4).map { _ in unit(&random, step * 10) }
        var distinct: [MemoryUnit] = []
        for unit in batch where !distinct.contains(where: { $0.muid == unit.muid }) { distinct.append(unit) }
        let receipt = try await store.append(distinct, mode: .lenient)
        let refused = Set(receipt.rejections.map(\.row))
        for (row, unit) in distinct.enumerated() where !refused.contains(row) { model.add(unit) }
      case 8..<12:
        let muid = "unit \(random.next() % 30)"
        if let unit = model.newest[muid], !unit.isDeleted {
          let time = Timestamp(microseconds: unit.updatedAt.microseconds + 3)
          #expect(try await store.deleteUnit(muid, of: unit.user, at: time))
          var deleted = unit
          deleted.isDeleted = true
          deleted.updatedAt = time
          model.add(deleted)
        }
      case 12: try await store.flush()
      case 13: try await store.compact(everything: true)
      case 14:
        let rule = AgeingRule(warmAfter: Age(days: 0))
        try await store.apply(policy: AgeingPolicy(rules: [], rest: rule, warmLevel: 1))
        #expect(try await store.maintain([.flush, .warm])?.error == nil)
      default: store = try await reopen(store)
      }
      try await check(store, model, "seed \(seed), step \(step), after \(kind)")
      if let reader, kind < 15 { try await check(reader, model, "reader, seed \(seed), step \(step), after \(kind)") }
    }
    let report = try await store.verify()
    #expect(report.isSound && report.search.units > 0, "\(report.problems)")
    try await store.close()
    try await reader?.close()
  }

  @Test(arguments: [1, 2, 3]) func findsWhatIsThereInMemory(seed: UInt64) async throws {
    let simulated = StorageEnvironment.simulated(seed: seed)
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = seed == 1 ? 1 : 4
    let opened = options
    let store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    try await run(seed, store, steps: 40, reader: nil) { store in
      try await store.close()
      return try GrowthStore.open("store", options: opened, environment: simulated.environment)
    }
  }

  @Test(arguments: [StoreOptions.Durability.synced, .buffered])
  func findsWhatIsThereOnDisk(durability: StoreOptions.Durability) async throws {
    let folder = newFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = twoPartitions
    options.durability = durability
    let opened = options
    let store = try await GrowthStore.open(folder.path, options: options)
    var readOnly = StoreOptions()
    readOnly.access = .readOnly
    let reader = try await GrowthStore.open(folder.path, options: readOnly)
    try await run(7, store, steps: 25, reader: reader) { store in
      try await store.close()
      return try await GrowthStore.open(folder.path, options: opened)
    }
    let index = folder.appendingPathComponent("search/00.sqlite").path
    #expect(FileManager.default.fileExists(atPath: index))
  }

  /// The process ends without closing, and now and then the index is gone, or as it was long before.
  @Test(arguments: [8, 9]) func findsWhatIsThereAfterTheEnd(seed: UInt64) async throws {
    let folder = newFolder()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let options = twoPartitions
    let opened = options
    var life = 0
    let old = folder.appendingPathComponent("old").path
    let store = try await GrowthStore.open(folder.path + "/0", options: options)
    try await run(seed, store, steps: 30, reader: nil) { store in
      // What a kill leaves is what is in the files while the store is open.
      life += 1
      let path = folder.path + "/\(life)"
      try FileManager.default.copyItem(atPath: store.path, toPath: path)
      try await store.close()
      switch life % 4 {
      case 1: try? FileManager.default.copyItem(atPath: path + "/search", toPath: old)
      case 2: try FileManager.default.removeItem(atPath: path + "/search")
      case 3 where FileManager.default.fileExists(atPath: old):
        try FileManager.default.removeItem(atPath: path + "/search")
        try FileManager.default.copyItem(atPath: old, toPath: path + "/search")
      default: break
      }
      return try await GrowthStore.open(path, options: opened)
    }
    #expect(life > 2)
  }

  /// The folder of a store is put back from a copy, but for its indexes, and the store goes on.
  @Test func knowsThatTheStoreWasPutBack() async throws {
    let folder = newFolder()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (path, copy) = (folder.path + "/store", folder.path + "/copy")
    let options = twoPartitions
    func note(_ number: Int, _ text: String) -> MemoryUnit {
      MemoryUnit(
        muid: "note \(number)", user: "user \(number % 4)", sourceType: "note", content: text,
        createdAt: Timestamp(microseconds: 7))
    }
    var store = try await GrowthStore.open(path, options: options)
    _ = try await store.append((0..<8).map { note($0, "alpha") })
    try await store.close()
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    store = try await GrowthStore.open(path, options: options)
    for number in 8..<16 { _ = try await store.append([note(number, "alpha")]) }
    #expect(try await store.search("alpha").matched == 16)
    try await store.close()
    try FileManager.default.moveItem(atPath: path + "/search", toPath: copy + "/search")
    store = try await GrowthStore.open(copy, options: options)
    for number in 20..<40 { _ = try await store.append([note(number, "alpha beta")]) }
    #expect(try await store.search("alpha").matched == 28)
    #expect(try await store.search("beta").matched == 20)
    #expect(try await store.verify().isSound)
    try await store.close()
  }

  private func newFolder() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("search-\(UUID().uuidString)")
  }

  private var twoPartitions: StoreOptions {
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 2
    return options
  }

  private func notes(_ numbers: Range<Int>) -> [MemoryUnit] {
    numbers.map { number in
      MemoryUnit(
        muid: "note \(number)", user: "user \(number % 4)", sourceType: "note", content: "alpha",
        createdAt: Timestamp(microseconds: 7))
    }
  }

  @Test func maintenanceFillsIndexesThatAreUsed() async throws {
    let folder = newFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = twoPartitions
    options.compactsInBackground = false
    let store = try await GrowthStore.open(folder.path, options: options)
    _ = try await store.append(notes(0..<5))
    // Nobody has searched, so there is nothing to fill.
    #expect(try await store.maintain()?.steps.contains { $0.step == .index } == false)
    #expect(try await store.maintain([.index])?.moved == 0)
    #expect(try await store.stats().searchBytes == 0)
    #expect(try await store.search("alpha").matched == 5)
    _ = try await store.append(notes(5..<25))
    let step = try await store.maintain()?.steps.first { $0.step == .index }
    #expect(step?.moved == 20 && step?.error == nil)
    #expect(try await store.maintain([.index])?.moved == 0)
    #expect(try await store.search("alpha").matched == 25)
    let bytes = try await store.stats().searchBytes
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/search")
    let databases = try files.filter { $0.hasSuffix(".sqlite") }.reduce(0) { sum, name in
      sum + (try Data(contentsOf: folder.appendingPathComponent("search/" + name)).count)
    }
    #expect(bytes == databases && bytes > 0)
    try await store.close()
  }

  @Test func aRestingStoreFillsItsIndexes() async throws {
    let folder = newFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await GrowthStore.open(folder.path, options: twoPartitions)
    #expect(try await store.search("alpha").matched == 0)
    _ = try await store.append(notes(0..<30))
    let identity = store.engine.identity
    let name = StoreLayout.hex(identity.hashSeed, digits: 16) + " " + identity.createdAt.description
    func indexed() throws -> Int {
      try [0, 1].reduce(0) { sum, number in
        sum + (try TextIndex(path: folder.path + "/search/0\(number).sqlite", store: name).state().rows)
      }
    }
    // About a second, on a machine that has time.
    let end = ContinuousClock.now + .seconds(30)
    while try indexed() < 30, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
    #expect(try indexed() == 30)
    // What it wrote is in the files, and not in logs beside them.
    while try logBytes(folder) > 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
    #expect(try logBytes(folder) == 0)
    // Closing does not wait for it.
    _ = try await store.append(notes(30..<40))
    try await store.close()
  }

  /// Of SQLite's logs beside the indexes.
  private func logBytes(_ folder: URL) throws -> Int {
    let search = folder.appendingPathComponent("search")
    let names = try FileManager.default.contentsOfDirectory(atPath: search.path).filter { $0.hasSuffix("-wal") }
    return names.reduce(0) { sum, name in
      // A log may go meanwhile.
      sum + ((try? Data(contentsOf: search.appendingPathComponent(name)).count) ?? 0)
    }
  }

  /// Units that came before anybody searched are taken in by the first search, and tidied behind it.
  @Test func aSearchIsTidiedBehind() async throws {
    let folder = newFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await GrowthStore.open(folder.path, options: twoPartitions)
    _ = try await store.append(notes(0..<30))
    #expect(try await store.search("alpha").matched == 30)
    let end = ContinuousClock.now + .seconds(30)
    while try logBytes(folder) > 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
    #expect(try logBytes(folder) == 0)
    // Anew: at once.
    #expect(try await store.updateSearchIndex(anew: true) == 30)
    #expect(try logBytes(folder) == 0)
    try await store.close()
  }

  /// Who only reads tidies what his searches wrote when he closes, also while others have the files open.
  @Test func readersTidyWhenTheyClose() async throws {
    let folder = newFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = twoPartitions
    options.compactsInBackground = false
    let store = try await GrowthStore.open(folder.path, options: options)
    _ = try await store.append(notes(0..<30))
    try await store.flush()
    options.access = .readOnly
    options.createIfMissing = false
    let reader = try await GrowthStore.open(folder.path, options: options)
    let other = try await GrowthStore.open(folder.path, options: options)
    #expect(try await reader.search("alpha").matched == 30)
    #expect(try await other.search("alpha").matched == 30)
    #expect(try logBytes(folder) > 0)
    try await reader.close()
    #expect(try logBytes(folder) == 0)
    #expect(try await other.search("alpha").matched == 30)
    try await other.close()
    try await store.close()
  }

  @Test func refusesWhatItCannotRead() async throws {
    let simulated = StorageEnvironment.simulated(seed: 1)
    var options = StoreOptions()
    options.createIfMissing = true
    let store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    await #expect(throws: StoreError.self) { try await store.search("\"open") }
    await #expect(throws: StoreError.self) { try await store.searchSubstring("") }
    #expect(try await store.search("nothing").hits.isEmpty)
    try await store.close()
  }
}
