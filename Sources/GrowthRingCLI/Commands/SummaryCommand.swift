import ArgumentParser
import GrowthRing

struct SummaryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Events summed up by any of their parts.",
    discussion: """
      EXAMPLES
        growthring summary --by day,dim_key --since 30d
        growthring summary --by month --users
        growthring summary --by source,entity_type --order score --limit 10
        growthring summary --by metadata.version,dim_key --where "metadata.tags contains 'launch'"
        growthring summary --by metadata.amount:100 --where "metadata.amount >= 100 and metadata.amount < 1000"
        growthring summary --by metadata.due:month,metadata.campaign --sum metadata.amount
        growthring summary --since 7d --users

      Read from the events themselves, for questions that growth, daily and scope do not answer. Parts are \
      \(SummaryPart.allCases.map(\.rawValue).joined(separator: ", ")); days, weeks (from Monday) and months are of UTC, \
      and shown by their first day. Any value of the metadata is a part too, such as metadata.version or metadata.a.b: as it is \
      spelled, or with :number by its value, with :100 in buckets of that width, with :day, :week, :month or :year as a time. \
      Numbers that the growth model declares are parts by their value. --sum adds up numbers exactly.
      """)

  @OptionGroup var store: StoreArguments

  @Option(
    help: ArgumentHelp("Parts to sum up by, with commas between them; without it, one row for all.", valueName: "parts")
  )
  var by: String?

  @Flag(help: "Also count the users of each row.")
  var users = false

  @Option(
    help: ArgumentHelp(
      "Also sum up the numbers at a path of the metadata, such as metadata.amount: their count, sum, average and extremes.",
      valueName: "path"))
  var sum: String?

  @Option(help: "Order of the rows: by their parts (key), or the highest score, events or users first.")
  var order: SummaryOrder = .key

  @Option(help: "At most this many rows.")
  var limit: Int?

  @OptionGroup var filter: EventFilterArguments
  @OptionGroup var rows: RowArguments

  func validate() throws {
    _ = try parts()
    _ = try summing()
    if order == .users, !users { throw ValidationError("--order users needs --users.") }
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
  }

  private func parts() throws -> [SummaryPart] {
    var parts: [SummaryPart] = []
    for name in by.map({ Self.names(in: $0) }) ?? [] {
      guard let part = SummaryPart(rawValue: name) else {
        throw ValidationError(
          "--by knows no part '\(name)'; it knows \(SummaryPart.allCases.map(\.rawValue).joined(separator: ", ")), metadata.KEY, and metadata.KEY: with number, a width, day, week, month or year."
        )
      }
      if parts.contains(part) { throw ValidationError("--by names \(name) twice.") }
      parts.append(part)
    }
    return parts
  }

  /// What stands between commas that are in no quotes, without the blanks around it.
  static func names(in text: String) -> [String] {
    var names = [""]
    var quote: Unicode.Scalar?
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if quote == nil, scalar == "," {
        names.append("")
        continue
      }
      names[names.count - 1].unicodeScalars.append(scalar)
      if isEscaped {
        isEscaped = false
      } else if quote == nil {
        quote = scalar == "\"" || scalar == "'" ? scalar : nil
      } else if scalar == quote {
        quote = nil
      } else {
        isEscaped = scalar == "\\"
      }
    }
    return names.map { name in
      let start = name.drop { $0 == " " }
      return String(start.dropLast(start.reversed().prefix { $0 == " " }.count))
    }
  }

  private func summing() throws -> MetadataPath? {
    guard let sum else { return nil }
    do throws(MetadataPredicateError) {
      return try MetadataPath(parsing: sum)
    } catch {
      throw ValidationError("--sum takes a path such as metadata.amount: \(error)")
    }
  }

  private static let numberColumns: [RowWriter.Column] = [
    .init("numbers", "numbers", .trailing), .init("sum", "sum", .trailing), .init("average", "average", .trailing),
    .init("smallest", "smallest", .trailing), .init("largest", "largest", .trailing),
  ]

  private static func put(_ numbers: NumberSummary, to writer: inout RowWriter) {
    writer.put(integer: numbers.count)
    writer.put(millionths: numbers.sum.millionths)
    for value in [
      numbers.average?.millionths, numbers.smallest.map { Int128($0.millionths) },
      numbers.largest.map { Int128($0.millionths) },
    ] {
      if let value { writer.put(millionths: value) } else { writer.putNothing() }
    }
  }

  func run() async throws {
    let sink = OutputSink()
    let parts = try parts()
    let path = try summing()
    let filter = try filter.filter()
    try await store.read { store in
      let found = try await store.summary(by: parts, matching: filter, countingUsers: users, summing: path)
      let userColumn: [RowWriter.Column] = users ? [.init("users", "users", .trailing)] : []
      var writer = rows.writer(
        parts.map { .init($0.rawValue, $0.rawValue) } + userColumn + (path == nil ? [] : Self.numberColumns)
          + RowWriter.measures, to: sink)
      for row in try found.rows(order: order, limit: limit) {
        for value in row.values { writer.put(text: value) }
        if users { writer.put(integer: row.userCount ?? 0) }
        if let numbers = row.numbers { Self.put(numbers, to: &writer) }
        writer.put(row)
        try writer.endRow()
      }
      try writer.finish()
      if let path, found.unsummed > 0 {
        Console.error(
          "\(found.unsummed) events have a number at \(path) that is not in the sums: it has more than six fractional digits, or is too large."
        )
      }
      if found.count == 0, rows.rowFormat == .table { Console.error("No such event is stored here.") }
    }
  }
}
