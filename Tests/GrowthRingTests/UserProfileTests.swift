import StorageIO
import Testing

@testable import GrowthRing

/// Profiles of users, and days in their time zones.
@Suite struct UserProfileTests {
  /// Python's zoneinfo has computed the days.
  private static let days = [
    ("Europe/Berlin", "2026-03-28T22:59:59.999999Z", "2026-03-28"),
    ("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29"),
    ("Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29"),
    ("Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-30"),
    ("Europe/Berlin", "2026-10-24T21:59:59Z", "2026-10-24"),
    ("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25"),
    ("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25"),
    ("Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-26"),
    ("America/New_York", "2026-11-01T03:59:59Z", "2026-10-31"),
    ("America/New_York", "2026-11-01T04:00:00Z", "2026-11-01"),
    ("America/New_York", "2026-11-02T04:59:59Z", "2026-11-01"),
    ("America/New_York", "2026-11-02T05:00:00Z", "2026-11-02"),
    ("Australia/Lord_Howe", "2026-04-04T12:59:59Z", "2026-04-04"),
    ("Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-04-05T13:29:59Z", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-04-05T13:30:00Z", "2026-04-06"),
    ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"),
    ("Asia/Kathmandu", "2026-05-01T18:14:59Z", "2026-05-01"),
    ("Asia/Kathmandu", "2026-05-01T18:15:00Z", "2026-05-02"),
    ("Asia/Tokyo", "1948-06-01T14:30:00Z", "1948-06-02"),
    ("America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04"),
    ("+05:30", "2026-01-01T18:30:00Z", "2026-01-02"),
    ("-03:00", "1969-12-31T02:59:59Z", "1969-12-30"),
    ("UTC", "1969-12-31T23:59:59.999999Z", "1969-12-31"),
  ]

  private func store() throws -> GrowthStore {
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 4
    options.model = .open
    return try GrowthStore.open(
      "store", options: options, environment: StorageEnvironment.simulated(seed: 1).environment)
  }

  @Test(arguments: days) func dayOfATime(zone: String, time: String, day: String) throws {
    let zone = try #require(LocalZone(zone))
    let time = try #require(Timestamp(time))
    #expect(Timestamp.Day.text(zone.day(of: time)) == day)
  }

  @Test(arguments: ["", "Berlin", "Europe/Berlim", "CET", "+25:00", "+2", "user", "EST5EDT"]) func noZone(
    _ name: String
  ) {
    #expect(LocalZone(name) == nil)
  }

  @Test(arguments: ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])
  func rollupsByLocalDay(name: String) async throws {
    let store = try store()
    let zone = try #require(LocalZone(name))
    let wanted = Self.days.filter { $0.0 == name }
    var expected: [String: Int] = [:]
    var events: [GrowthEvent] = []
    for (index, (_, time, day)) in wanted.enumerated() {
      for dimension in ["b", "a"] {
        expected["\(dimension) \(day)", default: 0] += index + 1
        events.append(
          GrowthEvent(
            user: "ada", entity: "e\(index)", entityType: "t", dimension: dimension,
            delta: Delta(millionths: Int64(index + 1) * 1_000_000), createdAt: try #require(Timestamp(time))))
      }
    }
    events.append(
      GrowthEvent(
        user: "bob", entity: "e", entityType: "t", dimension: "a", delta: Delta(millionths: 5),
        createdAt: Timestamp(microseconds: 0)))
    _ = try await store.append(Array(events.prefix(events.count / 2)))
    try await store.flush()
    _ = try await store.append(Array(events.dropFirst(events.count / 2)))
    let found = try await store.dailyGrowth(user: "ada", in: zone)
    #expect(
      Dictionary(
        uniqueKeysWithValues: found.map { ("\($0.dimension) \(Timestamp.Day.text($0.day))", $0.score.description) })
        == expected.mapValues { "\($0)" })
    #expect(found.map(\.dimension) == found.map(\.dimension).sorted())
    #expect(found.reduce(0) { $0 + $1.eventCount } == UInt64(2 * wanted.count))
    // A part of the days, of one dimension.
    let first = try #require(found.map(\.day).min())
    let part = try await store.dailyGrowth(user: "ada", in: zone, from: first, through: first, dimension: "a")
    #expect(part == found.filter { $0.day == first && $0.dimension == "a" })
    #expect(try await store.dailyGrowth(user: "ada", in: zone, from: first, through: first - 1).isEmpty)
    #expect(try await store.dailyGrowth(user: "ada", in: zone, from: .min, through: .max) == found)
    try await store.close()
  }

  @Test func profilesHaveVersions() async throws {
    let store = try store()
    #expect(try await store.profile(of: "ada") == nil)
    #expect(try await store.set(UserProfile(user: "ada", timeZone: LocalZone("Europe/Berlin"))))
    #expect(try await !store.set(UserProfile(user: "ada", timeZone: LocalZone("Europe/Berlin"))))
    try await store.flush()
    #expect(try await store.set(UserProfile(user: "ada", timeZone: LocalZone("Asia/Tokyo"), language: "pt-BR")))
    #expect(try await store.set(UserProfile(user: "bob", language: "de")))
    let profile = try #require(try await store.profile(of: "ada"))
    #expect(profile.timeZone?.identifier == "Asia/Tokyo" && profile.language == "pt-BR")
    let history = try await store.profileHistory(of: "ada")
    #expect(history.map { $0.timeZone?.identifier } == ["Asia/Tokyo", "Europe/Berlin"])
    let times = history.compactMap(\.updatedAt)
    #expect(times.count == 2 && times[0] > times[1])
    // Nobody takes them for units.
    var count = 0
    try await store.snapshot().forEachUnit { (_) throws(StoreError) in
      count += 1
      return true
    }
    #expect(count == 0)
    #expect(try await store.unitQuality().units == 0)
    // Nothing left to say is a version too.
    #expect(try await store.set(UserProfile(user: "bob")))
    #expect(try await store.profile(of: "bob")?.language == nil)
    do throws(StoreError) {
      try await store.set(UserProfile(user: "ada", language: "x"))
      Issue.record("it was taken")
    } catch {
      #expect(error.kind == .invalidArgument)
    }
    try await store.close()
  }

  @Test(arguments: [
    ("de", true), ("pt-BR", true), ("zh-Hant-TW", true), ("es-419", true), ("", false), ("d", false), ("de_DE", false),
    ("de-", false), ("de-abcdefghi", false), ("ä", false), ("419", false),
  ]) func languages(_ text: String, isLanguage: Bool) {
    #expect(UserProfile.isLanguage(text) == isLanguage)
  }
}
