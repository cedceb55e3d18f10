import ArgumentParser
import Foundation
import GrowthRing

/// How fast a store's events become a Parquet file and come back, on one thread.
struct ParquetBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "parquet")

  @Argument(help: "The folder of a store.")
  var store: String

  @Option(help: "The file that is written.")
  var output = "bench.parquet"

  @Flag(help: "Keep the files, with the name of their profile before the ending.")
  var keep = false

  @Flag(help: "Leave out the decoder of foreign files.")
  var own = false

  func run() async throws {
    var options = StoreOptions()
    options.access = .readOnly
    let growth = try await GrowthStore.open(store, options: options)
    var batches: [EventBatch] = []
    var cpu = Process.cpuSeconds
    for try await batch in try await growth.sortedEvents() { batches.append(batch) }
    let events = Double(batches.reduce(0) { $0 + $1.count })
    func measured(_ name: String) {
      emit(name, events / (Process.cpuSeconds - cpu), "events/s of one core")
    }
    measured("scan")
    try await growth.close()
    for profile in ParquetEventWriter.Profile.allCases {
      let path = keep ? output.replacing(".parquet", with: "-\(profile).parquet") : output
      guard FileManager.default.createFile(atPath: path, contents: nil),
        let file = FileHandle(forWritingAtPath: path)
      else { throw ExitCode.failure }
      defer { if !keep { try? FileManager.default.removeItem(atPath: path) } }
      cpu = Process.cpuSeconds
      var writer = ParquetEventWriter(profile: profile)
      var bytes: [UInt8] = []
      var size = 0
      func flush() throws {
        if bytes.isEmpty { return }
        size += bytes.count
        try file.write(contentsOf: bytes)
        bytes.removeAll(keepingCapacity: true)
      }
      for batch in batches {
        try writer.append(batch, into: &bytes)
        try flush()
      }
      try writer.finish(into: &bytes)
      try flush()
      try file.close()
      measured("\(profile) write")
      let written = events / (Process.cpuSeconds - cpu)
      emit("\(profile) size", Double(size) / events, "bytes/event")
      cpu = Process.cpuSeconds
      let reader = try ParquetEventReader(path: path)
      var read = 0
      for group in 0..<reader.rowGroupCount { read += try reader.events(rowGroup: group).count }
      guard read == writer.count else { throw ExitCode.failure }
      measured("\(profile) read")
      cpu = Process.cpuSeconds
      var comparison = ParquetEventComparison(reader)
      for batch in batches {
        if let difference = try comparison.compare(batch) { throw ValidationError("\(difference)") }
      }
      guard try comparison.finish() == nil, comparison.count == writer.count else { throw ExitCode.failure }
      measured("\(profile) read and compare")
      emit(
        "\(profile) write, read and compare",
        1 / (1 / written + (Process.cpuSeconds - cpu) / events), "events/s of one core")
      if own { continue }
      cpu = Process.cpuSeconds
      var decoder = try ParquetDecoder(path: path)
      var rejected: [RejectedRecord] = []
      var isMore = true
      while isMore {
        var batch = EventBatch()
        isMore = try decoder.decode(into: &batch, limit: 65_536, rejected: &rejected) == .batchFull
      }
      measured("\(profile) decode as foreign")
    }
  }
}
