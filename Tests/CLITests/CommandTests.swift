import Testing

struct CommandTests {
  private let tool = CommandLineTool()

  private func filled() throws {
    let file = try tool.folder.write(
      "events.ndjson",
      Sample.three + Sample.event(4, user: "bob, \\\"jr\\\"", more: #","scope":"org/team","metadata":{"k":"v,w"}"#))
    let result = try tool.run("ingest", file, "--create")
    try #require(result.status == 0, "\(result.errors)")
  }

  // MARK: Exit codes

  @Test(arguments: [
    ["nonsense"], ["growth"], ["growth", "ada", "--json", "--csv"], ["growth", "ada", "--order", "up"],
    ["history", "ada", "--since", "soon"], ["history", "ada", "--after", "x"], ["top", "cats"],
    ["top", "entities", "--since", "1d"], ["ingest"], ["init", "--partitions", "3"],
    ["daily", "ada", "--since", "2026-02-01", "--until", "2026-01-01"], ["generate", "--late", "2"],
    ["model", "apply"], ["growth", "ada", "--time", "local"], ["summary", "--by", "day,day"],
    ["summary", "--by", "hour"], ["summary", "--order", "users"], ["bench", "--events", "10"],
    ["bench", "--events", "9223372036854775807"],
  ])
  func wrongUsage(arguments: [String]) throws {
    try filled()
    let result = try tool.run(arguments)
    #expect(result.status == 2, "\(arguments): \(result.errors)")
    #expect(result.output == "")
    #expect(result.errors != "")
  }

  @Test func failures() throws {
    let missing = try tool.run("growth", "ada")
    #expect(missing.status == 1)
    #expect(missing.errors.hasPrefix("growthring: "))
    #expect(missing.errors.contains("growthring init"))
    #expect(try tool.run("ingest", tool.folder.file("nothing.csv"), "--create").status == 1)
    #expect(try tool.run("init").status == 0)
    #expect(try tool.run("init").status == 1)
  }

  @Test func help() throws {
    let result = try tool.run("--help")
    #expect(result.status == 0)
    #expect(result.output.contains("EXIT CODES"))
    for command in [
      "init", "ingest", "generate", "growth", "history", "events", "top", "daily", "scope", "states", "summary",
      "export", "stats", "verify", "compact", "policy", "maintain", "jobs", "inspect", "model", "bench",
    ] {
      let help = try tool.run(command, "--help")
      #expect(help.status == 0)
      #expect(help.output.contains("EXAMPLES"), "\(command)")
    }
  }

  @Test func corruptionIsFour() throws {
    try filled()
    try tool.folder.write("store/store.json", "{}")
    let result = try tool.run("growth", "ada")
    #expect(result.status == 4)
    #expect(result.errors.contains("store.json"))
    #expect(try tool.run("verify").status == 4)
  }

  /// With standard output closed, no file of the store may take its place.
  @Test func closedOutput() throws {
    let file = try tool.folder.write("events.ndjson", Sample.three)
    let closed = try tool.run("sh", "$growthring ingest \(file) --create <&- >&- 2>&-")
    #expect(closed.status == 0)
    #expect(try tool.run("verify").output.hasPrefix("sound: 3 events"))
    let headed = try tool.run("sh", "{ $growthring generate --events 20k; echo $? >&2; } | head -n 1")
    #expect(headed.lines.count == 1)
    #expect(headed.errors == "0\n")
    let full = try tool.run("sh", "$growthring growth --all --csv > /dev/full")
    #expect(full.status == 1)
    #expect(full.errors.contains("cannot write standard output"))
  }

  // MARK: Shapes

  @Test func growthRows() throws {
    try filled()
    let all = try tool.run("growth", "--all", "--csv")
    #expect(all.lines.first == "user_id,entity_id,entity_type,dim_key,score,event_count,first_event_at,last_event_at")
    #expect(
      all.lines.dropFirst().sorted() == [
        "\"bob, \"\"jr\"\"\",swift,skill,self_act,1.5,1,2026-01-02T03:04:05Z,2026-01-02T03:04:05Z",
        "ada,swift,skill,self_act,3,2,2026-01-02T03:04:05Z,2026-01-03T00:00:00.5Z",
        "ada,swift,skill,world_show,-0.25,1,2026-01-02T03:04:05Z,2026-01-02T03:04:05Z",
      ])
    #expect(
      try tool.run("growth", "ada", "swift", "--dimension", "self_act", "--json", "--time", "us").output
        == """
        {"user_id":"ada","entity_id":"swift","entity_type":"skill","dim_key":"self_act","score":"3","event_count":2,\
        "first_event_at":1767323045000000,"last_event_at":1767398400500000}

        """)
    let table = try tool.run("growth", "ada", "--order", "score")
    #expect(table.lines.count == 3)
    #expect(table.lines[1].contains("self_act"))
    #expect(try tool.run("growth", "ada", "--limit", "1", "--csv").lines.count == 2)
  }

  @Test func eventRows() throws {
    try filled()
    let header = "event_id,user_id,entity_id,entity_type,dim_key,delta,source,created_at,metadata"
    let csv = try tool.run("events", "--user", "bob, \"jr\"", "--csv")
    #expect(
      csv.lines == [
        header,
        "00000000-0000-7000-8000-000000000004,\"bob, \"\"jr\"\"\",swift,skill,self_act,1.5,test,2026-01-02T03:04:05Z,"
          + "\"{\"\"k\"\":\"\"v,w\"\"}\"",
      ])
    #expect(try tool.run("events", "--scope", "org", "--csv").errors.contains("add --scope-column"))
    let scoped = try tool.run("events", "--scope", "org", "--csv", "--scope-column")
    #expect(scoped.errors.isEmpty)
    #expect(scoped.lines.last?.hasSuffix(",org/team") == true)
    let micro = try tool.run("events", "--scope", "org", "--json", "--time", "us")
    #expect(micro.output.contains(#""created_at":1767323045000000,"metadata":{"k":"v,w"},"scope":"org/team"}"#))
    #expect(try tool.run("events", "--dimension", "world_show", "--csv").lines.count == 2)
    #expect(try tool.run("events", "--limit", "2", "--csv").lines.count == 3)
  }

  @Test func historyPages() throws {
    try filled()
    let first = try tool.run("history", "ada", "--limit", "2", "--csv")
    #expect(first.lines.count == 3)
    #expect(first.lines[1].hasPrefix("00000000-0000-7000-8000-000000000003,"))
    let cursor = try #require(first.errors.split(separator: " ").last?.split(separator: "\n").first)
    let second = try tool.run("history", "ada", "--limit", "2", "--csv", "--after", String(cursor))
    #expect(second.lines.count == 2)
    #expect(try tool.run("history", "ada", "--since", "2026-01-03", "--csv").lines.count == 2)
    #expect(try tool.run("history", "ada", "--until", "2026-01-03", "--csv").lines.count == 3)
  }

  @Test func otherRows() throws {
    try filled()
    #expect(
      try tool.run("top", "users", "--csv", "--limit", "1").lines == [
        "rank,user_id,score,event_count,first_event_at,last_event_at",
        "1,ada,2.75,3,2026-01-02T03:04:05Z,2026-01-03T00:00:00.5Z",
      ])
    let entities = try tool.run("top", "entities", "--json")
    #expect(entities.lines.first?.contains(#""entity_id":"swift","score":"4.25""#) == true)
    #expect(try tool.run("daily", "ada", "--csv").lines.count == 4)
    let chart = try tool.run("daily", "ada")
    #expect(chart.lines.count == 2)
    #expect(chart.lines[0].hasPrefix("2026-01-02  1.25  2 events  "))
    #expect(
      try tool.run("scope", "org", "--csv").lines.dropFirst() == [
        "org,self_act,1.5,1,2026-01-02T03:04:05Z,2026-01-02T03:04:05Z",
        "org/team,self_act,1.5,1,2026-01-02T03:04:05Z,2026-01-02T03:04:05Z",
      ])
    #expect(
      try tool.run("summary", "--by", "day,dim_key", "--users", "--order", "events", "--csv").lines == [
        "day,dim_key,users,score,event_count,first_event_at,last_event_at",
        "2026-01-02,self_act,2,3,2,2026-01-02T03:04:05Z,2026-01-02T03:04:05Z",
        "2026-01-02,world_show,1,-0.25,1,2026-01-02T03:04:05Z,2026-01-02T03:04:05Z",
        "2026-01-03,self_act,1,1.5,1,2026-01-03T00:00:00.5Z,2026-01-03T00:00:00.5Z",
      ])
    #expect(
      try tool.run("summary", "--user", "ada", "--json").lines == [
        #"{"score":"2.75","event_count":3,"first_event_at":"2026-01-02T03:04:05Z","last_event_at":"2026-01-03T00:00:00.5Z"}"#
      ])
    #expect(try tool.run("states", "--csv").lines.count == 3)
    #expect(
      try tool.run("states", "ada", "--json").output.hasPrefix(
        #"{"user_id":"ada","state":"sprout","total_score":"2.75","active_dimensions":["self_act"],"#))
    #expect(try tool.run("stats", "--json").output.hasPrefix(#"{"events":4,"#))
    #expect(try tool.run("verify", "--json").output.hasPrefix(#"{"sound":true,"events":4,"#))
  }

  @Test func exportsComeBack() throws {
    try filled()
    let before = try tool.run("growth", "--all", "--csv").lines.sorted()
    for (name, more) in [("out.ndjson", [String]()), ("out.csv", ["--scope-column"])] {
      let file = tool.folder.file(name)
      #expect(try tool.run(["export", "--output", file] + more).status == 0)
      let other = tool.folder.file("other-" + name)
      let again = try tool.run("ingest", file, "--store", other, "--create", "--json")
      #expect(again.output.hasPrefix(#"{"read":4,"stored":4,"#), "\(again.errors)")
      #expect(try tool.run("growth", "--all", "--csv", "--store", other).lines.sorted() == before)
      #expect(try tool.run("ingest", file, "--json").output.hasPrefix(#"{"read":4,"stored":0,"duplicates":4,"#))
    }
    #expect(try tool.run("export", "--format", "csv").errors.contains("--scope-column"))
  }

  @Test func models() throws {
    let good = try tool.folder.write("model.yaml", "version: 1\nname: small\ndimensions:\n  - key: depth\n")
    #expect(try tool.run("model", "check", good).output.contains("1 dimension"))
    let bad = try tool.folder.write(
      "bad.yaml", "version: 1\nname: small\ndimensions:\n  - key: depth\n    colour: red\n")
    let result = try tool.run("model", "check", bad)
    #expect(result.status == 1)
    #expect(result.errors.contains("line 5"), "\(result.errors)")
    #expect(try tool.run("init", "--model", good).status == 0)
    #expect(try tool.run("model", "show").output.contains("\"depth\""))
    let file = try tool.folder.write("events.ndjson", Sample.three)
    #expect(try tool.run("ingest", file).status == 1)
    #expect(try tool.run("ingest", file, "--open-model").status == 1)
    #expect(try tool.run("model", "apply", "--open-model").status == 0)
    #expect(try tool.run("ingest", file, "--open-model").status == 0)
  }

  @Test func generatorIsTheSameForTheSameSeed() throws {
    let first = try tool.run("generate", "--events", "200", "--seed", "5")
    #expect(first.lines.count == 200)
    #expect(try tool.run("generate", "--events", "200", "--seed", "5").output == first.output)
    #expect(try tool.run("generate", "--events", "200", "--seed", "6").output != first.output)
    #expect(try tool.run("generate", "--events", "3", "--format", "csv").lines.count == 4)
  }
}
