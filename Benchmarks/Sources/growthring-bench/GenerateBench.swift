import ArgumentParser
import Foundation
import GrowthRing

/// The events of a comparison: a base that is loaded, and a tail that is ingested on top of it. Both are one history of
/// the project's generator, cut in two, in the order in which events arrive. Streams; the same bytes for the same options.
struct GenerateBench: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "generate")

  @Option(help: "Events of the base.")
  var events = 1_000_000

  @Option(help: "Events of the tail.")
  var tail = 100_000

  @Option(help: "The seed.")
  var seed: UInt64 = 1

  @Option(help: "The folder of base.bin and tail.bin.")
  var output = "."

  func run() throws {
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    var source = GeneratedSource(events: events + tail, seed: seed, late: 0)
    for (name, count) in [("base.bin", events), ("tail.bin", tail)] {
      var writer = try RecordWriter(path: output + "/" + name)
      var left = count
      while left > 0 {
        let batch = try source.next(min(left, 16_384))
        if batch.isEmpty { throw ValidationError("the generator ended early") }
        for row in 0..<batch.count { try writer.write(batch.event(at: row)) }
        left -= batch.count
      }
      try writer.close()
    }
  }
}
