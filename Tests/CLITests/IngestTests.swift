import Testing

struct IngestTests {
  private let tool = CommandLineTool()

  @Test func storesOnceAndSaysSo() throws {
    let file = try tool.folder.write("events.ndjson", Sample.three)
    let first = try tool.run("ingest", file, "--create", "--json")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.errors == "")
    #expect(first.output.hasPrefix("{\"read\":3,\"stored\":3,\"duplicates\":0,\"rejected\":0,\"conflicts\":0,"))
    let second = try tool.run("ingest", file, "--json")
    #expect(second.output.hasPrefix("{\"read\":3,\"stored\":0,\"duplicates\":3,\"rejected\":0,\"conflicts\":0,"))
    let verified = try tool.run("verify")
    #expect(verified.status == 0)
    #expect(verified.output.hasPrefix("sound: 3 events"))
  }

  @Test func standardInput() throws {
    let result = try tool.run("ingest", "-", "--input-format", "ndjson", "--create", input: Sample.three)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("3 events read"))
    let unnamed = try tool.run("ingest", "-", input: Sample.three)
    #expect(unnamed.status == 2)
    #expect(unnamed.errors.contains("--input-format"))
  }

  @Test func strictStopsAtTheFirstBadBatch() throws {
    let text = Sample.event(1) + "\n" + Sample.event(2) + Sample.event(3, delta: "0.1234567") + Sample.event(4)
    let file = try tool.folder.write("events.ndjson", text)
    let result = try tool.run("ingest", file, "--create", "--batch-size", "2")
    #expect(result.status == 1)
    #expect(result.errors.contains("line 4: delta has more than six fractional digits"), "\(result.errors)")
    #expect(result.errors.contains("2 events were stored"), "\(result.errors)")
    #expect(result.errors.contains("--quarantine"))
    #expect(try tool.run("growth", "ada", "--csv").lines.count == 2)
  }

  @Test func strictNamesWhatTheModelRefuses() throws {
    let file = try tool.folder.write("events.ndjson", Sample.event(1) + Sample.event(2, dimension: "self_akt"))
    let result = try tool.run("ingest", file, "--create")
    #expect(result.status == 1)
    #expect(result.errors.contains("line 2: dim_key"), "\(result.errors)")
    #expect(result.errors.contains("self_akt"))
    #expect(result.errors.contains("0 events were stored"))
  }

  @Test func quarantineTakesBadRowsWithReasons() throws {
    var bytes = Array((Sample.event(1) + Sample.event(2, delta: "x") + Sample.event(3, dimension: "nope")).utf8)
    bytes += Array(#"{"user_id":"a"#.utf8) + [0xFF, UInt8(ascii: "\n")]
    bytes += Array((Sample.event(4) + Sample.event(1, delta: "9")).utf8)
    let file = try tool.folder.write("events.ndjson", bytes)
    let quarantine = tool.folder.file("bad.ndjson")
    let result = try tool.run("ingest", file, "--create", "--quarantine", quarantine, "--json")
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.output.hasPrefix("{\"read\":6,\"stored\":2,\"duplicates\":0,\"rejected\":3,\"conflicts\":1,"))
    let lines = try tool.folder.text("bad.ndjson").split(separator: "\n").map(String.init)
    try #require(lines.count == 4)
    #expect(
      lines[0].contains(
        #""line":2,"record":2,"field":"delta","reason":"malformed","detail":"is malformed: \"x\"","raw":"{"#))
    #expect(lines[1].contains(#""line":3,"record":3,"field":"dim_key","reason":"unknownDimension""#))
    #expect(lines[1].contains(#"\"dim_key\":\"nope\""#))
    #expect(lines[2].contains(#""line":4"#))
    #expect(lines[2].contains(#""raw_hex":"7b"#))
    #expect(lines[3].contains(#""line":6,"record":6,"field":null,"reason":"conflict""#))
  }

  @Test func conflictStopsStrictRuns() throws {
    let file = try tool.folder.write("events.ndjson", Sample.event(1) + Sample.event(1, delta: "2"))
    let result = try tool.run("ingest", file, "--create")
    #expect(result.status == 1)
    #expect(result.errors.contains("line 2"), "\(result.errors)")
    #expect(result.errors.contains("other content"))
    #expect(try tool.run("growth", "ada", "--csv").output.contains(",1.5,1,"))
  }

  @Test func quarantineMustNotReplaceTheInput() throws {
    let file = try tool.folder.write("events.ndjson", Sample.three)
    let result = try tool.run("ingest", file, "--create", "--quarantine", file)
    #expect(result.status == 2)
    #expect(try tool.folder.text("events.ndjson") == Sample.three)
  }

  @Test func foreignCSV() throws {
    let csv = """
      case:name,org:resource,time,note
      c1,ann,2020-05-01 12:00:00,"a
      b"
      c1,,2020-05-02 00:00:00,
      c2,bob,2020-05-03 00:00:00,x

      """
    let file = try tool.folder.write("log.csv", csv)
    let arguments = [
      "ingest", file, "--open-model", "--map", "org:resource=user_id", "--map", "case:name=entity_id", "--map",
      "=case=entity_type", "--map", "=act_world=dim_key", "--map", "=1=delta", "--map", "time=created_at",
      "--naive-time", "+02:00", "--quarantine", tool.folder.file("bad"), "--json",
    ]
    let result = try tool.run(arguments)
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.output.hasPrefix("{\"read\":3,\"stored\":2,\"duplicates\":0,\"rejected\":1,"))
    #expect(try tool.folder.text("bad").contains(#""line":4,"#))
    #expect(try tool.run(arguments).output.hasPrefix("{\"read\":3,\"stored\":0,\"duplicates\":2,\"rejected\":1,"))
    #expect(
      try tool.run("growth", "--all", "--csv").lines.sorted().first
        == "ann,c1,case,act_world,1,1,2020-05-01T10:00:00Z,2020-05-01T10:00:00Z")
  }

  @Test func mappingErrorsSayWhatToDo() throws {
    let file = try tool.folder.write("log.csv", "a,b\n1,2\n")
    let unknown = try tool.run("ingest", file, "--create")
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("line 1"))
    #expect(unknown.errors.contains("--map"))
    #expect(try tool.run("ingest", file, "--create", "--map", "a=nonsense").status == 2)
    let json = try tool.folder.write("events.ndjson", Sample.three)
    #expect(try tool.run("ingest", json, "--create", "--map", "a=user_id").status == 2)
  }

  @Test(arguments: ["zst", "gz"])
  func truncatedFileKeepsWhatCameBefore(ending: String) throws {
    let bytes = ending == "gz" ? CompressedSample.gzip : CompressedSample.zstd
    let file = try tool.folder.write("events.ndjson.\(ending)", Array(bytes.dropLast(3)))
    let result = try tool.run(
      "ingest", file, "--create", "--ignore-unknown-fields", "--quarantine", tool.folder.file("q"))
    #expect(result.status == 1)
    #expect(result.errors.contains("is truncated"), "\(result.errors)")
    #expect(try tool.run("verify").status == 0)
  }

  @Test func emptyFiles() throws {
    let empty = try tool.folder.write("empty.ndjson", "")
    let result = try tool.run("ingest", empty, "--create", "--json")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("{\"read\":0,"))
  }
}
