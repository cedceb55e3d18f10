import ArgumentParser
import GrowthRing

struct UnitsList: AsyncParsableCommand {
  enum Order: String, CaseIterable, ExpressibleByArgument {
    case key
    case updated
    case created
  }

  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Units that match, without their contents.",
    discussion: """
      EXAMPLES
        growthring units list --user ada
        growthring units list --user ada --order updated --limit 10
        growthring units list --source-type journal --since 30d --csv
        growthring units list --where "metadata.tags contains 'launch'"
        growthring units list --entity swift --user ada
        growthring units list --user ada --content --json

      Contents are read only with --content, for CSV and JSON. --since and --until look at updated_at. Deleted units are not
      listed.
      """)

  @OptionGroup var store: StoreArguments

  @Option(help: "Only units of this user.")
  var user: String?

  @Option(help: "Only units of this source type. May be given several times.")
  var sourceType: [String] = []

  @Option(help: "Only units of this content type. May be given several times.")
  var contentType: [String] = []

  @Option(help: "Only units of this status. May be given several times.")
  var status: [String] = []

  @Option(help: "Only units that events of this entity came from: those whose metadata name them as source_muid.")
  var entity: String?

  @OptionGroup var metadata: WhereArguments

  @OptionGroup var times: TimeRangeArguments

  @Option(help: "Order: by user and muid (key), or the latest updated or created first.")
  var order: Order = .key

  @Option(help: "At most so many units.")
  var limit: Int?

  @Flag(help: "With the contents, in CSV and JSON.")
  var content = false

  @OptionGroup var rows: RowArguments

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
    if content, order != .key { throw ValidationError("--content goes with --order key only.") }
  }

  func run() async throws {
    let sink = OutputSink()
    let range = try times.range()
    let withContent = content && rows.rowFormat != .table
    try await store.read { store in
      var output = UnitOutput(rows, withContent: withContent, isOfOneUser: user != nil, to: sink)
      let limit = limit ?? Int.max
      var found: [MemoryUnit] = []
      var count = 0
      var named: Set<[UInt8]>?
      if let entity {
        named = Set(try await store.sourceUnits(ofEntity: entity, user: user).map { Array($0.utf8) })
      }
      if limit > 0, named?.isEmpty != true {
        for try await chunk in try await store.units(of: user, content: withContent, where: metadata.condition) {
          for unit in chunk where matches(unit, range) && named?.contains(Array(unit.muid.utf8)) ?? true {
            guard order == .key else {
              found.append(unit)
              continue
            }
            if count == limit { break }
            try output.write(unit)
            count += 1
          }
          if count == limit { break }
        }
      }
      if order != .key {
        let time: (MemoryUnit) -> Timestamp = { order == .updated ? $0.updatedAt : $0.createdAt }
        // Equal times stay in the order of keys.
        let sorted = found.enumerated().sorted { a, b in
          let (first, second) = (time(a.element), time(b.element))
          return first == second ? a.offset < b.offset : first > second
        }
        for (_, unit) in sorted.prefix(limit) {
          try output.write(unit)
          count += 1
        }
      }
      try output.finish()
      if count == 0, rows.rowFormat == .table { Console.error("No such units are stored here.") }
    }
  }

  private func matches(_ unit: MemoryUnit, _ range: (from: Timestamp?, to: Timestamp?)) -> Bool {
    func isOne(of wanted: [String], _ text: String) -> Bool {
      wanted.isEmpty || wanted.contains { $0.utf8.elementsEqual(text.utf8) }
    }
    if let from = range.from, unit.updatedAt < from { return false }
    if let to = range.to, unit.updatedAt >= to { return false }
    return isOne(of: sourceType, unit.sourceType) && isOne(of: contentType, unit.contentType)
      && isOne(of: status, unit.status)
  }
}
