import ArgumentParser
import GrowthRing

struct MaintainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maintain", abstract: "Do what maintenance is due, once: for cron and timers.",
    discussion: """
      EXAMPLES
        growthring maintain --store growth
        growthring maintain --step warm
        growthring maintain --all

      Flushes, merges, removes what has expired, moves events and memory units that have come of age to warm segments and to the
      archive, brings search indexes up to date where there are any, and verifies checksums, each when the policy says that it
      is due. Works beside a writer and readers. Every run leaves a record, see `growthring jobs`. Where other maintenance of the
      store is under way, this one leaves it alone and exits with 0.
      """)

  @OptionGroup var store: StoreArguments

  @Option(
    help:
      "Only this step, due or not; may be given more than once: flush, compact, expire, warm, archive, index or scrub.")
  var step: [MaintenanceStep] = []

  @Flag(help: "All steps, due or not.")
  var all = false

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    if all, !step.isEmpty { throw ValidationError("Give --all or --step.") }
  }

  func run() async throws {
    let steps: Set<MaintenanceStep>? = all ? Set(MaintenanceStep.allCases) : step.isEmpty ? nil : Set(step)
    try await store.read { store in
      let line = SharedProgress()
      let job = try await store.maintain(steps) { progress in
        line.update(
          fraction: Double(progress.done) / Double(max(1, progress.total)),
          "\(progress.step.rawValue), \(NumberText.grouped(progress.moved)) moved")
      }
      _ = line.finish()
      try Self.report(job, json: json)
    }
  }

  /// Prints the record of a job, and fails where that has.
  static func report(_ job: MaintenanceJob?, json: Bool) throws {
    let sink = OutputSink()
    guard let job else {
      if json { try sink.write("null\n") } else { Console.error("Other maintenance of this store is under way.") }
      try sink.flush()
      return
    }
    if json {
      sink.buffer.append(contentsOf: JobsCommand.object(job, time: .iso).line)
    } else {
      for step in job.steps { sink.buffer.append("\(text(step))\n") }
    }
    try sink.flush()
    if let failure = job.recordFailure {
      Console.error("warning: there is no whole record of this run in `growthring jobs`: \(failure)")
    }
    if let error = job.error {
      throw CommandFailure(error, remedy(job.errorKind), status: job.isDamaged ? .corruption : .failed)
    }
  }

  private static func remedy(_ kind: StoreError.Kind?) -> String {
    let done = "what was done before it stands, see `growthring jobs`."
    return switch kind {
    case .noSpace: "Free space on the disk and run it again; \(done)"
    case .io: "Check the disk and the rights to the file, then run it again; \(done)"
    case .corruption: "`growthring verify` tells the extent; \(done)"
    case .unsupportedVersion: "Use a newer version of growthring; \(done)"
    default: "See `growthring jobs`; what was done before it stands."
    }
  }

  /// `warm       1,234 events, 1.2 MiB freed, 3.4 s`.
  private static func text(_ step: MaintenanceJob.Step) -> String {
    var parts: [String] = []
    switch step.step {
    case .flush: break
    case .compact: parts.append("\(NumberText.counted(step.moved, "file")) merged away")
    case .warm, .archive, .expire, .rehydrate:
      parts.append(NumberText.counted(step.moved - step.units, "event"))
      if step.units > 0 { parts.append(NumberText.counted(step.units, "version") + " of memory units") }
    case .index: parts.append(NumberText.counted(step.moved, "version"))
    case .scrub:
      parts.append("\(NumberText.counted(step.moved, "file")), \(NumberText.bytes(step.bytesBefore)) verified")
    }
    if step.freed != 0 { parts.append("\(NumberText.bytes(abs(step.freed))) \(step.freed > 0 ? "freed" : "more")") }
    if let endedAt = step.endedAt {
      let seconds = Double(endedAt.microseconds - step.startedAt.microseconds) / 1_000_000
      parts.append("\(NumberText.fixed(seconds, 1)) s")
    }
    let name = step.step.rawValue
    return name + String(repeating: " ", count: max(1, 10 - name.utf8.count)) + parts.joined(separator: ", ")
  }
}
