import Foundation
import GrowthRing
import StoreEngine
import TestSupport

// Another process for the tests.
//
//   crash-appender append STORE     appends batches, four tasks at once, until it is killed
//   crash-appender maintain STORE   the same, and flushes and compacts all the time
//   crash-appender fill STORE MEMORY BYTES   ingests so many bytes with a cap on the store's memory, and recomputes all
//   crash-appender index STORE FIRST   appends memory units from batch FIRST on, and fills and rebuilds the search indexes
//   crash-appender units STORE      changes memory units, and flushes and compacts all the time
//   crash-appender replay SEED...   prints the digest of each simulation
//
// It prints `ready` once the store is open, then `ack` and the ids of each batch that was acknowledged. Every batch has
// one event of delta 2.5 for each of its users, so whoever sees unequal counts has seen a part of a batch.

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

func batch() throws(EventRejection) -> EventBatch {
  var batch = EventBatch()
  for user in AppenderStory.users {
    let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    let id = EventID(version7At: now, random: .random(in: 0 ... .max), .random(in: 0 ... .max))
    let entity = "entity-\(Int.random(in: 0..<20))"
    try batch.append(
      GrowthEvent(
        eventID: id, user: user, entity: entity, entityType: "skill", dimension: "self_know",
        delta: AppenderStory.delta, scope: "org/a", createdAt: now))
  }
  return batch
}

func append(_ path: String, maintaining: Bool) async throws {
  let store = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
  say("ready")
  try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<4 {
      group.addTask {
        while true {
          let batch = try batch()
          let receipt = try await store.append(batch)
          guard receipt.stored == batch.count else { fatalError("stored \(receipt.stored) of \(batch.count)") }
          say("ack " + (0..<batch.count).map { batch[$0].eventID?.description ?? "" }.joined(separator: " "))
        }
      }
    }
    group.addTask {
      while maintaining {
        try await store.flush()
        try await store.compact()
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    try await group.waitForAll()
  }
}

/// Events whose metadata are long and distinct, until they make up so many bytes; then everything is merged and verified.
func fill(_ path: String, memory: Int, bytes: Int) async throws {
  var options = StoreOptions()
  options.createIfMissing = true
  options.memoryBytes = memory
  let store = try await GrowthStore.open(path, options: options)
  let padding = String(repeating: "growth ", count: 140)
  var filled = 0
  var events = 0
  while filled < bytes {
    var batch = EventBatch()
    for row in 0..<500 {
      let number = events + row
      let createdAt = Timestamp(microseconds: 1_767_225_600_000_000 + Int64(number) * 1_000_000)
      let metadata = "{\"n\":\(number),\"text\":\"\(number &* 0x9E37_79B9) \(padding)\"}"
      try batch.append(
        GrowthEvent(
          eventID: EventID(version7At: createdAt, random: UInt64(number), 7), user: "user-\(number % 997)",
          entity: "entity-\(number % 7919)", entityType: "skill", dimension: "self_know", delta: AppenderStory.delta,
          createdAt: createdAt, metadata: metadata))
      filled += metadata.utf8.count
    }
    events += try await store.append(batch).stored
  }
  try await store.flush()
  try await store.compact()
  say("stored \(events)")
  let report = try await store.verify()
  say("verified \(report.events), \(report.isSound ? "sound" : "\(report.problems)")")
  try await store.close()
}

let arguments = CommandLine.arguments
switch arguments.count > 2 ? arguments[1] : "" {
case "append": try await append(arguments[2], maintaining: false)
case "maintain": try await append(arguments[2], maintaining: true)
case "fill" where arguments.count == 5:
  try await fill(arguments[2], memory: Int(arguments[3]) ?? 0, bytes: Int(arguments[4]) ?? 0)
case "index" where arguments.count == 4: try await index(arguments[2], from: Int(arguments[3]) ?? 0)
case "units": try await changeUnits(arguments[2])
case "replay":
  for seed in arguments[2...].compactMap({ UInt64($0) }) {
    let simulation = try Simulation(seed: seed)
    try simulation.run()
    say("\(seed) \(simulation.digest)")
  }
default:
  say(
    "usage: crash-appender append|maintain|units STORE, fill STORE MEMORY BYTES, index STORE FIRST, or replay SEED...")
  exit(2)
}
