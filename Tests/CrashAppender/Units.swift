import Foundation
import GrowthRing
import TestSupport

/// Appends the batches of `UnitStory` from a given one on, `ack` and its number once each is acknowledged, and brings the search
/// indexes up to date after every few of them, or makes them anew: `filling` or `rebuilding` before that, `indexed` after it.
func index(_ path: String, from first: Int) async throws {
  let store = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
  say("ready")
  var number = first
  while true {
    for _ in 0..<4 {
      let units = UnitStory.batch(number)
      let receipt = try await store.append(units)
      guard receipt.stored + receipt.duplicates == units.count else { fatalError("stored \(receipt.stored)") }
      say("ack \(number)")
      number += 1
    }
    let isAnew = number % 3 == 0
    say(isAnew ? "rebuilding" : "filling")
    try await store.updateSearchIndex(anew: isAnew)
    say("indexed")
    if number % 5 == 0 { try await store.flush() }
  }
}

/// Changes one unit after the other, and flushes and compacts all the time. It prints `change` and the unit's number before each
/// change, and after it `put` with the number and the version, whose content has the word `kNUMBERvVERSION`, or `gone`.
func changeUnits(_ path: String) async throws {
  let store = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
  say("ready")
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      var versions: [Int] = []
      while true {
        let isNew = versions.count < 20 || Int.random(in: 0..<3) == 0
        let unit = isNew ? versions.count : Int.random(in: 0..<versions.count)
        if isNew { versions.append(0) } else { versions[unit] += 1 }
        let user = UnitStory.users[unit % UnitStory.users.count]
        say("change \(unit)")
        if !isNew, Int.random(in: 0..<3) == 0 {
          // Where it is gone already, it stays so.
          _ = try await store.deleteUnit("unit-\(unit)", of: user)
          say("gone \(unit)")
        } else {
          let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
          let newest = try await store.unitHistory("unit-\(unit)", of: user, content: false).first?.updatedAt
          let time = Timestamp(microseconds: max(now.microseconds, (newest?.microseconds ?? 0) + 1))
          _ = try await store.append([
            MemoryUnit(
              muid: "unit-\(unit)", user: user, sourceType: "note", title: "growth",
              content: "all growth is k\(unit)v\(versions[unit]) " + String(repeating: "and slow ", count: unit % 30),
              createdAt: time, updatedAt: time)
          ])
          say("put \(unit) \(versions[unit])")
        }
        try await Task.sleep(for: .milliseconds(1))
      }
    }
    group.addTask {
      while true {
        try await store.flush()
        try await store.compact()
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    try await group.waitForAll()
  }
}
