import ArgumentParser
import GrowthRing

struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "What the store holds, and where its bytes are.",
    discussion: """
      EXAMPLES
        growthring stats --store growth
        growthring stats --json
      """)

  @OptionGroup var store: StoreArguments

  @Flag(help: "One JSON object.")
  var json = false

  @Option(help: "Times as ISO 8601 in UTC (iso) or as microseconds since 1970 (us).")
  var time: TimeStyle = .iso

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      let stats = try await store.stats()
      if json {
        sink.buffer.append(contentsOf: object(stats, model: store.model.name).line)
      } else {
        write(stats, model: store.model.name, to: sink)
      }
      try sink.flush()
    }
  }

  private func object(_ stats: StoreStats, model: String) -> JSONObject {
    var object = JSONObject()
    object.put("events", stats.events)
    object.put("memtable_events", stats.memtableEvents)
    object.put("partitions", stats.partitions)
    object.put("segments", stats.segments)
    object.put("runs", stats.runs)
    object.put("segment_bytes", stats.segmentBytes)
    object.put("run_bytes", stats.runBytes)
    object.put("expired_events", stats.expiredEvents)
    object.put("expired_key_bytes", stats.expiredKeyBytes)
    object.put("sealed_runs", stats.sealedRuns)
    object.put("sealed_run_bytes", stats.sealedRunBytes)
    object.put("units", stats.units)
    object.put("memtable_units", stats.memtableUnits)
    object.put("unit_segments", stats.unitSegments)
    object.put("unit_bytes", stats.unitBytes)
    object.put("expired_units", stats.expiredUnits)
    object.put("expired_unit_key_bytes", stats.expiredUnitKeyBytes)
    object.put("unit_bytes_by_tier", Self.object(stats.unitTiers.map { ($0.name, $0.bytes) }))
    object.put("unit_bytes_by_part", Self.object(stats.unitColumns.map { ($0.name, $0.bytes) }))
    object.put("log_bytes", stats.logBytes)
    object.put("search_bytes", stats.searchBytes)
    object.put("total_bytes", stats.totalBytes)
    object.put("memory_bytes", stats.memory)
    object.put("sequence", stats.sequence)
    object.put("bytes_by_tier", Self.object(stats.tiers.map { ($0.name, $0.bytes) }))
    object.put("bytes_by_column", Self.object(stats.columns.map { ($0.name, $0.bytes) }))
    object.put("entries_by_rollup", Self.object(stats.rollups.map { ($0.name, $0.count) }))
    object.put("growth_model", model)
    switch time {
    case .iso: object.put("created_at", time.text(stats.createdAt))
    case .us: object.put("created_at", stats.createdAt.microseconds)
    }
    return object
  }

  private static func object(_ values: [(name: String, value: Int)]) -> JSONObject {
    var object = JSONObject()
    for (name, value) in values { object.put(name, value) }
    return object
  }

  private func write(_ stats: StoreStats, model: String, to sink: OutputSink) {
    let flushed = stats.events - stats.memtableEvents
    func line(_ name: String, _ value: String, _ note: String = "") {
      let padding = String(repeating: " ", count: max(1, 20 - TableText.width(name)))
      let number = String(repeating: " ", count: max(0, 14 - TableText.width(value))) + value
      sink.buffer.append(name + padding + number + (note.isEmpty ? "" : "  " + note) + "\n")
    }
    line("events", NumberText.grouped(stats.events))
    line("  in memory", NumberText.grouped(stats.memtableEvents), "in the log, not yet in segments")
    line("partitions", NumberText.grouped(stats.partitions))
    line("segments", NumberText.grouped(stats.segments), perEvent(stats.segmentBytes, flushed))
    for tier in stats.tiers { line("  \(tier.name)", NumberText.bytes(tier.bytes)) }
    line("runs", NumberText.grouped(stats.runs), perEvent(stats.runBytes, flushed))
    for rollup in stats.rollups { line("  \(rollup.name)", NumberText.grouped(rollup.count), "entries") }
    if stats.expiredEvents > 0 {
      line(
        "expired events", NumberText.grouped(stats.expiredEvents), "\(NumberText.bytes(stats.expiredKeyBytes)) of keys")
      line("sealed runs", NumberText.grouped(stats.sealedRuns), NumberText.bytes(stats.sealedRunBytes))
    }
    if stats.units > 0 {
      line("memory units", NumberText.grouped(stats.units), "versions, \(NumberText.bytes(stats.unitBytes)) in files")
      line("  in memory", NumberText.grouped(stats.memtableUnits), "in the log, not yet in segments")
      for tier in stats.unitTiers { line("  \(tier.name)", NumberText.bytes(tier.bytes)) }
      for part in stats.unitColumns { line("  \(part.name)", NumberText.bytes(part.bytes)) }
    }
    if stats.expiredUnits > 0 {
      line(
        "expired units", NumberText.grouped(stats.expiredUnits),
        "versions, \(NumberText.bytes(stats.expiredUnitKeyBytes)) of keys")
    }
    line("log", NumberText.bytes(stats.logBytes))
    if stats.searchBytes > 0 { line("search index", NumberText.bytes(stats.searchBytes), "derived") }
    line("on disk", NumberText.bytes(stats.totalBytes))
    if !stats.columns.isEmpty { sink.buffer.append("bytes by column\n") }
    for column in stats.columns {
      line("  \(column.name)", NumberText.bytes(column.bytes), perEvent(column.bytes, flushed))
    }
    line("growth model", TableText.printable(model))
    line("created", time.text(stats.createdAt))
  }

  private func perEvent(_ bytes: Int, _ events: Int) -> String {
    events == 0 ? "" : "\(NumberText.fixed(Double(bytes) / Double(events), 2)) bytes an event"
  }
}
