import StoreEngine
import Testing

@testable import GrowthRing

/// The policy file: round trips, defaults, every error with its line; and which rule takes which event.
@Suite struct AgeingPolicyTests {
  private func load(_ text: String) throws(ConfigurationError) -> AgeingPolicy {
    try AgeingPolicy(json: Array(text.utf8), file: "policy.json")
  }

  private func problems(_ text: String) -> [String] {
    do {
      _ = try load(text)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func roundTrip() throws {
    let everything = try load(
      """
      {"version": 1, "rules": [
        {"match": {"entity_type": "task", "scope": ["acme/trial", "x"]}, "warm_after": "2w", "archive_after": "60d",
         "expire_after": "2y", "keep_summary": false},
        {"match": {"source": "", "dimension": ["a", "b"]}, "archive_after": "never"}],
       "default": {"warm_after": "36h"}, "warm_level": 3, "bytes_per_second": 1000000,
       "schedule": {"age_every": "12h", "scrub_every": "1w", "window": "22:30-04:00", "days": ["saturday", "sunday"],
         "jitter": "15m"}}
      """)
    #expect(everything.rules.count == 2)
    #expect(everything.rules[0].warmAfter == Age(days: 14))
    #expect(everything.rules[0].keepsSummary == false)
    #expect(everything.rules[1].sources == [""])
    #expect(everything.rest.warmAfter == Age("36h") && everything.rest.archiveAfter == nil)
    #expect(everything.schedule.window?.description == "22:30-04:00")
    for policy in [everything, .standard] {
      #expect(try load(policy.json()) == policy)
      #expect(try load(policy.json()).json() == policy.json())
    }
  }

  @Test func unitsRoundTrip() throws {
    let policy = try load(
      """
      {"version": 2, "units": {
        "rules": [{"match": {"source_type": ["", "note"], "content_type": "text", "status": "draft"}, "warm_after": "2w",
          "archive_after": "60d", "expire_after": "1y", "expire_versions_after": "12h"}],
        "default": {"expire_versions_after": "5y"}}}
      """)
    let units = try #require(policy.units)
    #expect(
      units.rules == [
        UnitAgeingRule(
          sourceTypes: ["", "note"], contentTypes: ["text"], statuses: ["draft"], warmAfter: Age(days: 14),
          archiveAfter: Age(days: 60), expireAfter: Age(days: 365), expireVersionsAfter: Age("12h"))
      ])
    #expect(units.rest == UnitAgeingRule(expireVersionsAfter: Age(days: 5 * 365)))
    #expect(policy.expiresAny && policy != .standard)
    #expect(try load(policy.json()) == policy && load(policy.json()).json() == policy.json())
    #expect(policy.json().hasPrefix("{\n  \"version\": 2,"))
    // What says nothing of units is still written for programs that know nothing of them.
    #expect(AgeingPolicy.standard.json().hasPrefix("{\n  \"version\": 1,"))
    for text in [#"{"version": 2, "units": {}}"#, #"{"version": 2, "units": {"rules": []}}"#] {
      let empty = try load(text)
      #expect(empty.units == UnitPolicy() && !empty.expiresAny)
      #expect(try load(empty.json()) == empty)
      #expect(empty.engineRules.units == AgeingPolicy.standard.engineRules.units)
    }
    #expect(try load(#"{"version": 2}"#) == .standard)
  }

  /// The first rule that takes a version decides; what is the store's own never expires.
  @Test func unitStages() throws {
    let day: Int64 = 86_400_000_000
    let now = 1000 * day
    let policy = try AgeingPolicy(
      rules: [], rest: AgeingRule(warmAfter: Age(days: 40), archiveAfter: Age(days: 50)),
      units: UnitPolicy(
        rules: [
          UnitAgeingRule(
            sourceTypes: ["", "note"], contentTypes: ["text"], expireAfter: Age(days: 20),
            expireVersionsAfter: Age(days: 10)),
          UnitAgeingRule(statuses: ["old"], warmAfter: Age(days: 1), archiveAfter: Age(days: 2)),
        ], rest: UnitAgeingRule(warmAfter: Age(days: 30), expireAfter: Age(days: 90))))
    let moment = AgeingMoment(policy.engineRules, at: now).units
    func fields(_ source: String, _ content: String, _ status: String, _ age: Int64) -> UnitVersion.Fields {
      var fields = UnitVersion.Fields()
      (fields.sourceType, fields.contentType) = (Array(source.utf8), Array(content.utf8))
      fields.status = Array(status.utf8)
      fields.updatedAt = now - age
      return fields
    }
    #expect(moment.rule(of: fields("", "text", "old", 0)) == 0 && moment.rule(of: fields("note", "text", "", 0)) == 0)
    #expect(moment.rule(of: fields("note", "html", "old", 0)) == 1)
    #expect(moment.rule(of: fields("notes", "text", "active", 0)) == 2)
    #expect(moment.rule(of: fields("growthring.profile", "text", "old", 0)) == 3)
    #expect(moment.stage(of: fields("x", "html", "old", day - 1)) == .hot)
    #expect(moment.stage(of: fields("x", "html", "old", day)) == .warm)
    #expect(moment.stage(of: fields("x", "html", "old", 2 * day)) == .archive)
    #expect(moment.stage(of: fields("note", "text", "old", 900 * day)) == .hot)
    #expect(moment.stage(of: fields("growthring.profile", "text", "old", 900 * day)) == .warm)
    // The versions of a day expire together, once all of them are of that age.
    #expect(!moment.hasExpired(newest: now - 20 * day, isDeleted: false, rule: 0))
    #expect(moment.hasExpired(newest: now - 20 * day - 1, isDeleted: false, rule: 0))
    #expect(!moment.hasExpired(superseded: now - 10 * day, rule: 0))
    #expect(moment.hasExpired(superseded: now - 10 * day - 1, rule: 0))
    #expect(moment.hasExpired(newest: now - 11 * day, isDeleted: true, rule: 0))
    #expect(!moment.hasExpired(newest: now - 11 * day, isDeleted: false, rule: 0))
    let long = now - 900 * day
    #expect(!moment.hasExpired(newest: long, isDeleted: true, rule: 1) && !moment.hasExpired(superseded: long, rule: 3))
    #expect(moment.mayHaveExpired(since: now - 11 * day) && !moment.mayHaveExpired(since: now - 10 * day))
    #expect(moment.stage(from: now - 900 * day, to: now) == nil && moment.stage(from: now, to: now) == .hot)
  }

  @Test func defaults() throws {
    let policy = try load(#"{"version": 1}"#)
    #expect(policy == .standard)
    #expect(policy.rest.warmAfter == Age(days: 90))
    #expect(policy.rest.archiveAfter == Age(days: 365))
    #expect(policy.rest.expireAfter == nil)
  }

  @Test(arguments: [
    (#"{"version": 3}"#, "version, line 1: version 3 is not known; this program reads versions 1 to 2"),
    (#"{}"#, "version, line 1: is required; the current version is 2"),
    ("{\"version\": 1,\n\"units\": {}}", "units, line 2: takes version 2 of the format"),
    (
      "{\"version\": 2, \"units\": {\"rules\": [\n{\"match\": {\"source\": \"note\"}}]}}",
      "units.rules[0].match.source, line 2: unknown key \"source\"; known are source_type, content_type, status"
    ),
    (
      "{\"version\": 2, \"units\": {\"default\": {\"expire_versions_aftr\": \"1d\"}}}",
      "units.default.expire_versions_aftr, line 1: unknown key \"expire_versions_aftr\" (did you mean \"expire_versions_after\"?)"
    ),
    (
      "{\"version\": 2, \"units\": {\"rules\": [{\"match\": {\"status\": \"x\"}, \"archive_after\": \"9d\",\n\"expire_after\": \"8d\"}]}}",
      "units.rules[0].expire_after, line 2: 8d is before the archive_after of 9d; units only grow older"
    ),
    (
      "{\"version\": 2, \"units\": {\"rules\": [{\"expire_after\": \"8d\"}]}}",
      "units.rules[0].match, line 1: takes every unit, so that no later rule ever counts; write it as \"default\""
    ),
    (
      "{\"version\": 2, \"units\": {\"default\": {\"match\": {\"status\": \"x\"}}}}",
      "units.default.match, line 1: the default takes every unit that no rule takes; it has no match"
    ),
    (
      "{\"version\": 2, \"units\": {\"rules\": [{\"match\": {\"content_type\": [\"\"]}}]}}",
      "units.rules[0].match.content_type, line 1: must have 1 to 255 bytes and no NUL"
    ),
    (
      "{\"version\": 2, \"units\": {\"rules\": [{\"match\": {\"source_type\": \"growthring.profile\"}}]}}",
      "units.rules[0].match.source_type, line 1: \"growthring.profile\" is of the store's own units, which never expire"
    ),
    (
      "{\"version\": 1,\n\"default\": {\"warm_afer\": \"1d\"}}",
      "default.warm_afer, line 2: unknown key \"warm_afer\" (did you mean \"warm_after\"?)"
    ),
    (
      "{\"version\": 1, \"default\":\n {\"warm_after\": \"1 month\"}}",
      "default.warm_after, line 2: \"1 month\" is no age; write 12h, 90d, 2w, 1y or never"
    ),
    (
      "{\"version\": 1, \"default\": {\"warm_after\": \"90d\",\n \"archive_after\": \"30d\"}}",
      "default.archive_after, line 2: 30d is before the warm_after of 90d; events only grow older"
    ),
    (
      "{\"version\": 1, \"default\": {\"match\": {\"source\": \"app\"}}}",
      "default.match, line 1: the default takes every event that no rule takes; it has no match"
    ),
    (
      "{\"version\": 1, \"rules\": [\n{\"warm_after\": \"1d\"}]}",
      "rules[0].match, line 2: takes every event, so that no later rule ever counts; write it as \"default\""
    ),
    (
      "{\"version\": 1, \"rules\": [{\"match\": {\"source\": []}}]}",
      "rules[0].match.source, line 1: an empty list takes no event; leave it out to take any"
    ),
    (#"{"version": 1, "warm_level": 20}"#, "warm_level, line 1: must be from 1 to 19"),
    (
      #"{"version": 1, "schedule": {"window": "2-5"}}"#,
      "schedule.window, line 1: \"2-5\" is no window; write 02:00-05:00, in UTC"
    ),
    (
      #"{"version": 1, "schedule": {"days": ["sundy"]}}"#,
      "schedule.days[0], line 1: must be one of sunday, monday, tuesday, wednesday, thursday, friday, saturday, not \"sundy\" (did you mean \"sunday\"?)"
    ),
    (
      #"{"version": 1, "bytes_per_second": 10}"#,
      "bytes_per_second, line 1: must be at least 65536; leave it out for no limit"
    ),
  ]) func errors(_ text: String, _ expected: String) { #expect(problems(text) == [expected]) }

  @Test(arguments: ["", "d", "-1d", "+1d", "1.5d", "1 d", "99999999999999999999d", "10001y", "1month"])
  func noAge(_ text: String) { #expect(Age(text) == nil) }

  @Test(arguments: [("2w", "14d"), ("365d", "1y"), ("48h", "2d"), ("90m", "90m"), ("0d", "0m"), ("10000y", "10000y")])
  func ages(_ text: String, _ spelled: String) { #expect(Age(text)?.description == spelled) }

  /// The first rule that takes an event decides.
  @Test func stages() throws {
    let day: Int64 = 86_400_000_000
    let now = 1000 * day
    let policy = try AgeingPolicy(
      rules: [
        AgeingRule(entityTypes: ["task"], scopes: ["a/b"], warmAfter: Age(days: 10), expireAfter: Age(days: 20)),
        AgeingRule(sources: ["", "app"], archiveAfter: Age(days: 5)),
      ], rest: AgeingRule(warmAfter: Age(days: 1)))
    let moment = AgeingMoment(policy.engineRules, at: now)
    var batch = EventBatch()
    var expected: [AgeingStage] = []
    func add(_ type: String, _ scope: String, _ source: String, _ age: Int64, _ stage: AgeingStage) throws {
      try batch.append(
        GrowthEvent(
          user: "u", entity: "e", entityType: type, dimension: "d", delta: Delta(millionths: 1), source: source,
          scope: scope, createdAt: Timestamp(microseconds: now - age)))
      expected.append(stage)
    }
    try add("task", "a/b", "app", 10 * day - 1, .hot)
    try add("task", "a/b/c", "app", 10 * day, .warm)
    // The events of a day expire together, once all of them are of that age.
    try add("task", "a/b", "app", 20 * day, .warm)
    try add("task", "a/b", "app", 20 * day + 1, .expired)
    try add("task", "a/bc", "app", 20 * day, .archive)
    try add("note", "", "", 5 * day - 1, .hot)
    try add("note", "", "", 5 * day, .archive)
    try add("task", "a", "web", day - 1, .hot)
    try add("task", "a", "web", 900 * day, .warm)
    #expect(moment.stages(batch) == expected)
  }

  /// However their folder is spelled.
  @Test func eventsAndUnitsHaveTheirOwnFolders() {
    func problems(_ archive: String) -> [String] { self.problems(#"{"version": 2, "archive": {\#(archive)}}"#) }
    for archive in [
      #""folder": "a", "units_folder": "a""#, #""folder": "/a/b", "units_folder": "/a//b/""#,
      #""folder": "x/../a/", "units_folder": "./a""#, #""units_folder": "archive/events""#,
      #""folder": "../x", "units_folder": "a/../../x""#, #""folder": "/../a", "units_folder": "/a""#,
    ] {
      #expect(problems(archive).first?.contains("archive.units_folder") == true, "\(archive)")
    }
    #expect(problems(#""folder": "archive/units""#).first?.contains("archive.folder") == true)
    for archive in [
      #""folder": "a", "units_folder": "/a""#, #""folder": "a", "units_folder": "a/b""#, #""folder": "archive/other""#,
      #""folder": "a", "units_folder": "../a""#, #""folder": "archive/units", "units_folder": "archive/events""#,
    ] {
      #expect(problems(archive) == [], "\(archive)")
    }
  }

  @Test func windows() throws {
    func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }
    var schedule = MaintenanceSchedule()
    #expect(schedule.isOpen(at: try time("2026-11-21T12:00:00Z")))
    schedule.window = MaintenanceSchedule.Window("22:30-04:00")
    #expect(schedule.isOpen(at: try time("2026-11-21T22:30:00Z")))
    #expect(schedule.isOpen(at: try time("2026-11-22T03:59:59Z")))
    #expect(!schedule.isOpen(at: try time("2026-11-22T04:00:00Z")))
    // A Saturday; the window that begins then goes on into Sunday.
    schedule.days = [.saturday]
    #expect(schedule.isOpen(at: try time("2026-11-21T23:00:00Z")))
    #expect(schedule.isOpen(at: try time("2026-11-22T01:00:00Z")))
    #expect(!schedule.isOpen(at: try time("2026-11-21T01:00:00Z")))
    #expect(!schedule.isOpen(at: try time("2026-11-22T23:00:00Z")))
  }
}
