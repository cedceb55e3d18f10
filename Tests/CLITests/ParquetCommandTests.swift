import Foundation
import Testing

/// Parquet through the commands.
struct ParquetCommandTests {
  private let tool = CommandLineTool()

  private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden/parquet").path

  @Test(arguments: ["compatible", "compact"])
  func exportIngestsToTheSameStore(profile: String) throws {
    let events = try tool.run("generate", "--events", "2k", "--seed", "3", "--scopes").output
    let mixed =
      events + Sample.event(1, user: "Zoë \\\"z\\\"", delta: "-0.999999", more: #","metadata":{"k":"v,\nw"}"#)
    let file = try tool.folder.write("events.ndjson", mixed)
    try #require(try tool.run("ingest", file, "--create").status == 0)
    let parquet = tool.folder.file("events.parquet")
    let exported = try tool.run("export", "--output", parquet, "--profile", profile)
    #expect(exported.status == 0)
    #expect(exported.errors == "2,001 events in \(parquet)\n")
    let second = tool.folder.file("second")
    let ingested = try tool.run("ingest", parquet, "--store", second, "--create", "--json")
    #expect(ingested.output.hasPrefix("{\"read\":2001,\"stored\":2001,\"duplicates\":0,"), "\(ingested.errors)")
    for command in [["growth", "--all", "--csv"], ["events", "--csv", "--scope-column"]] {
      let a = try tool.run(command).lines.sorted()
      let b = try tool.run(command + ["--store", second]).lines.sorted()
      #expect(a.count > 100)
      #expect(a == b)
    }
    // Again, and into where they came from: nothing new.
    #expect(
      try tool.run("ingest", parquet, "--json").output.hasPrefix("{\"read\":2001,\"stored\":0,\"duplicates\":2001,"))
  }

  @Test func exportTakesFilters() throws {
    let file = try tool.folder.write("events.ndjson", Sample.three)
    try #require(try tool.run("ingest", file, "--create").status == 0)
    let parquet = tool.folder.file("some.parquet")
    #expect(try tool.run("export", "--output", parquet, "--dimension", "world_show").status == 0)
    let second = tool.folder.file("second")
    #expect(
      try tool.run("ingest", parquet, "--store", second, "--create", "--json").output.hasPrefix(
        "{\"read\":1,\"stored\":1,"))
    // To standard output, and none at all.
    let piped = try tool.run(
      "sh", "$growthring export --format parquet --user nobody > \(parquet) && head -c 4 \(parquet)")
    #expect(piped.output == "PAR1")
    #expect(try tool.run("ingest", parquet, "--store", second, "--json").output.hasPrefix("{\"read\":0,"))
  }

  @Test(arguments: ["duckdb-v1", "duckdb-v2", "pyarrow-v2"])
  func foreignFiles(name: String) throws {
    let result = try tool.run(
      "ingest", "\(Self.golden)/\(name).parquet", "--create", "--open-model", "--map", "unique=user_id", "--map",
      "always=entity_id", "--map", "=thing=entity_type", "--map", "text=dim_key", "--map", "dec18=delta", "--map",
      "ms=created_at", "--quarantine", tool.folder.file("bad.ndjson"), "--json")
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.output.hasPrefix("{\"read\":30,\"stored\":23,\"duplicates\":0,\"rejected\":7,"), "\(result.output)")
    let bad = try tool.folder.text("bad.ndjson").split(separator: "\n")
    #expect(bad.count == 7)
    #expect(bad[0].contains(#""line":null,"record":1,"field":"dim_key","reason":"empty""#), "\(bad[0])")
    #expect(bad[0].contains(#"\"unique\":\"row 00000 of many\""#), "\(bad[0])")
    let events = try tool.run("events", "--user", "row 00001 of many", "--csv").lines
    try #require(events.count == 2)
    #expect(
      events[1].contains("row 00001 of many,1,thing,wörd-1,999999.999995,,2024-02-29T12:01:00.005Z"), "\(events[1])")
  }

  @Test func mistakesAreNamed() throws {
    let input = try tool.run("ingest", "-", "--input-format", "parquet", "--create")
    #expect(input.status == 2)
    #expect(input.errors.contains("standard input"))
    let other = try tool.run("ingest", "\(Self.golden)/pyarrow-nested.parquet", "--create")
    #expect(other.status == 1)
    #expect(other.errors.contains("\"list.list.element\" is no field of an event"), "\(other.errors)")
    let strict = try tool.run(
      "ingest", "\(Self.golden)/pyarrow-v2.parquet", "--open-model", "--map", "unique=user_id", "--map",
      "always=entity_id", "--map", "=thing=entity_type", "--map", "=d=dim_key", "--map", "f64=delta", "--map",
      "ms=created_at", "--store", tool.folder.file("open"))
    #expect(strict.status == 1)
    #expect(strict.errors.contains("record 2: delta"), "\(strict.errors)")
    let damaged = try tool.folder.write("damaged.parquet", "PAR1 and nothing else PAR1")
    let result = try tool.run("ingest", damaged, "--create")
    #expect(result.status == 1)
    #expect(result.errors.contains("damaged.parquet: at offset"), "\(result.errors)")
    #expect(try tool.run("generate", "--output", tool.folder.file("x.parquet")).status == 2)
  }
}
