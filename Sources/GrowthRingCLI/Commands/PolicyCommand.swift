import ArgumentParser
import GrowthRing

struct PolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Show, check or change how events and memory units age.",
    discussion: """
      EXAMPLES
        growthring policy show > policy.json
        growthring policy check policy.yaml
        growthring policy dry-run policy.yaml
        growthring policy apply policy.yaml

      A policy says when events and memory units move to warm segments and to the archive, and when they expire. Without one,
      they are hot for 90 days, warm to one year, and archived after that.
      """,
    subcommands: [ShowDocument<AgeingPolicy>.self, CheckDocument<AgeingPolicy>.self, Apply.self, DryRun.self])

  struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put another policy in force.",
      discussion: "It counts from the next maintenance on, also where a service has the store open.")

    @OptionGroup var store: StoreArguments

    @Argument(help: "A policy, JSON or YAML.")
    var file: String?

    @Flag(help: "The standard policy instead of a file: hot for 90 days, warm to one year, archive after.")
    var standard = false

    func validate() throws {
      if (file == nil) != standard { throw ValidationError("Name a file, or give --standard.") }
    }

    func run() async throws {
      let policy = try file.map { try ConfigurationFile.loadPolicy($0) } ?? .standard
      try await store.read { store in try await store.apply(policy: policy) }
      try policy.tellInForce()
    }
  }

  struct DryRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "dry-run", abstract: "Say what would move, and what that would save.",
      discussion: "Nothing is changed. Savings of warm segments are measured on a sample of each segment.")

    @OptionGroup var store: StoreArguments

    @Argument(help: "A policy, JSON or YAML; without one, the policy in force.")
    var file: String?

    @OptionGroup var rows: RowArguments

    func run() async throws {
      let policy = try file.map { try ConfigurationFile.loadPolicy($0) }
      let sink = OutputSink()
      try await store.read { store in
        let forecast = try await store.forecast(policy)
        var writer = rows.writer(
          [
            .init("rule", "rule"), .init("step", "step"), .init("events", "events", .trailing),
            .init("bytes", "bytes", .trailing), .init("saves", "saves", .trailing),
            .init("units", "units", .trailing),
          ], to: sink)
        for line in forecast.lines {
          writer.put(text: line.rule.map { "rules[\($0)]" } ?? "default")
          writer.put(text: line.step.rawValue)
          writer.put(integer: UInt64(line.events))
          writer.put(integer: UInt64(line.bytes))
          if let saves = line.saves { writer.put(integer: UInt64(saves)) } else { writer.putNothing() }
          writer.putNothing()
          try writer.endRow()
        }
        for line in forecast.unitLines {
          writer.put(text: line.rule.map { "units.rules[\($0)]" } ?? "units.default")
          writer.put(text: line.step.rawValue)
          writer.putNothing()
          writer.put(integer: UInt64(line.bytes))
          writer.putNothing()
          writer.put(integer: UInt64(line.versions))
          try writer.endRow()
        }
        try writer.finish()
        // Of them no line tells, in whatever form.
        if forecast.unwritten > 0 {
          Console.error(
            "\(NumberText.counted(forecast.unwritten, "row")) were not looked at, since only the log holds them yet, "
              + "\(NumberText.grouped(forecast.unwrittenOfAge)) of them of age: `growthring maintain --step flush` "
              + "writes them to files.")
        }
        guard rows.rowFormat == .table else { return }
        if forecast.lines.isEmpty, forecast.unitLines.isEmpty, forecast.unwrittenOfAge == 0 {
          Console.error("Nothing would move.")
        }
        if forecast.waiting > 0 {
          Console.error(
            "\(NumberText.counted(forecast.waiting, "row")) of age wait in segments of which less than half has come "
              + "of age.")
        }
      }
    }
  }
}

extension AgeingPolicy: StoreDocument {
  static var noun: String { "policy" }

  static func load(_ path: String) throws -> AgeingPolicy { try ConfigurationFile.loadPolicy(path) }

  static func inForce(_ store: GrowthStore) throws -> AgeingPolicy { try store.policy() }

  /// `2 rules, warm after 90d, archive after 1y, expire never`.
  var summary: String {
    func text(_ name: String, _ age: Age?) -> String { "\(name) \(age.map { "after \($0)" } ?? "never")" }
    return "\(NumberText.counted(rules.count, "rule")), by default \(text("warm", rest.warmAfter)), "
      + "\(text("archive", rest.archiveAfter)), \(text("expire", rest.expireAfter))"
      + (units.map { "; \(NumberText.counted($0.rules.count, "rule")) for memory units" } ?? "")
  }
}
