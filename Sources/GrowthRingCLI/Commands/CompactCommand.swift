import ArgumentParser
import GrowthRing

struct CompactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Merge segments and runs, beside a writer and readers.",
    discussion: """
      EXAMPLES
        growthring compact --store growth
        growthring compact --all

      Whoever writes the store compacts it in the background; this command is for stores at rest and for cron.
      """)

  @OptionGroup var store: StoreArguments

  @Flag(help: "Merge everything, not only what a store at rest would.")
  var all = false

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      let before = try await store.stats()
      let merged = try await store.compact(everything: all)
      let after = try await store.stats()
      if merged {
        try sink.write(
          """
          segments  \(before.segments) → \(after.segments)
          runs      \(before.runs) → \(after.runs)
          bytes     \(NumberText.bytes(before.segmentBytes + before.runBytes)) → \
          \(NumberText.bytes(after.segmentBytes + after.runBytes))

          """)
      } else {
        try sink.write("Nothing to merge.\n")
      }
      try sink.flush()
    }
  }
}
