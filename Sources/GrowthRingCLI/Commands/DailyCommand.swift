import ArgumentParser
import GrowthRing

struct DailyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daily", abstract: "The growth of a user by day.",
    discussion: """
      EXAMPLES
        growthring daily ada
        growthring daily ada --since 90d --dimension self_act
        growthring daily ada --csv
        growthring daily ada --zone Europe/Berlin
        growthring daily ada --zone user

      The chart shows the last 40 days with events unless --since, --until or --all is given, all dimensions together.
      CSV and JSON have a row for each day and dimension, and all days.

      Days are those of UTC. With --zone they are those of a time zone, with summer time, or of the user's own where the
      profile names one; they are added up from the events then, so those that have expired are not in them.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: "The user's id.")
  var user: String

  @OptionGroup var times: TimeRangeArguments

  @Option(help: "Only this dimension.")
  var dimension: String?

  @Flag(help: "Show every day.")
  var all = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The zone of the days: user for that of the user's profile, \(LocalZoneArgument.form).", valueName: "zone"))
  var zone: LocalZoneArgument?

  @OptionGroup var rows: RowArguments

  private static let shownDays = 40

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      let zone = try await self.zone?.zone(of: user, in: store) ?? .utc
      let days = try times.days(in: zone)
      let found = try await store.dailyGrowth(
        user: user, in: zone, from: days.from, through: days.through, dimension: dimension)
      if rows.rowFormat == .table {
        try writeChart(found, to: sink)
        return
      }
      var writer = rows.writer(
        [.init("user_id", "user"), .init("dim_key", "dimension"), .init("day", "day")] + RowWriter.measures, to: sink)
      for row in found {
        writer.put(text: row.user)
        writer.put(text: row.dimension)
        writer.put(day: row.day)
        writer.put(row)
        try writer.endRow()
      }
      try writer.finish()
    }
  }

  private func writeChart(_ found: [DailyGrowth], to sink: OutputSink) throws {
    var byDay: [Int32: BarChart.Day] = [:]
    for row in found {
      byDay[row.day, default: BarChart.Day(day: row.day, score: .zero, events: 0)].score += row.score
      byDay[row.day]?.events += row.eventCount
    }
    var chart = byDay.values.sorted { $0.day < $1.day }
    let hidden = all || times.since != nil || times.until != nil ? 0 : max(0, chart.count - Self.shownDays)
    chart.removeFirst(hidden)
    for line in BarChart.lines(chart, width: Console.width) { try sink.write(line + "\n") }
    try sink.flush()
    if chart.isEmpty { Console.error("No growth of \(TableText.printable(user)) is stored here for these days.") }
    if hidden > 0 { Console.error("\(NumberText.counted(hidden, "earlier day")); see them with --all.") }
  }
}
