import ArgumentParser
import Foundation
import GrowthRing

/// How fast a store's events become a Parquet file and come back, on one thread.
struct ParquetBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "parquet")

  @Argument(help: "The folder of a store.")
  var store: String

  @Option(help: "The file that is written, and removed afterwards.")
  var output = "bench.parquet"

  func run() async throws {
    var options = StoreOptions()
    options.access = .readOnly
    let growth = try await GrowthStore.open(store, options: options)
    var batches: [EventBatch] = []
    for try await batch in try await growth.sortedEvents() { batches.append(batch) }
    try await growth.close()
    for profile in ParquetEventWriter.Profile.allCases {
      var bytes: [UInt8] = []
      var cpu = Process.cpuSeconds
      var writer = ParquetEventWriter(profile: profile)
      for batch in batches { try writer.append(batch, into: &bytes) }
      try writer.finish(into: &bytes)
      let events = Double(writer.count)
      emit("\(profile) write", events / (Process.cpuSeconds - cpu), "events/s of one core")
      emit("\(profile) size", Double(bytes.count) / events, "bytes/event")
      try Data(bytes).write(to: URL(fileURLWithPath: output))
      defer { try? FileManager.default.removeItem(atPath: output) }
      cpu = Process.cpuSeconds
      let reader = try ParquetEventReader(path: output)
      var read = 0
      for group in 0..<reader.rowGroupCount { read += try reader.events(rowGroup: group).count }
      guard read == writer.count else { throw ExitCode.failure }
      emit("\(profile) read", events / (Process.cpuSeconds - cpu), "events/s of one core")
      cpu = Process.cpuSeconds
      var decoder = try ParquetDecoder(path: output)
      var rejected: [RejectedRecord] = []
      var isMore = true
      while isMore {
        var batch = EventBatch()
        isMore = try decoder.decode(into: &batch, limit: 65_536, rejected: &rejected) == .batchFull
      }
      emit("\(profile) decode as foreign", events / (Process.cpuSeconds - cpu), "events/s of one core")
    }
  }
}
