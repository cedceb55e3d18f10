import ArgumentParser
import GrowthRing

struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "List the runs of maintenance, the newest first.",
    discussion: """
      EXAMPLES
        growthring jobs --store growth
        growthring jobs --limit 5 --json

      A job that died was killed, or its machine was: what it had not committed is not there, nothing else is missing, and
      the next run goes on from there.
      """)

  @OptionGroup var store: StoreArguments

  @Option(help: "At most this many.")
  var limit = 20

  @OptionGroup var rows: RowArguments

  func validate() throws {
    if limit < 0 { throw ValidationError("--limit must not be negative.") }
  }

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      let jobs = try await store.maintenanceJobs(limit: limit)
      if rows.rowFormat == .json {
        for job in jobs { sink.buffer.append(contentsOf: Self.object(job, time: rows.time).line) }
        return try sink.flush()
      }
      var writer = rows.writer(
        [
          .init("started_at", "started"), .init("seconds", "seconds", .trailing), .init("cause", "cause"),
          .init("state", "state"), .init("steps", "steps"), .init("moved", "moved", .trailing),
          .init("freed", "freed", .trailing), .init("error", "error", .flexible),
        ], to: sink)
      for job in jobs {
        writer.put(time: job.startedAt)
        writer.put(text: Self.seconds(job).map { NumberText.fixed($0, 1) } ?? "")
        writer.put(text: job.cause.rawValue)
        writer.put(text: job.state.rawValue)
        writer.put(list: job.steps.map(\.step.rawValue))
        writer.put(integer: UInt64(job.moved))
        writer.put(text: String(job.freed))
        writer.put(text: job.error ?? "")
        try writer.endRow()
      }
      try writer.finish()
      if jobs.isEmpty, rows.rowFormat == .table { Console.error("No maintenance has run yet.") }
    }
  }

  private static func seconds(_ job: MaintenanceJob) -> Double? {
    job.endedAt.map { Double($0.microseconds - job.startedAt.microseconds) / 1_000_000 }
  }

  /// A job with its steps, as JSON.
  static func object(_ job: MaintenanceJob, time: TimeStyle) -> JSONObject {
    var object = JSONObject()
    object.put("job", job.name)
    object.put("cause", job.cause.rawValue)
    object.put("state", job.state.rawValue)
    put(job.startedAt, "started_at", &object, time)
    if let endedAt = job.endedAt { put(endedAt, "ended_at", &object, time) }
    object.put("moved", job.moved)
    object.put("freed", job.freed)
    if let error = job.error { object.put("error", error) }
    var steps = JSONObject()
    for step in job.steps {
      var one = JSONObject()
      one.put("moved", step.moved)
      if step.units > 0 { one.put("units", step.units) }
      one.put("bytes_before", step.bytesBefore)
      one.put("bytes_after", step.bytesAfter)
      if let endedAt = step.endedAt {
        let seconds = Double(endedAt.microseconds - step.startedAt.microseconds) / 1_000_000
        one.put("seconds", measured: seconds, digits: 3)
      }
      if let error = step.error { one.put("error", error) }
      steps.put(step.step.rawValue, one)
    }
    object.put("steps", steps)
    return object
  }

  private static func put(_ value: Timestamp, _ key: String, _ object: inout JSONObject, _ time: TimeStyle) {
    switch time {
    case .iso: object.put(key, time.text(value))
    case .us: object.put(key, value.microseconds)
    }
  }
}
