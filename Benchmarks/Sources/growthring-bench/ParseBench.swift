import ArgumentParser
import Foundation
import GrowthRing

/// How fast text becomes columns, on one thread, without a store.
struct ParseBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "parse")

  @Argument(help: "NDJSON or CSV, uncompressed.")
  var file: String

  @Option(help: "Bytes to parse, from the start of the file.")
  var bytes = 512 << 20

  func run() async throws {
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    var chunks: [[UInt8]] = []
    var total = 0
    while total < bytes, let chunk = try handle.read(upToCount: 2 << 20), !chunk.isEmpty {
      chunks.append([UInt8](chunk))
      total += chunk.count
    }
    let cpu = Process.cpuSeconds
    let events = file.hasSuffix(".csv") ? try parseCSV(chunks) : parseNDJSON(chunks)
    let seconds = Process.cpuSeconds - cpu
    emit("parse", Double(total) / seconds / 1e6, "MB/s of one core")
    emit("parse", Double(events) / seconds, "events/s of one core")
  }

  private func parseNDJSON(_ chunks: [[UInt8]]) -> Int {
    var decoder = NDJSONDecoder()
    var rejected: [RejectedRecord] = []
    var events = 0
    var batch = EventBatch()
    for chunk in chunks {
      decoder.feed(chunk)
      while decoder.decode(into: &batch, limit: 65_536, rejected: &rejected) == .batchFull {
        events += batch.count
        batch = EventBatch()
      }
    }
    return events + batch.count
  }

  private func parseCSV(_ chunks: [[UInt8]]) throws -> Int {
    var decoder = CSVDecoder()
    var rejected: [RejectedRecord] = []
    var events = 0
    var batch = EventBatch()
    for chunk in chunks {
      decoder.feed(chunk)
      while try decoder.decode(into: &batch, limit: 65_536, rejected: &rejected) == .batchFull {
        events += batch.count
        batch = EventBatch()
      }
    }
    return events + batch.count
  }
}
