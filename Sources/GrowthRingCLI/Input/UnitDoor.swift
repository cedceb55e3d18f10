import ArgumentParser
import GrowthRing

/// What every door that takes in many memory units asks.
struct UnitDoorArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Contents that another unit of the user has: allow, report or reject. White space does not count.",
      valueName: "what"))
  var duplicates: DuplicateContents = .allow

  @Option(help: ArgumentHelp("Put bad units with their reasons here, and store the others.", valueName: "file"))
  var quarantine: String?

  @Flag(help: "Create the store where there is none.")
  var create = false

  @Flag(help: "One JSON object as the summary.")
  var json = false

  @Flag(help: "No progress.")
  var quiet = false

  /// Opens the store, has the units taken in, and tells what became of them; where `isDry`, what would.
  func run(
    _ store: StoreArguments, isDry: Bool = false, _ body: (inout UnitDoor) async throws -> Void
  ) async throws {
    var options = StoreOptions()
    options.createIfMissing = create
    var summary = IngestSummary()
    let work: (GrowthStore) async throws -> Void = { store in
      let sink = try quarantine.map { try OutputSink(path: $0) }
      var door = UnitDoor(store: store, quarantine: sink, duplicates: duplicates, isQuiet: quiet)
      door.isDry = isDry
      do {
        try await body(&door)
      } catch {
        try door.finish()
        throw door.summary.extended(error)
      }
      try door.finish()
      summary = door.summary
      summary.isDry = isDry
    }
    if isDry { try await store.read(options, work) } else { try await store.write(options, work) }
    try summary.report(json: json, quarantine: quarantine)
  }
}

/// Stores memory units batch after batch, and counts what became of them.
struct UnitDoor {
  private static let shownRows = 10

  let store: GrowthStore
  /// Where bad units go; nil stops at the first batch that has one.
  private let quarantine: OutputSink?
  private(set) var summary = IngestSummary(noun: "unit")
  private var contents: KnownContents
  private var progress: ProgressLine
  private let isQuiet: Bool
  /// Whether nothing is to be written.
  var isDry = false
  /// Duplicate contents that were told so far.
  private var told = 0

  init(store: GrowthStore, quarantine: OutputSink?, duplicates: DuplicateContents, isQuiet: Bool) {
    self.store = store
    self.quarantine = quarantine
    self.isQuiet = isQuiet
    contents = KnownContents(duplicates)
    progress = ProgressLine(isQuiet: isQuiet)
    if duplicates != .allow { summary.duplicateContents = 0 }
  }

  /// Where the units of a batch come from.
  struct Origin {
    var file: (Int) -> String
    var record: (Int) -> Int
    var line: (Int) -> Int?
  }

  /// Notes that so many bytes of input were read.
  mutating func read(bytes: Int) { summary.bytes += bytes }

  /// Counts units that are stored as they are.
  mutating func skip(unchanged count: Int) { summary.duplicates += count }

  /// Stores a batch; `unreadable` are the records of it that are no units.
  mutating func take(_ units: [MemoryUnit], from origin: Origin, unreadable: [BadRow] = []) async throws {
    if !unreadable.isEmpty, quarantine == nil { throw stop(unreadable, storedOfBatch: 0) }
    var bad = unreadable
    summary.rejected += unreadable.count
    if isDry {
      summary.stored += units.count
    } else if !units.isEmpty {
      let receipt: UnitReceipt
      let duplicates: [DuplicateContent]
      do throws(StoreError) {
        (receipt, duplicates) = try await store.append(
          units, mode: quarantine == nil ? .strict : .lenient, lookingIn: &contents)
      } catch {
        guard error.kind == .rejected else { throw error }
        throw stop(bad + rows(error.unitRejections, units, origin), storedOfBatch: 0)
      }
      tell(duplicates)
      let conflicts = receipt.rejections.count { $0.reason == .conflict }
      summary.stored += receipt.stored
      summary.duplicates += receipt.duplicates
      summary.conflicts += conflicts
      summary.rejected += receipt.rejections.count - conflicts
      bad += rows(receipt.rejections, units, origin)
      if conflicts > 0, quarantine == nil { throw stop(bad, storedOfBatch: receipt.stored) }
    }
    if let quarantine {
      // In the order of the input.
      for row in bad.sorted(by: { $0.record < $1.record }) {
        quarantine.buffer.append(contentsOf: row.quarantineLine)
        try quarantine.drain()
      }
    }
    let read = summary.read
    let rate = Int(Double(read) / max(0.001, progress.seconds))
    progress.update(fraction: nil, "\(NumberText.counted(read, "unit"))  \(NumberText.grouped(rate))/s")
  }

  /// Deletes units, and names the first of them with the reason.
  mutating func delete(_ muids: [String], of user: String, because reason: String) async throws {
    var deleted = 0
    for muid in muids where try await isDry ? true : store.deleteUnit(muid, of: user) {
      deleted += 1
      if isQuiet || deleted > Self.shownRows { continue }
      progress.clear()
      let name = TableText.printable(muid)
      Console.error("growthring: the unit \(name) \(isDry ? "would be" : "is") deleted: \(reason)")
    }
    summary.deleted = (summary.deleted ?? 0) + deleted
  }

  private func rows(_ rejections: [UnitRejection], _ units: [MemoryUnit], _ origin: Origin) -> [BadRow] {
    rejections.map { rejection in
      BadRow(
        rejection, of: units[rejection.row], file: origin.file(rejection.row), line: origin.line(rejection.row),
        record: origin.record(rejection.row))
    }
  }

  /// Names the first duplicate contents that are stored all the same; the others are in the summary.
  private mutating func tell(_ duplicates: [DuplicateContent]) {
    guard contents.rule != .allow else { return }
    summary.duplicateContents = (summary.duplicateContents ?? 0) + duplicates.count
    guard contents.rule == .report, !isQuiet else { return }
    for duplicate in duplicates.prefix(max(0, Self.shownRows - told)) {
      progress.clear()
      let names = [duplicate.muid, duplicate.user, duplicate.original].map(TableText.printable)
      Console.error("growthring: the unit \(names[0]) of \(names[1]) has the content of \(names[2])")
      told += 1
    }
  }

  mutating func finish() throws {
    progress.clear()
    summary.seconds = progress.seconds
    try quarantine?.flush()
  }

  /// The error that names bad units.
  private func stop(_ bad: [BadRow], storedOfBatch: Int) -> CommandFailure {
    var lines: [String] = []
    for row in bad.prefix(Self.shownRows) {
      lines.append("\(lines.isEmpty ? "" : "  ")\(row.file): \(row.description)")
    }
    if bad.count > Self.shownRows { lines.append("  and \(bad.count - Self.shownRows) more in this batch") }
    if storedOfBatch > 0 { lines.append("  The other units of this batch are stored.") }
    return CommandFailure(
      lines.joined(separator: "\n"),
      "Correct the input and run the same command again: what is stored already changes nothing. "
        + "Or put bad units aside with --quarantine FILE.")
  }
}
