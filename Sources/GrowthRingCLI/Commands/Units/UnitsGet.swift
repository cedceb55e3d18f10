import ArgumentParser
import GrowthRing

struct UnitsGet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "One unit, in its newest version.",
    discussion: """
      EXAMPLES
        growthring units get lesson.md --user ada
        growthring units get lesson.md --user ada --content > lesson.md
        growthring units get lesson.md --user ada --json

      --content gives the content alone, byte for byte. The exit code is 1 where there is no such unit, or it was deleted.
      """)

  @OptionGroup var store: StoreArguments

  @OptionGroup var unit: UnitArguments

  @Flag(help: "The content and nothing else.")
  var content = false

  @OptionGroup var rows: RowArguments

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      guard let found = try await store.unit(unit.muid, of: unit.user) else {
        let isDeleted = try await !store.unitHistory(unit.muid, of: unit.user, content: false).isEmpty
        throw CommandFailure(
          "\(unit.name) \(isDeleted ? "was deleted" : "is not stored here")",
          isDeleted ? "`growthring units history` shows its versions." : "`growthring units list` shows what is.")
      }
      if content {
        try sink.write(found.content)
      } else if rows.rowFormat == .table {
        for (name, value) in UnitOutput.lines(found, time: rows.time) {
          try sink.write("\(name)\(String(repeating: " ", count: 14 - name.utf8.count))\(TableText.printable(value))\n")
        }
        try sink.write("\n" + UnitOutput.printable(content: found.content))
      } else {
        var output = UnitOutput(rows, withContent: true, to: sink)
        try output.write(found)
        try output.finish()
      }
      try sink.flush()
    }
  }
}

struct UnitsHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "All versions of a unit, the newest first.",
    discussion: """
      EXAMPLES
        growthring units history lesson.md --user ada
        growthring units history lesson.md --user ada --content --json

      A version that says that the unit was deleted has the status deleted here.
      """)

  @OptionGroup var store: StoreArguments

  @OptionGroup var unit: UnitArguments

  @Flag(help: "With the contents, in CSV and JSON.")
  var content = false

  @OptionGroup var rows: RowArguments

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      let withContent = content && rows.rowFormat != .table
      let found = try await store.unitHistory(unit.muid, of: unit.user, content: withContent)
      var output = UnitOutput(rows, withContent: withContent, isOfOneUnit: true, to: sink)
      for version in found { try output.write(version) }
      try output.finish()
      if found.isEmpty, rows.rowFormat == .table { Console.error("\(unit.name) is not stored here.") }
    }
  }
}

struct UnitsDelete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a unit; its history stays.",
    discussion: """
      EXAMPLES
        growthring units delete lesson.md --user ada

      A deletion is a version of its own: `units history` shows it, and `units put` brings the unit back. The exit code is 1
      where there is no such unit, or it was deleted already.
      """)

  @OptionGroup var store: StoreArguments

  @OptionGroup var unit: UnitArguments

  @Option(help: ArgumentHelp("When it was deleted; now otherwise: \(TimeArgument.form).", valueName: "time"))
  var at: TimeArgument?

  func run() async throws {
    try await store.write { store in
      guard try await store.deleteUnit(unit.muid, of: unit.user, at: at?.time()) else {
        throw CommandFailure("\(unit.name) is not stored here, or was deleted already")
      }
    }
    let sink = OutputSink()
    try sink.write("Deleted \(unit.name).\n")
    try sink.flush()
  }
}
