import ArgumentParser
import GrowthRing

struct ScopeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scope", abstract: "The growth of a scope and of the scopes below it, over all users.",
    discussion: """
      EXAMPLES
        growthring scope org
        growthring scope org/project --since 30d
        growthring scope org/project --by-day --csv

      A scope's growth contains that of the scopes below it.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: "A scope such as org/project; all scopes where it is empty.")
  var prefix: String

  @OptionGroup var times: TimeRangeArguments

  @Option(help: "Only this dimension.")
  var dimension: String?

  @Flag(help: "A row for each UTC day.")
  var byDay = false

  @OptionGroup var rows: RowArguments

  func run() async throws {
    let sink = OutputSink()
    let days = try times.days()
    try await store.read { store in
      let found = try await store.scopeGrowth(
        prefix: prefix, from: days.from, through: days.through, dimension: dimension)
      let names: [RowWriter.Column] = [.init("scope", "scope"), .init("dim_key", "dimension")]
      let day: [RowWriter.Column] = byDay ? [.init("day", "day")] : []
      var writer = rows.writer(names + day + RowWriter.measures, to: sink)
      // Rows come by scope, dimension and day.
      var sum: Sum?
      for row in found {
        let next = Sum(row)
        if let current = sum {
          if !byDay, current.isSameKey(next) {
            sum?.add(next)
            continue
          }
          try write(current, &writer)
        }
        sum = next
      }
      if let sum { try write(sum, &writer) }
      try writer.finish()
      if found.isEmpty, rows.rowFormat == .table {
        Console.error("No growth is stored here for \(TableText.printable(prefix)).")
      }
    }
  }

  private func write(_ sum: Sum, _ writer: inout RowWriter) throws {
    writer.put(text: sum.scope)
    writer.put(text: sum.dimension)
    if byDay { writer.put(day: sum.day) }
    writer.put(sum)
    try writer.endRow()
  }

  /// The growth of a scope in a dimension over some days.
  private struct Sum: GrowthMeasures {
    let scope: String
    let dimension: String
    let day: Int32
    var score: Score
    var eventCount: UInt64
    var firstEventAt: Timestamp
    var lastEventAt: Timestamp

    init(_ row: ScopeGrowth) {
      scope = row.scope
      dimension = row.dimension
      day = row.day
      score = row.score
      eventCount = row.eventCount
      firstEventAt = row.firstEventAt
      lastEventAt = row.lastEventAt
    }

    func isSameKey(_ other: Sum) -> Bool {
      scope.utf8.elementsEqual(other.scope.utf8) && dimension.utf8.elementsEqual(other.dimension.utf8)
    }

    mutating func add(_ other: Sum) {
      score += other.score
      eventCount += other.eventCount
      firstEventAt = min(firstEventAt, other.firstEventAt)
      lastEventAt = max(lastEventAt, other.lastEventAt)
    }
  }
}
