import Foundation
import Testing

/// `growthring units`, `quality` and `profile`, as a user runs them.
struct UnitCommandTests {
  private let tool = CommandLineTool()

  private func json(_ line: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  // MARK: One unit

  @Test func putGetHistoryDelete() throws {
    let content = "# A\r\n\tb \"c\" \u{1B}[31m\n\n é 👩‍👩‍👧‍👦"
    let file = try tool.folder.write("lesson.md", content)
    let put = try tool.run(
      "units", "put", file, "--user", "ada", "--title", "First", "--source-type", "note", "--importance", "0.5",
      "--metadata", #"{"b": 1, "a": ["x"]}"#, "--created-at", "2026-01-02", "--create")
    #expect(put.status == 0, "\(put.errors)")
    #expect(put.output.hasPrefix("Stored lesson.md, version "))
    #expect(try tool.run("units", "get", "lesson.md", "--user", "ada", "--content").output == content)
    let found = try json(try tool.run("units", "get", "lesson.md", "--user", "ada", "--json").output)
    #expect(found["content"] as? String == content)
    #expect(found["title"] as? String == "First")
    #expect(found["importance_score"] as? String == "0.5")
    #expect(found["created_at"] as? String == "2026-01-02T00:00:00Z")
    #expect((found["metadata"] as? [String: Any])?["a"] as? [String] == ["x"])
    #expect(found["is_deleted"] as? Bool == false)
    let shown = try tool.run("units", "get", "lesson.md", "--user", "ada").output
    #expect(shown.contains("title         First\n") && shown.contains("\\u{1B}[31m") && !shown.contains("\u{1B}"))
    // The same again is no version, a change of one field keeps the others.
    let same = try tool.run("units", "put", file, "--user", "ada", "--title", "First", "--json")
    #expect(try json(same.output)["stored"] as? Bool == false)
    let changed = try tool.run("units", "put", "--muid", "lesson.md", "--user", "ada", "--status", "archived", "--json")
    #expect(try json(changed.output)["stored"] as? Bool == true)
    let after = try json(try tool.run("units", "get", "lesson.md", "--user", "ada", "--json").output)
    #expect(after["status"] as? String == "archived" && after["content"] as? String == content)
    #expect(try tool.run("units", "history", "lesson.md", "--user", "ada", "--json").lines.count == 2)
    let deleted = try tool.run("units", "delete", "lesson.md", "--user", "ada")
    #expect(deleted.status == 0, "\(deleted.errors)")
    #expect(deleted.output == "Deleted the unit lesson.md of ada.\n")
    #expect(try tool.run("units", "delete", "lesson.md", "--user", "ada").status == 1)
    let gone = try tool.run("units", "get", "lesson.md", "--user", "ada")
    #expect(gone.status == 1 && gone.errors.contains("was deleted"))
    #expect(try tool.run("units", "get", "x", "--user", "ada").errors.contains("is not stored here"))
    let history = try tool.run("units", "history", "lesson.md", "--user", "ada", "--csv", "--content").lines
    #expect(history.count > 3 && history[1].hasSuffix(",true"))
    // It comes back with a newer version.
    let back = try tool.run("units", "put", "--muid", "lesson.md", "--user", "ada", "--text", "again")
    #expect(back.status == 0, "\(back.errors)")
    #expect(try tool.run("units", "get", "lesson.md", "--user", "ada", "--content").output == "again")
    #expect(try tool.run("verify").status == 0)
  }

  @Test func wrongUsage() throws {
    #expect(try tool.run("init").status == 0)
    #expect(try tool.run("units", "put", "--user", "ada").status == 2)
    #expect(try tool.run("units", "put", "--user", "ada", "--muid", "a", "--importance", "x").status == 2)
    #expect(try tool.run("units", "put", "--user", "ada", "--muid", "", "--text", "x").status == 2)
    let long = try tool.run("units", "put", "--user", "ada", "--muid", String(repeating: "m", count: 2000))
    #expect(long.status == 1 && long.errors.contains("the unit cannot be stored: muid is too long"), "\(long.errors)")
    #expect(!long.errors.contains("--quarantine"))
    #expect(try tool.run("units", "put", "--user", "ada", "--muid", "a", "--metadata", "[]").status == 2)
    #expect(try tool.run("units", "list", "--limit", "-1").status == 2)
    #expect(try tool.run("units", "get", "a").status == 2)
    let refused = try tool.run("units", "put", "--user", "ada", "--muid", String(repeating: "x", count: 256))
    #expect(refused.status == 1 && refused.errors.contains("muid is too long"), "\(refused.errors)")
    for command in ["put", "get", "list", "history", "delete", "import", "ingest", "export"] {
      let help = try tool.run("units", command, "--help")
      #expect(help.status == 0 && help.output.contains("EXAMPLES"), "\(command)")
    }
  }

  // MARK: Many units

  private static let units = """
    {"muid":"a","user_id":"ada","title":"A","content":"one\\ntwo","source_type":"note","created_at":"2026-01-01T00:00:00Z"}
    {"muid":"b","user_id":"ada","title":"","content":"","source_type":"journal","created_at":"2026-01-02T00:00:00Z","metadata":{"tags":["x"]}}
    {"muid":"c","user_id":"bob","title":"C","content":" one  two ","source_type":"note","created_at":"2026-01-03T00:00:00Z"}
    {"muid":"a","user_id":"ada","title":"A2","content":"three","source_type":"note","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-04T00:00:00Z"}
    {"muid":"d","user_id":"bob","title":"D","content":"one two","source_type":"nte","created_at":"2026-01-05T00:00:00Z"}

    """

  @Test func ingestListExport() throws {
    let file = try tool.folder.write("units.ndjson", Self.units)
    let first = try tool.run("units", "ingest", file, "--create", "--json")
    #expect(first.status == 0, "\(first.errors)")
    #expect(
      first.output.hasPrefix("{\"read\":5,\"stored\":5,\"duplicates\":0,\"rejected\":0,\"conflicts\":0,\"bytes\":"))
    #expect(first.output.contains("\"units_per_second\""))
    let again = try tool.run("units", "ingest", file)
    #expect(again.output.hasPrefix("5 units read in ") && again.output.contains("duplicates  5"), "\(again.output)")
    let list = try tool.run("units", "list", "--csv").lines
    #expect(
      list[0]
        == "muid,user_id,source_type,title,content_type,created_at,updated_at,importance_score,status,metadata,is_deleted"
    )
    #expect(Set(list.dropFirst().map { $0.prefix(5) }) == ["a,ada", "b,ada", "c,bob", "d,bob"])
    #expect(
      try tool.run("units", "list", "--user", "ada", "--order", "updated", "--csv").lines.dropFirst().map { $0.first }
        == ["a", "b"])
    #expect(try tool.run("units", "list", "--order", "created", "--limit", "1", "--csv").lines.last?.first == "d")
    #expect(try tool.run("units", "list", "--since", "2026-01-04", "--csv").lines.count == 3)
    #expect(try tool.run("units", "list", "--source-type", "nte", "--json").lines.count == 1)
    let table = try tool.run("units", "list", "--user", "ada").output
    #expect(table.contains("A2") && !table.contains("user"))
    #expect(
      try json(try tool.run("units", "list", "--user", "bob", "--content", "--json").lines[0])["content"] as? String
        == " one  two ")
    #expect(try tool.run("units", "list", "--user", "eve").errors.contains("No such units"))
    // Each export gives the same store.
    for name in ["units.ndjson", "units.csv", "units.parquet"] {
      let output = tool.folder.file("export-" + name)
      let export = try tool.run("units", "export", "--versions", "--output", output)
      #expect(export.status == 0 && export.errors.contains("5 versions"), "\(export.errors)")
      let other = CommandLineTool()
      let taken = try other.run("units", "ingest", output, "--create", "--json")
      #expect(taken.output.hasPrefix("{\"read\":5,\"stored\":5,"), "\(name): \(taken.errors)")
      #expect(try other.run("units", "export").output == (try tool.run("units", "export").output))
      #expect(
        try tool.run("units", "ingest", output, "--json").output.hasPrefix("{\"read\":5,\"stored\":0,\"duplicates\":5,")
      )
    }
  }

  @Test func badUnits() throws {
    let text =
      Self.units + "{\"muid\":\"e\",\"user_id\":\"ada\"}\n"
      + Self.units.split(separator: "\n")[0]
      .replacingOccurrences(of: "one", with: "uno") + "\n"
    let file = try tool.folder.write("units.ndjson", text)
    let strict = try tool.run("units", "ingest", file, "--create", "--batch-size", "2")
    #expect(strict.status == 1)
    #expect(strict.errors.contains("units.ndjson: line 6: created_at is missing"), "\(strict.errors)")
    #expect(strict.errors.contains("4 units were stored"), "\(strict.errors)")
    let bad = tool.folder.file("bad.ndjson")
    let lenient = try tool.run("units", "ingest", file, "--quarantine", bad, "--json")
    #expect(lenient.status == 3)
    #expect(lenient.output.hasPrefix("{\"read\":7,\"stored\":1,\"duplicates\":4,\"rejected\":1,\"conflicts\":1,"))
    let lines = try tool.folder.text("bad.ndjson").split(separator: "\n").map(String.init)
    try #require(lines.count == 2)
    #expect(lines[0].contains(#""line":6,"record":6,"field":"created_at","reason":"missing""#))
    #expect(lines[1].contains(#""line":7,"record":7,"field":null,"reason":"conflict""#))
    #expect(lines[1].contains("repeats a muid and updated_at with other content"))
    #expect(try tool.run("units", "ingest", file, "--quarantine", file).status == 2)
  }

  @Test func foreignCSV() throws {
    let csv = "id;wrote;text;when\n1;ada; \"x\" ;02/01/2026\n2;;y;03/01/2026\n"
    let file = try tool.folder.write("posts.csv", csv)
    let arguments = [
      "units", "ingest", file, "--create", "--map", "id=muid", "--map", "wrote=user_id", "--map", "text=content",
      "--map",
      "when=created_at", "--map", "=forum=source_type", "--time-format", "%d/%m/%Y", "--quarantine",
      tool.folder.file("bad"), "--json",
    ]
    let result = try tool.run(arguments)
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.output.hasPrefix("{\"read\":2,\"stored\":1,\"duplicates\":0,\"rejected\":1,"))
    #expect(try tool.run("units", "get", "1", "--user", "ada", "--content").output == " \"x\" ")
    let unknown = try tool.run("units", "ingest", file)
    #expect(unknown.status == 1 && unknown.errors.contains("--map"))
    #expect(try tool.run("units", "ingest", file, "--map", "id=nonsense").status == 2)
  }

  @Test func duplicateContents() throws {
    let file = try tool.folder.write("units.ndjson", Self.units)
    let report = try tool.run("units", "ingest", file, "--create", "--duplicates", "report", "--json")
    #expect(report.status == 0, "\(report.errors)")
    #expect(report.output.contains("\"duplicate_contents\":1"))
    #expect(report.errors.contains("the unit d of bob has the content of c"), "\(report.errors)")
    let other = CommandLineTool()
    let bad = other.folder.file("bad")
    let reject = try other.run(
      "units", "ingest", file, "--create", "--duplicates", "reject", "--quarantine", bad, "--json")
    #expect(reject.status == 3)
    #expect(
      reject.output.contains("\"stored\":4,\"duplicates\":0,\"rejected\":1,\"conflicts\":0,\"duplicate_contents\":1"))
    #expect(
      try other.folder.text("bad").contains(#""line":5,"record":5,"field":"content","reason":"duplicateContent""#))
    // In another run the contents are read from the store.
    let more = try other.folder.write("more.ndjson", Self.units.split(separator: "\n")[4] + "\n")
    let strict = try other.run("units", "ingest", more, "--duplicates", "reject")
    #expect(strict.status == 1 && strict.errors.contains("repeats the content"), "\(strict.errors)")
  }

  // MARK: Quality and profiles

  @Test func quality() throws {
    let file = try tool.folder.write("units.ndjson", Self.units)
    let model = try tool.folder.write(
      "model.yaml", "version: 2\nname: m\nopen: true\nunits:\n  source_types: [note, journal]\n")
    #expect(try tool.run("init", "--model", model).status == 0)
    #expect(try tool.run("units", "ingest", file).status == 0)
    let result = try tool.run("quality", "--json")
    #expect(
      result.output
        == #"{"units":4,"users":2,"missing_titles":1,"empty_contents":1,"unknown_source_types":1,"unknown_content_types":0,"#
        + #""duplicate_contents":1,"broken_metadata_rules":0}"# + "\n")
    let list = try tool.run("quality", "--list", "9", "--user", "bob").output
    #expect(list.contains("duplicate contents") && list.contains("unknown source types  nte"), "\(list)")
    #expect(list.contains("the growth model says nothing of them"))
    #expect(try tool.run("quality", "--list", "1", "--json").lines.count == 2)
  }

  @Test func rulesOfTheModel() throws {
    let model = try tool.folder.write(
      "model.yaml",
      "version: 2\nname: m\nopen: true\nunits:\n  metadata_rules:\n    required: [created_by]\n")
    #expect(try tool.run("init", "--model", model).status == 0)
    let refused = try tool.run("units", "put", "--user", "ada", "--muid", "a", "--text", "x")
    #expect(refused.status == 1 && refused.errors.contains("has no \"created_by\""), "\(refused.errors)")
    let taken = try tool.run(
      "units", "put", "--user", "ada", "--muid", "a", "--text", "x", "--metadata", #"{"created_by":"me"}"#)
    #expect(taken.status == 0, "\(taken.errors)")
  }

  @Test func profilesAndDays() throws {
    let events =
      Sample.event(1, time: "2026-03-28T22:59:59Z") + Sample.event(2, time: "2026-03-28T23:00:00Z")
      + Sample.event(3, time: "2026-03-29T21:59:59Z") + Sample.event(4, time: "2026-03-29T22:00:00Z")
    let file = try tool.folder.write("events.ndjson", events)
    #expect(try tool.run("ingest", file, "--create").status == 0)
    #expect(try tool.run("profile", "get", "ada").status == 1)
    #expect(try tool.run("daily", "ada", "--zone", "user").status == 1)
    #expect(try tool.run("daily", "ada", "--zone", "Mars/Olympus").status == 2)
    let stored = try tool.run("profile", "set", "ada", "--zone", "Europe/Berlin", "--language", "de")
    #expect(stored.status == 0, "\(stored.errors)")
    #expect(try tool.run("profile", "set", "ada", "--language", "de").output.hasPrefix("There is nothing new"))
    let profile = try json(try tool.run("profile", "get", "ada", "--json").output)
    #expect(profile["time_zone"] as? String == "Europe/Berlin" && profile["language"] as? String == "de")
    let local = try tool.run("daily", "ada", "--zone", "user", "--csv").lines.dropFirst()
    #expect(
      local.map { $0.split(separator: ",")[2...4].joined(separator: ",") } == [
        "2026-03-28,1.5,1", "2026-03-29,3,2", "2026-03-30,1.5,1",
      ])
    let utc = try tool.run("daily", "ada", "--csv").lines.dropFirst()
    #expect(utc.map { $0.split(separator: ",")[2...4].joined(separator: ",") } == ["2026-03-28,3,2", "2026-03-29,3,2"])
    // A date is that day in the zone.
    let one = try tool.run(
      "daily", "ada", "--zone", "Europe/Berlin", "--since", "2026-03-29", "--until", "2026-03-30", "--csv")
    #expect(one.lines.count == 2 && one.lines[1].contains(",2026-03-29,3,2,"))
    #expect(try tool.run("daily", "ada", "--zone", "Europe/Berlin").output.contains("2026-03-30"))
    #expect(try tool.run("profile", "set", "ada", "--zone", "none").status == 0)
    #expect(try tool.run("profile", "get", "ada", "--history", "--json").lines.count == 2)
    #expect(try tool.run("profile", "set", "ada", "--zone", "Mars/Olympus").status == 2)
    // Offsets west of Greenwich are no options.
    #expect(try tool.run("profile", "set", "bob", "--zone", "-05:30").status == 0)
    #expect(try tool.run("daily", "ada", "--zone", "-12:00").status == 0)
    let listed = try tool.run("profile", "list", "--csv").lines
    #expect(listed.count == 3 && listed[0] == "user_id,time_zone,language,updated_at", "\(listed)")
    #expect(listed[1].hasPrefix("ada,,de,") && listed[2].hasPrefix("bob,-05:30,,"), "\(listed)")
    #expect(try tool.run("units", "list", "--csv").lines.count == 1)
    let low = try tool.run("units", "put", "--user", "ada", "--muid", "low", "--text", "x", "--importance", "-0.5")
    #expect(low.status == 0, "\(low.errors)")
    let old = try tool.run("units", "put", "--user", "ada", "--muid", "low", "--text", "y", "--updated-at", "2020-01")
    #expect(old.output == "Stored low, version 2020-01-01T00:00:00Z, behind a newer one.\n", "\(old.errors)")
  }
}
