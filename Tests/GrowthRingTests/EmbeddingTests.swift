import Foundation
import Synchronization
import Testing

@testable import GrowthRing

/// What a service does with a store: many tasks at once, tasks that are cancelled, and closing in the middle of it all.
struct EmbeddingTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("embedding-\(UUID().uuidString)")

  private func open(_ access: StoreOptions.Access = .readWrite) async throws -> GrowthStore {
    var options = StoreOptions()
    options.createIfMissing = access == .readWrite
    options.access = access
    options.partitions = 4
    return try await GrowthStore.open(folder.path, options: options)
  }

  private func event(_ number: Int) -> GrowthEvent {
    GrowthEvent(
      eventID: EventID(high: 0x0123_4567_89AB_4000, low: 0x8000_0000_0000_0000 + UInt64(number)),
      user: "user \(number % 7)", entity: "entity", entityType: "skill", dimension: "self_know",
      delta: Delta("1")!, createdAt: Timestamp(microseconds: Int64(number)))
  }

  private func unit(_ number: Int) -> MemoryUnit {
    MemoryUnit(
      muid: "\(number)", user: "user \(number % 7)", sourceType: "note", content: "growth number \(number)",
      createdAt: Timestamp(microseconds: Int64(number)))
  }

  /// What many tasks have done.
  private final class Tally: Sendable {
    private let state = Mutex<Set<Int>>([])
    var numbers: Set<Int> { state.withLock { $0 } }
    func add(_ number: Int) { state.withLock { _ = $0.insert(number) } }
  }

  /// One of a process appends, whoever else opens the folder reads beside it, and has all that was acknowledged.
  @Test func twoStoresOfOneFolder() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await open()
    let second = await #expect(throws: StoreError.self) { _ = try await open() }
    #expect(second?.kind == .locked)
    let reader = try await open(.readOnly)
    _ = try await store.append([event(1)])
    #expect(try await reader.growth(user: "user 1").first?.eventCount == 1)
    let refused = await #expect(throws: StoreError.self) { _ = try await reader.append([event(2)]) }
    #expect(refused?.kind == .invalidArgument, "\(String(describing: refused))")
    try await store.close()
    #expect(try await reader.growth(user: "user 1").first?.eventCount == 1)
    let next = try await open()
    _ = try await next.append([event(8)])
    #expect(try await reader.growth(user: "user 1").first?.eventCount == 2)
    try await next.close()
    try await reader.close()
  }

  /// A store that nobody has any more gives up its folder, though nobody closed it; what was acknowledged is there.
  @Test func forgottenStores() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var store: GrowthStore? = try await open()
    _ = try await store?.append([event(1)])
    _ = try await store?.append([unit(1)])
    store = nil
    var again: GrowthStore?
    for _ in 0..<100 where again == nil {
      again = try? await open()
      if again == nil { try await Task.sleep(for: .milliseconds(50)) }
    }
    let found = try #require(again)
    #expect(try await found.growth(user: "user 1").first?.eventCount == 1)
    #expect(try await found.unit("1", of: "user 1") != nil)
    try await found.close()
  }

  /// Everything says that the store was closed, and what reads already goes on with what it has.
  @Test func useAfterClose() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await open()
    _ = try await store.append((0..<5_000).map { event($0) })
    _ = try await store.append((0..<50).map { unit($0) })
    let snapshot = try await store.snapshot()
    var events = try await store.events().makeAsyncIterator()
    var count = try await events.next()?.count ?? 0
    let growth = try await store.allGrowth()
    try await store.close()
    while let batch = try await events.next() { count += batch.count }
    #expect(count == 5_000)
    #expect(try snapshot.growth(user: "user 1").first?.eventCount == 715)
    var rows = 0
    for try await chunk in growth { rows += chunk.count }
    #expect(rows == 7)
    func expectClosed(_ what: String, _ body: () async throws -> Void) async {
      let error = await #expect(throws: StoreError.self, "\(what)") { try await body() }
      #expect(error?.kind == .closed, "\(what): \(String(describing: error))")
    }
    await expectClosed("append") { _ = try await store.append([event(9_000)]) }
    await expectClosed("units") { _ = try await store.append([unit(90)]) }
    await expectClosed("delete") { _ = try await store.deleteUnit("1", of: "user 1") }
    await expectClosed("growth") { _ = try await store.growth(user: "user 1") }
    await expectClosed("direct") { _ = try store.direct.growth(user: "user 1") }
    await expectClosed("history") { _ = try await store.history(user: "user 1") }
    await expectClosed("events") { _ = try await store.events() }
    await expectClosed("search") { _ = try await store.search("growth") }
    await expectClosed("substring") { _ = try await store.searchSubstring("growth") }
    await expectClosed("index") { _ = try await store.updateSearchIndex() }
    await expectClosed("flush") { try await store.flush() }
    await expectClosed("compact") { _ = try await store.compact() }
    await expectClosed("maintain") { _ = try await store.maintain() }
    await expectClosed("rehydrate") { _ = try await store.rehydrate(month: "2026-01") }
    await expectClosed("jobs") { _ = try await store.maintenanceJobs() }
    await expectClosed("verify") { _ = try await store.verify() }
    await expectClosed("model") { try await store.apply(model: .standard) }
    await expectClosed("profile") { _ = try await store.set(UserProfile(user: "user 1", language: "de")) }
    try await store.close()
  }

  /// Appends, reads, searches and `close` from many tasks: what was acknowledged is there, everything else says that the store
  /// was closed, and whoever closed it may open it again.
  @Test(arguments: 1...8) func closingInTheMiddle(_ milliseconds: Int) async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await open()
    let (acknowledged, notes) = (Tally(), Tally())
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<40 {
        group.addTask {
          do throws(StoreError) {
            for step in 0..<1_000 {
              let number = task * 1_000 + step
              switch task % 8 {
              case 0: _ = try await store.growth(user: "user \(step % 7)")
              case 1: _ = try await store.search("growth number", SearchOptions(limit: 3))
              case 2:
                _ = try await store.append([unit(number)])
                notes.add(number)
              case 3:
                for try await batch in try await store.events() { _ = batch.count }
              default:
                _ = try await store.append([event(number)])
                acknowledged.add(number)
              }
            }
          } catch {
            #expect(error.kind == .closed, "\(error)")
          }
        }
      }
      for closer in 0..<3 {
        group.addTask {
          try? await Task.sleep(for: .milliseconds(milliseconds * 7 + closer % 2))
          do {
            try await store.close()
            // The right to append is free as soon as any of them comes back.
            if closer == 2 { try await open().close() }
          } catch let error as StoreError where error.kind == .locked && closer == 2 {
            Issue.record("closed, and still locked")
          } catch {
            Issue.record("\(error)")
          }
        }
      }
    }
    let again = try await open()
    var stored: Set<Int> = []
    for try await batch in try await again.events() {
      for row in 0..<batch.count { stored.insert(Int(batch.event(at: row).createdAt.microseconds)) }
    }
    #expect(acknowledged.numbers.isSubset(of: stored))
    let found = try await again.search("growth", SearchOptions(limit: 100_000))
    #expect(notes.numbers.isSubset(of: Set(found.hits.compactMap { Int($0.unit.muid) })))
    #expect(try await again.verify().isSound)
    try await again.close()
  }

  /// A task that is cancelled in the middle of appending still hears what became of its events.
  @Test func cancelledAppends() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await open()
    let stored = Tally()
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<64 {
        group.addTask {
          for step in 0..<20 {
            let number = task * 20 + step
            if (try? await store.append([event(number)]))?.stored == 1 { stored.add(number) }
          }
        }
      }
      group.cancelAll()
    }
    var count = 0
    for try await batch in try await store.events() { count += batch.count }
    #expect(count == 64 * 20 && stored.numbers.count == count)
    try await store.close()
  }

  /// Many more searches and scans than threads, all of them waiting for the one that fills the index, beside appends.
  @Test(.timeLimit(.minutes(2))) func manyAtOnce() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await open()
    _ = try await store.append((0..<2_000).map { unit($0) })
    try await withThrowingTaskGroup(of: Int.self) { group in
      for task in 0..<400 {
        group.addTask {
          switch task % 4 {
          case 0: return try await store.search("growth", SearchOptions(limit: 1)).matched
          case 1: return try await store.search("number", SearchOptions(user: "user 1", limit: 1)).matched
          case 2: return try await store.append([event(task)]).stored
          default: return try await store.searchSubstring("number", SearchOptions(limit: 1)).matched
          }
        }
      }
      var sum = 0
      for try await count in group { sum += count }
      #expect(sum == 100 * 2_000 + 100 * 286 + 100 + 100 * 2_000)
    }
    try await store.close()
  }
}
