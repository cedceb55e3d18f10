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

  @Option(help: "Events of a batch.")
  var batchSize = 65_536

  @Option(help: "How often to parse them; the median and the best pass are printed.")
  var passes = 5

  func run() async throws {
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    var chunks: [[UInt8]] = []
    var total = 0
    while total < bytes, let chunk = try handle.read(upToCount: 2 << 20), !chunk.isEmpty {
      chunks.append([UInt8](chunk))
      total += chunk.count
    }
    var seconds: [Double] = []
    var events = 0
    for _ in 0..<max(1, passes) {
      let cpu = Process.cpuSeconds
      events = file.hasSuffix(".csv") ? try parseCSV(chunks) : parseNDJSON(chunks)
      seconds.append(Process.cpuSeconds - cpu)
    }
    seconds.sort()
    for (name, time) in [("parse, median pass", seconds[seconds.count / 2]), ("parse, best pass", seconds[0])] {
      emit(name, Double(total) / time / 1e6, "MB/s of one core")
      emit(name, Double(events) / time, "events/s of one core")
    }
  }

  private func parseNDJSON(_ chunks: [[UInt8]]) -> Int {
    var decoder = NDJSONDecoder()
    return parse(chunks) {
      decoder.feed($0)
    } decode: {
      decoder.decode(into: &$0, limit: batchSize - $0.count, rejected: &$1)
    }
  }

  private func parseCSV(_ chunks: [[UInt8]]) throws -> Int {
    var decoder = CSVDecoder()
    return try parse(chunks) {
      decoder.feed($0)
    } decode: {
      try decoder.decode(into: &$0, limit: batchSize - $0.count, rejected: &$1)
    }
  }

  /// Fills one batch again and again, as `growthring ingest` does.
  private func parse(
    _ chunks: [[UInt8]], feed: ([UInt8]) -> Void,
    decode: (inout EventBatch, inout [RejectedRecord]) throws -> IngestProgress
  ) rethrows -> Int {
    var rejected: [RejectedRecord] = []
    var events = 0
    var batch = EventBatch()
    for chunk in chunks {
      feed(chunk)
      while try decode(&batch, &rejected) == .batchFull {
        events += batch.count
        batch.removeAll(keepingCapacity: true)
      }
    }
    return events + batch.count
  }
}
