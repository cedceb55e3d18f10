import ArgumentParser
import GrowthRing

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Prove the store sound, beside a writer.",
    discussion: """
      EXAMPLES
        growthring verify --store growth
        growthring verify --json

      Checks every checksum, that no event is stored twice, and that every aggregate equals, to the last digit, one
      recomputed from the events and the sealed summaries of those that expired. Exits with 4 where anything is wrong.
      """)

  @OptionGroup var store: StoreArguments

  @Option(help: ArgumentHelp("Memory to take at the most, from 64 MiB on.", valueName: "MiB"))
  var memory = 256

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    if !(64...1 << 20 ~= memory) { throw ValidationError("--memory must be from 64 to 1048576.") }
  }

  func run() async throws {
    let sink = OutputSink()
    var options = StoreOptions()
    options.memoryBytes = memory << 20
    try await store.read(options) { store in
      let line = SharedProgress()
      let report = try await store.verify { progress in
        line.update(
          fraction: Double(progress.events) / Double(max(1, progress.totalEvents)),
          NumberText.counted(progress.events, "event"))
      }
      let seconds = line.finish()
      if json {
        sink.buffer.append(contentsOf: object(report, seconds).line)
      } else {
        write(report, seconds, to: sink)
      }
      try sink.flush()
      if !report.isSound { throw ExitCode(ExitStatus.corruption.rawValue) }
    }
  }

  private func object(_ report: VerifyReport, _ seconds: Double) -> JSONObject {
    var object = JSONObject()
    object.put("sound", report.isSound)
    object.put("events", report.events)
    object.put("aggregates", report.aggregates)
    object.put("expired_events", report.expiredEvents)
    object.put("sealed_events", report.sealedEvents)
    object.put("repeated_events", report.repeatedEvents)
    object.put("units", report.units)
    object.put("expired_units", report.expiredUnits)
    object.put("repeated_units", report.repeatedUnits)
    object.put("mismatches", report.mismatchCount)
    object.put("damaged_files", report.damage.count)
    object.put("problems", report.problems)
    object.put("seconds", measured: seconds, digits: 3)
    return object
  }

  private func write(_ report: VerifyReport, _ seconds: Double, to sink: OutputSink) {
    let checked =
      "\(NumberText.counted(report.events, "event")) and \(NumberText.counted(report.aggregates, "aggregate")) "
      + "checked in \(NumberText.fixed(seconds, 1)) s"
    if report.expiredEvents > 0 {
      sink.buffer.append(
        "\(NumberText.counted(report.expiredEvents, "event")) expired, \(NumberText.grouped(report.sealedEvents)) of them "
          + "kept in summary\n")
    }
    if report.expiredUnits > 0 {
      sink.buffer.append("\(NumberText.counted(report.expiredUnits, "version")) of memory units expired\n")
    }
    if report.units > 0 {
      sink.buffer.append("\(NumberText.counted(report.units, "version")) of memory units checked\n")
    }
    if report.isSound {
      sink.buffer.append("sound: \(checked)\n")
    } else {
      sink.buffer.append("NOT SOUND: \(checked)\n")
      for problem in report.problems { sink.buffer.append("  \(TableText.printable(problem))\n") }
    }
  }
}
