import GrowthRing
import Testing

@testable import GrowthRingCLI

struct TimeArgumentTests {
  private let now: Int64 = 1_767_225_600_000_000

  @Test(arguments: [
    ("2026-11-01", "2026-11-01T00:00:00Z"), ("2026-11-01T12:30:00+02:00", "2026-11-01T10:30:00Z"),
    ("30m", "2025-12-31T23:30:00Z"), ("12h", "2025-12-31T12:00:00Z"), ("90d", "2025-10-03T00:00:00Z"),
    ("2026-11", "2026-11-01T00:00:00Z"), ("2026-W45", "2026-11-02T00:00:00Z"),
    ("2026-W53-7", "2027-01-03T00:00:00Z"), ("2025-W01", "2024-12-30T00:00:00Z"),
    ("1969-W01-4", "1969-01-02T00:00:00Z"), ("2020-W53", "2020-12-28T00:00:00Z"),
    ("2w", "2025-12-18T00:00:00Z"), ("1y", "2025-01-01T00:00:00Z"), ("0d", "2026-01-01T00:00:00Z"),
  ])
  func times(text: String, expected: String) throws {
    #expect(try #require(TimeArgument(argument: text)).time(now: now).description == expected)
  }

  @Test(arguments: [
    "", "d", "-3d", "3x", "1.5d", "d3", "yesterday", "2026-13-01", "99999999999999999999d", "3 d", "2026-13", "2026-1",
    "9999-W52-7", "2026-W54", "2025-W53", "2026-W00", "2026-W1", "2026-W45-0", "2026-W45-8", "2026-W45-",
    "2026-W45-1-1", "2026-w45", "2026-W+1", "2026-WW1", "2026-W45-W", "2026-", "-11", "2026",
  ])
  func rejected(text: String) { #expect(TimeArgument(argument: text) == nil) }

  @Test func longAgeStopsAtTheEarliestTime() throws {
    #expect(try #require(TimeArgument(argument: "9000y")).time(now: now) == .earliest)
  }

  @Test(arguments: [
    ("UTC", 0), ("z", 0), ("+02:00", 7200), ("-0530", -19_800), ("+01", 3600),
  ])
  func zones(text: String, seconds: Int) { #expect(ZoneArgument(argument: text)?.seconds == seconds) }

  @Test(arguments: ["", "CET", "+2", "+24:00", "+02:60", "02:00", "+020:0"])
  func rejectedZones(text: String) { #expect(ZoneArgument(argument: text) == nil) }

  @Test(arguments: [("1000", 1000), ("250k", 250_000), ("1M", 1_000_000), ("2G", 2_000_000_000), ("1_000", 1000)])
  func counts(text: String, value: Int) { #expect(CountArgument(argument: text)?.value == value) }

  @Test(arguments: ["", "k", "-1", "1.5M", "1MM", "99999999999G"])
  func rejectedCounts(text: String) { #expect(CountArgument(argument: text) == nil) }

  @Test func maps() throws {
    #expect(MapArgument(argument: "org:resource=user_id")?.mapping == ColumnMapping(.user, .column("org:resource")))
    #expect(MapArgument(argument: "a=b=delta")?.mapping == ColumnMapping(.delta, .column("a=b")))
    #expect(MapArgument(argument: "=act_world=dim_key")?.mapping == ColumnMapping(.dimension, .constant("act_world")))
    #expect(MapArgument(argument: "x=nothing") == nil)
    #expect(MapArgument(argument: "=delta") == nil)
  }

  @Test(arguments: [
    ("events.csv", InputFormat.csv), ("EVENTS.parquet", .parquet), ("a/b.c/EVENTS.CSV.ZST", .csv),
    ("x.ndjson.gz", .ndjson), ("x.jsonl", .ndjson),
  ])
  func formats(path: String, format: InputFormat) { #expect(InputFormat(path: path) == format) }

  @Test(arguments: ["-", "events", "events.txt.gz", "x.zst"])
  func unknownFormats(path: String) { #expect(InputFormat(path: path) == nil) }
}
