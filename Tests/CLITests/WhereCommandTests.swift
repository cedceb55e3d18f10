import Testing

/// `--where` and `--unit` of the commands that read events.
struct WhereCommandTests {
  private let tool = CommandLineTool()

  private func filled() throws {
    let file = try tool.folder.write(
      "events.ndjson",
      Sample.event(1, more: #","metadata":{"tags":["launch","x"],"effort":3}"#)
        + Sample.event(2, time: "2026-01-03T00:00:00Z", more: #","metadata":{"tags":["x"],"effort":5.50}"#)
        + Sample.event(3, user: "bob", more: #","source_muid":"note 1","metadata":{"tags":["launch"]}"#)
        + Sample.event(4, user: "bob", more: #","source_muid":"note 2""#))
    let result = try tool.run("ingest", file, "--create")
    try #require(result.status == 0, "\(result.errors)")
  }

  private func ids(_ arguments: String...) throws -> [String] {
    let result = try tool.run(arguments + ["--json"])
    #expect(result.status == 0, "\(result.errors)")
    return result.lines.compactMap { $0.split(separator: "\"").first { $0.hasPrefix("00000000-") } }.map {
      String($0.suffix(1))
    }
    .sorted()
  }

  @Test func eventsAndHistories() throws {
    try filled()
    #expect(try ids("events", "--where", "metadata.tags contains 'launch'") == ["1", "3"])
    #expect(try ids("events", "--where", "metadata.effort >= 3 and not metadata.effort > 5.5") == ["1", "2"])
    #expect(try ids("events", "--where", "metadata.tags contains 'launch'", "--user", "bob") == ["3"])
    #expect(try ids("events", "--unit", "note 2") == ["4"])
    #expect(try ids("events", "--unit", "note 1", "--where", "metadata.tags contains 'launch'") == ["3"])
    #expect(try ids("events", "--unit", "note 1", "--where", "metadata.tags contains 'x'") == [])
    #expect(try ids("history", "ada", "--where", "metadata.tags contains 'launch'") == ["1"])
    #expect(try ids("history", "ada", "swift", "--where", "metadata.effort = 5.5") == ["2"])
    #expect(try tool.run("summary", "--where", "metadata.tags contains 'x'", "--csv").lines.last?.contains("2") == true)
    let exported = try tool.run("export", "--where", "metadata.source_muid exists")
    #expect(
      exported.lines.count == 2 && exported.output.contains(#""metadata":{"source_muid":"note 1","tags":["launch"]}"#))
    // The same events in their exported form are duplicates.
    let again = try tool.run(["ingest", "-", "--input-format", "ndjson"], input: Array(exported.output.utf8))
    #expect(again.status == 0 && again.output.contains("2"))
    #expect(try tool.run("verify").status == 0)
  }

  @Test func unitsOfEntities() throws {
    try filled()
    for (muid, user) in [("note 1", "bob"), ("note 2", "bob"), ("note 3", "bob"), ("note 1", "ada")] {
      #expect(try tool.run("units", "put", "--muid", muid, "--user", user, "--text", "x").status == 0)
    }
    func muids(_ arguments: String...) throws -> [String] {
      let result = try tool.run(["units", "list", "--csv"] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return result.lines.dropFirst().map { line in
        "note " + (line.split(separator: "note ").last.map { $0.prefix(1) } ?? "")
      }
    }
    #expect(try muids("--entity", "swift", "--user", "bob") == ["note 1", "note 2"])
    // Events of ada came from no unit.
    #expect(try muids("--entity", "swift", "--user", "ada") == [])
    #expect(try muids("--entity", "swift").sorted() == ["note 1", "note 1", "note 2"])
    #expect(try muids("--entity", "other", "--user", "bob") == [])
    #expect(try muids("--user", "bob").count == 3)
  }

  @Test func numbersAndTimes() throws {
    let lines = (1...9).map { number in
      let due = "2026-0\(number)-15T10:00:00Z"
      return Sample.event(number, more: #","metadata":{"amount":\#(number * 50).5,"due":"\#(due)"}"#)
    }
    let file = try tool.folder.write("events.ndjson", lines.joined())
    #expect(try tool.run("ingest", file, "--create").status == 0)
    #expect(try ids("events", "--where", "metadata.amount >= 100 and metadata.amount < 200.5") == ["2", "3"])
    #expect(try ids("events", "--where", "metadata.due < '2026-03-01'") == ["1", "2"])
    let buckets = try tool.run("summary", "--by", "metadata.amount:200", "--csv")
    #expect(buckets.lines.first?.hasPrefix("metadata.amount:200,") == true, "\(buckets.output)")
    #expect(buckets.lines.dropFirst().map { $0.prefix { $0 != "," } } == ["0", "200", "400"], "\(buckets.output)")
    let sums = try tool.run("summary", "--by", "metadata.due:year", "--sum", "metadata.amount", "--csv")
    #expect(
      sums.lines.first?.hasPrefix("metadata.due:year,numbers,sum,average,smallest,largest,") == true, "\(sums.output)")
    #expect(sums.lines.last?.hasPrefix("2026-01-01,9,2254.5,250.5,50.5,450.5,") == true, "\(sums.output)")
    let none = try tool.run("summary", "--sum", "metadata.none", "--json")
    #expect(none.output.contains(#""numbers":0,"sum":"0","average":null,"smallest":null"#), "\(none.output)")
    #expect(try tool.run("summary", "--by", "metadata.amount:hour").status == 2)
    #expect(try tool.run("summary", "--by", " month , metadata.\"a, b\":day,metadata['c,\\'d']").status == 0)
    #expect(try tool.run("summary", "--by", "month,").status == 2)
    #expect(try tool.run("summary", "--sum", "amount").errors.contains("metadata.amount"))
    let model = try tool.folder.write(
      "model.json",
      #"{"version":3,"name":"sales","open":true,"metadata_fields":{"amount":{"type":"number"},"due":{"type":"time"}}}"#)
    #expect(try tool.run("model", "apply", model).status == 0)
    let bad = try tool.run(
      ["ingest", "-", "--input-format", "ndjson"],
      input: Array(Sample.event(10, more: #","metadata":{"amount":"7"}"#).utf8))
    #expect(bad.status != 0 && bad.errors.contains("must be a number"), "\(bad.errors)")
    let again = try tool.run(
      ["ingest", "-", "--input-format", "ndjson"],
      input: Array(Sample.event(11, more: #","metadata":{"amount":50.50}"#).utf8))
    #expect(again.status == 0, "\(again.errors)")
    let typed = try tool.run("summary", "--by", "metadata.amount", "--csv")
    #expect(typed.lines.dropFirst().first?.hasPrefix("50.5,") == true && typed.lines.count == 10, "\(typed.output)")
    #expect(try tool.run("verify").status == 0)
  }

  @Test func mistakesAreShown() throws {
    try filled()
    let result = try tool.run("events", "--where", "metadata.tags has 'x'")
    #expect(result.status == 2)
    #expect(result.errors.contains("at character 15") && result.errors.contains("contains"), "\(result.errors)")
    #expect(result.errors.contains("\n") && result.errors.contains("^"), "\(result.errors)")
    #expect(try tool.run("history", "ada", "--where", "effort = 3").errors.contains("metadata.effort"))
    let bad = try tool.run(
      ["ingest", "-", "--input-format", "ndjson"],
      input: Array(Sample.event(5, more: #","source_muid":"a","metadata":{"source_muid":"b"}"#).utf8))
    #expect(
      bad.status != 0 && bad.errors.contains("source_muid is not the one that the metadata name"), "\(bad.errors)")
  }
}
