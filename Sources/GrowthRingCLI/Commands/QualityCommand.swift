import ArgumentParser
import GrowthRing

struct QualityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quality", abstract: "What is amiss with memory units, in numbers.",
    discussion: """
      EXAMPLES
        growthring quality
        growthring quality --user ada --list 20
        growthring quality --json

      Counts missing titles, empty contents, source and content types that the growth model does not list (where it lists any),
      contents that another unit of the same user has (white space and the composition of characters do not count), and
      metadata that break a rule of the growth model which came later than the unit. Every content is read once.
      """)

  @OptionGroup var store: StoreArguments

  @Option(help: "Only units of this user.")
  var user: String?

  @Option(help: ArgumentHelp("Also name so many units with their faults.", valueName: "count"))
  var list: Int?

  @Flag(help: "One JSON object, or with --list one a line for each fault and then that.")
  var json = false

  func validate() throws {
    if let list, list < 0 { throw ValidationError("--list must not be negative.") }
  }

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      let quality = try await store.unitQuality(of: user, mostFindings: list ?? 0)
      if json { writeJSON(quality, to: sink) } else { try write(quality, store.model, to: sink) }
      try sink.flush()
    }
  }

  private func writeJSON(_ quality: UnitQuality, to sink: OutputSink) {
    for finding in quality.findings {
      var object = JSONObject()
      object.put("user_id", finding.user)
      object.put("muid", finding.muid)
      object.put("fault", finding.fault.rawValue)
      object.put("detail", finding.detail)
      sink.buffer.append(contentsOf: object.line)
    }
    var object = JSONObject()
    object.put("units", quality.units)
    object.put("users", quality.users)
    for fault in UnitQuality.Fault.allCases { object.put(fault.rawValue, quality.count(fault)) }
    sink.buffer.append(contentsOf: object.line)
  }

  private func write(_ quality: UnitQuality, _ model: GrowthModel, to sink: OutputSink) throws {
    if !quality.findings.isEmpty {
      var rows = RowWriter(
        .table,
        [
          .init("user_id", "user"), .init("muid", "muid"), .init("fault", "fault"),
          .init("detail", "detail", .flexible),
        ],
        time: .iso, to: sink)
      for finding in quality.findings {
        rows.put(text: finding.user)
        rows.put(text: finding.muid)
        rows.put(text: finding.fault.text)
        rows.put(text: finding.detail)
        try rows.endRow()
      }
      try rows.finish()
      sink.buffer.append("\n")
    }
    func line(_ name: String, _ value: Int, _ note: String = "") {
      let number = NumberText.grouped(value)
      let padding = String(repeating: " ", count: max(1, 34 - name.utf8.count - number.utf8.count))
      sink.buffer.append(name + padding + number + (note.isEmpty ? "" : "  " + note) + "\n")
    }
    line("units", quality.units)
    line("users", quality.users)
    for fault in UnitQuality.Fault.allCases {
      let isOpen =
        switch fault {
        case .unknownSourceType: model.unitRules.sourceTypes == nil
        case .unknownContentType: model.unitRules.contentTypes == nil
        case .brokenRule: model.unitRules.metadataRules.isEmpty && model.unitRules.metadataFields.isEmpty
        default: false
        }
      line(fault.text, quality.count(fault), isOpen ? "the growth model says nothing of them" : "")
    }
  }
}
