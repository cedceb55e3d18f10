import Foundation
import Testing

/// `policy`, `maintain` and `jobs`.
struct MaintenanceCommandTests {
  private let tool = CommandLineTool()

  private func filled() throws {
    let events = (1...200).map { number in
      #"{"event_id":"0190f5c8-7a31-7000-8000-\#(String(format: "%012d", number))","user_id":"u\#(number % 9)","entity_id":"e\#(number)","#
        + #""entity_type":"task","dim_key":"self_know","delta":"1","created_at":"2020-0\#(1 + number % 9)-01T00:00:00Z","#
        + #""metadata":{"note":"the same again and again, \#(number)"}}"#
    }
    let file = try tool.folder.write("events.ndjson", events.joined(separator: "\n"))
    let result = try tool.run("ingest", file, "--create")
    try #require(result.status == 0, "\(result.errors)")
  }

  @Test func policies() throws {
    try filled()
    #expect(try tool.run("policy", "show").output.contains(#""warm_after": "90d""#))
    let yaml = try tool.folder.write(
      "policy.yaml",
      """
      version: 1
      rules:
        - match: {entity_type: task}
          warm_after: 30d
          expire_after: never
      default: {warm_after: 60d}
      """)
    let check = try tool.run("policy", "check", yaml)
    #expect(check.status == 0)
    #expect(check.output.contains("1 rule, by default warm after 60d, archive never, expire never"))
    let dry = try tool.run("policy", "dry-run", yaml, "--json")
    #expect(dry.lines.count == 1, "\(dry.errors)")
    #expect(dry.output.contains(#""rule":"rules[0]","step":"warm","events":200,"#))
    #expect(try tool.run("policy", "apply", yaml).status == 0)
    #expect(try tool.run("policy", "show").output.contains(#""warm_after": "30d""#))
    #expect(try tool.run("policy", "dry-run").output.contains("rules[0]"))
    #expect(try tool.run("policy", "apply", "--standard").status == 0)
    #expect(try tool.run("policy", "apply").status == 2)
    let bad = try tool.folder.write("bad.yaml", "version: 1\ndefault:\n  warm_after: soon\n")
    let refused = try tool.run("policy", "check", bad)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("default.warm_after, line 3: \"soon\" is no age"))
  }

  @Test func maintenance() throws {
    try filled()
    #expect(try tool.run("jobs").status == 0)
    let first = try tool.run("maintain")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.lines.map { $0.prefix { $0 != " " } } == ["flush", "compact", "warm", "archive", "scrub"])
    #expect(first.output.contains("200 events"))
    let second = try tool.run("maintain", "--json")
    #expect(second.output.contains(#""state":"done""#))
    #expect(!second.output.contains("warm"))
    #expect(try tool.run("maintain", "--step", "scrub").lines.count == 1)
    #expect(try tool.run("maintain", "--all").lines.count == 7)
    #expect(try tool.run("maintain", "--all", "--step", "warm").status == 2)
    #expect(try tool.run("maintain", "--step", "sleep").status == 2)
    #expect(try tool.run("rehydrate", "--month", "2024-13").errors.contains("is no month; write 2026-11"))
    #expect(try tool.run("rehydrate", "--month", "1999-01").lines.first?.hasPrefix("rehydrate") == true)
    #expect(try tool.run("maintain", "--step", "rehydrate").status == 2)
    #expect(try tool.run("policy", "show").output.contains(#""held_months": ["1999-01"]"#))
    let jobs = try tool.run("jobs", "--json")
    #expect(jobs.lines.count == 5)
    #expect(jobs.lines.allSatisfy { $0.contains(#""cause":"command""#) })
    #expect(try tool.run("jobs", "--limit", "1").lines.count == 2)
    #expect(try tool.run("jobs", "--csv").lines.first == "started_at,seconds,cause,state,steps,moved,freed,error")
    #expect(try tool.run("verify").status == 0)
    let again = try tool.run("ingest", tool.folder.file("events.ndjson"), "--json")
    #expect(again.output.contains(#""duplicates":200"#), "\(again)")
  }

  /// Maintenance that finds other maintenance at work has nothing to do; a month that was asked for has not been brought back.
  @Test func besideOtherMaintenance() throws {
    try filled()
    #expect(try tool.run("maintain").status == 0)
    let flock = "flock \(tool.store)/jobs/maintenance.lock $growthring"
    let maintain = try tool.run("sh", "\(flock) maintain")
    #expect(maintain.status == 0 && maintain.errors.contains("under way"), "\(maintain)")
    let rehydrate = try tool.run("sh", "\(flock) rehydrate --month 2020-02")
    #expect(rehydrate.status == 1 && rehydrate.errors.contains("not brought back yet"), "\(rehydrate)")
    let again = try tool.run("rehydrate", "--month", "2020-02")
    #expect(again.output.contains("23 events"), "\(again)")
  }

  /// Versions of memory units go by rules of their own.
  @Test func expiryOfUnits() throws {
    try filled()
    let units = [("a", 2020, "one"), ("a", 2021, "two"), ("b", 2020, "three")].map { muid, year, text in
      #"{"muid":"\#(muid)","user_id":"ada","content":"\#(text)","created_at":"\#(year)-01-01T00:00:00Z"}"#
    }
    let file = try tool.folder.write("units.ndjson", units.joined(separator: "\n") + "\n")
    #expect(try tool.run("units", "ingest", file).status == 0)
    #expect(try tool.run("maintain", "--step", "flush").status == 0)
    let policy = try tool.folder.write(
      "policy.json", #"{"version": 2, "default": {}, "units": {"default": {"expire_versions_after": "1y"}}}"#)
    #expect(try tool.run("policy", "check", policy).output.contains("0 rules for memory units"))
    #expect(try tool.run("policy", "apply", policy).status == 0)
    #expect(try tool.run("policy", "show").output.contains(#""expire_versions_after": "1y""#))
    let dry = try tool.run("policy", "dry-run", "--json").output
    #expect(dry.contains(#""rule":"units.default","step":"expire","#) && dry.contains(#""units":1"#), "\(dry)")
    #expect(try tool.run("maintain", "--step", "expire").output.contains("0 events, 1 version of memory units"))
    #expect(try tool.run("jobs", "--json").output.contains(#""units":1"#))
    let stats = try tool.run("stats", "--json").output
    #expect(stats.contains(#""units":2,"#) && stats.contains(#""expired_units":1,"#))
    #expect(try tool.run("stats").output.contains("expired units"))
    let verified = try tool.run("verify").output
    #expect(verified.hasPrefix("1 version of memory units expired\n2 versions of memory units checked\nsound:"))
    let again = try tool.run("units", "ingest", file, "--json")
    #expect(again.output.contains(#""duplicates":3"#), "\(again)")
  }

  /// Raw events go, their sums stay, and nothing comes back.
  @Test func expiry() throws {
    try filled()
    let growth = try tool.run("growth", "--all", "--csv").output
    let policy = try tool.folder.write("policy.json", #"{"version": 1, "default": {"expire_after": "1d"}}"#)
    #expect(try tool.run("policy", "apply", policy).status == 0)
    #expect(try tool.run("policy", "dry-run", "--json").output.contains(#""step":"expire","events":200,"#))
    #expect(try tool.run("maintain", "--step", "expire").output.contains("200 events"))
    #expect(try tool.run("growth", "--all", "--csv").output == growth)
    let stats = try tool.run("stats", "--json").output
    #expect(stats.contains(#""events":0,"#) && stats.contains(#""expired_events":200"#))
    #expect(try tool.run("stats").output.contains("expired events"))
    #expect(try tool.run("verify").output.hasPrefix("200 events expired, 200 of them kept in summary\nsound:"))
    let again = try tool.run("ingest", tool.folder.file("events.ndjson"), "--json")
    #expect(again.output.contains(#""duplicates":200"#), "\(again)")
    let partitions = try FileManager.default.subpathsOfDirectory(atPath: tool.folder.file("store/partitions"))
    let keys = try #require(partitions.first { $0.hasSuffix(".keys") })
    #expect(try tool.run("inspect", tool.folder.file("store/partitions/" + keys)).output.contains("keys in 1 blocks"))
  }
}
