import StorageIO
import Testing

@testable import GrowthRing

/// What the door, the search for duplicates and the counts of quality say of units, on the simulated disk.
@Suite struct UnitQualityTests {
  private func store(_ model: GrowthModel = .open) throws -> GrowthStore {
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 4
    options.model = model
    return try GrowthStore.open(
      "store", options: options, environment: StorageEnvironment.simulated(seed: 1).environment)
  }

  private func unit(
    _ muid: String, _ content: String, user: String = "ada", title: String = "T", source: String = "note",
    at time: Int64 = 0, metadata: String = ""
  ) -> MemoryUnit {
    MemoryUnit(
      muid: muid, user: user, sourceType: source, title: title, content: content,
      createdAt: Timestamp(microseconds: 0), updatedAt: Timestamp(microseconds: time), metadata: metadata)
  }

  /// The right side was computed by Python's unicodedata and a regular expression.
  @Test(arguments: [
    ("  a\u{A0}\u{2003}b\u{D}\u{A}\u{A}c\u{85} ", "a b c"),
    ("e\u{301}t\u{E9}", "\u{E9}t\u{E9}"),
    ("\u{212B} \u{2126}", "\u{C5} \u{3A9}"),
    ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"),
    ("a\u{200B}b \u{180E} c", "a\u{200B}b \u{180E} c"),
    ("x\u{1C}y", "x\u{1C}y"),
    ("\u{3000}\u{5168}\u{89D2}\u{3000}", "\u{5168}\u{89D2}"),
    ("\u{FB01} \u{344}", "\u{FB01} \u{308}\u{301}"),
    ("q\u{307}\u{323}", "q\u{323}\u{307}"),
    ("\u{2000}\u{2001}", ""),
    ("", ""),
    ("A a", "A a"),
  ]) func normalForm(text: String, expected: String) {
    #expect(NormalizedText.bytes(of: text) == Array(expected.utf8))
  }

  // MARK: Rules

  @Test func rulesOfTheModelAreAskedAtTheDoor() async throws {
    let rules = GrowthModel.UnitRules(
      metadataRules: .init(
        required: ["created_by", "version"], types: ["version": .string], allowed: ["source": [.string("web")]]))
    let store = try store(try GrowthModel(name: "m", isOpen: true, dimensions: [], unitRules: rules))
    let good = unit("a", "x", metadata: #"{"created_by":"me","source":"web","version":"1"}"#)
    let bad = [
      unit("b", "x"), unit("c", "x", metadata: #"{"created_by":"me","version":1}"#),
      unit("d", "x", metadata: #"{"created_by":"me","version":"1","source":"book"}"#),
    ]
    var error: StoreError?
    do throws(StoreError) { _ = try await store.append([good] + bad) } catch let failure { error = failure }
    #expect(error?.kind == .rejected)
    #expect(
      error?.unitRejections.map(\.description) == [
        "row 1: metadata breaks a metadata rule of the growth model: metadata has no \"created_by\", which the growth model "
          + "requires; metadata has no \"version\", which the growth model requires",
        "row 2: metadata breaks a metadata rule of the growth model: metadata \"version\" must be of type string",
        "row 3: metadata breaks a metadata rule of the growth model: metadata \"source\" must be one of \"web\"",
      ])
    #expect(try await store.unit("a", of: "ada") == nil)
    let receipt = try await store.append([good] + bad, mode: .lenient)
    #expect(receipt.stored == 1 && receipt.rejections.map(\.row) == [1, 2, 3])
    // A deletion has no metadata, and needs none.
    #expect(try await store.deleteUnit("a", of: "ada"))
    // Events follow rules of their own.
    let event = GrowthEvent(
      user: "ada", entity: "e", entityType: "t", dimension: "d", delta: .zero, createdAt: Timestamp(microseconds: 0))
    #expect(try await store.append([event]).stored == 1)
    try await store.close()
  }

  @Test func namesOfTheStoreAreRefused() async throws {
    let store = try store()
    let receipt = try await store.append(
      [unit("growthring.profile", "x"), unit("a", "x", source: "growthring.profile"), unit("b", "y")], mode: .lenient)
    #expect(receipt.stored == 1)
    #expect(receipt.rejections.map(\.field) == [.muid, .sourceType])
    try await store.close()
  }

  // MARK: Duplicates

  @Test func duplicatesAreReported() async throws {
    let store = try store()
    _ = try await store.append([unit("old", "the same\n text")])
    var known = KnownContents(.report)
    let (receipt, duplicates) = try await store.append(
      [
        unit("old", "the same\n text"), unit("a", " the  same text"), unit("b", "other"), unit("c", "other\n"),
        unit("d", "the same text", user: "bob"), unit("e", ""), unit("f", " "), unit("g", "THE SAME TEXT"),
      ], lookingIn: &known)
    #expect(receipt.stored == 7 && receipt.duplicates == 1 && receipt.rejections.isEmpty)
    #expect(duplicates.map(\.row) == [1, 3])
    #expect(duplicates.map(\.muid) == ["a", "c"])
    #expect(duplicates.map(\.original) == ["old", "b"])
    // Sent again, they are what they were.
    let again = try await store.append([unit("a", " the  same text"), unit("c", "other\n")], lookingIn: &known)
    #expect(again.receipt.duplicates == 2 && again.duplicates.isEmpty)
    try await store.close()
  }

  @Test func duplicatesAreRejected() async throws {
    let store = try store()
    var known = KnownContents(.reject)
    let batch = [unit("a", "x"), unit("b", "x"), unit("c", "y"), unit("d", "y"), unit("", "z")]
    var error: StoreError?
    do throws(StoreError) {
      _ = try await store.append(batch, lookingIn: &known)
    } catch let failure {
      error = failure
    }
    #expect(error?.unitRejections.map(\.row) == [1, 3])
    #expect(error?.unitRejections.first?.reason == .duplicateContent)
    // Nothing was stored, and nothing is remembered.
    let (receipt, duplicates) = try await store.append(batch, mode: .lenient, lookingIn: &known)
    #expect(receipt.stored == 2)
    #expect(receipt.rejections.map(\.row) == [1, 3, 4])
    #expect(receipt.rejections.map(\.reason) == [.duplicateContent, .duplicateContent, .empty])
    #expect(duplicates.map(\.original) == ["a", "c"])
    // The content is free again once its unit says something else, or is deleted.
    let changed = try await store.append([unit("a", "w", at: 1), unit("b", "x", at: 1)], lookingIn: &known)
    #expect(changed.receipt.stored == 2)
    #expect(try await store.deleteUnit("c", of: "ada"))
    var fresh = KnownContents(.reject)
    #expect(try await store.append([unit("d", "y")], lookingIn: &fresh).receipt.stored == 1)
    // An older version is no content of today.
    #expect(try await store.append([unit("b", "w", at: 0)], lookingIn: &fresh).receipt.stored == 1)
    #expect(try await store.unit("b", of: "ada")?.content == "x")
    try await store.close()
  }

  // MARK: Quality

  @Test func countsAreThoseOfANaiveLook() async throws {
    let rules = GrowthModel.UnitRules(sourceTypes: ["note"], contentTypes: ["text"])
    let store = try store(try GrowthModel(name: "m", isOpen: true, dimensions: [], unitRules: rules))
    var units: [MemoryUnit] = []
    for index in 0..<300 {
      var unit = unit(
        "u\(index)", index % 10 == 0 ? "" : "content \(index % 70)", user: "user \(index % 3)",
        title: index % 6 == 0 ? " " : "t", source: index % 4 == 0 ? "nte" : "note")
      if index % 50 == 1 { unit.contentType = "html" }
      units.append(unit)
    }
    _ = try await store.append(Array(units[..<150]))
    try await store.flush()
    _ = try await store.append(Array(units[150...]))
    #expect(try await store.deleteUnit("u7", of: "user 1"))
    try await store.set(UserProfile(user: "user 1", language: "de"))
    let living = units.filter { $0.muid != "u7" }
    var seen: Set<String> = []
    let same = living.count { !$0.content.isEmpty && !seen.insert($0.user + "/" + $0.content).inserted }
    let quality = try await store.unitQuality(mostFindings: 1000)
    #expect(quality.units == 299 && quality.users == 3)
    #expect(quality.count(.missingTitle) == living.count { $0.title == " " })
    #expect(quality.count(.emptyContent) == living.count { $0.content.isEmpty })
    #expect(quality.count(.unknownSourceType) == living.count { $0.sourceType != "note" })
    #expect(quality.count(.unknownContentType) == living.count { $0.contentType != "text" })
    #expect(quality.count(.duplicateContent) == same)
    #expect(quality.count(.brokenRule) == 0)
    #expect(quality.findings.count == quality.counts.values.reduce(0, +))
    let one = try await store.unitQuality(of: "user 1", mostFindings: 2)
    #expect(one.users == 1 && one.units == living.count { $0.user == "user 1" } && one.findings.count == 2)
    // A rule that came later is broken by all.
    let later = GrowthModel.UnitRules(metadataRules: .init(required: ["created_by"]))
    try await store.apply(model: try GrowthModel(name: "m", isOpen: true, dimensions: [], unitRules: later))
    let after = try await store.unitQuality()
    #expect(after.count(.brokenRule) == 299 && after.count(.unknownSourceType) == 0)
    #expect(!after.isSound)
    try await store.close()
  }

  @Test func streamsOfUnits() async throws {
    let store = try store()
    var units = (0..<40).map { unit("u\($0)", "c\($0)", user: "user \($0 % 3)") }
    _ = try await store.append(units)
    try await store.flush()
    _ = try await store.append([unit("u0", "new", user: "user 0", at: 9)])
    #expect(try await store.deleteUnit("u1", of: "user 1"))
    try await store.set(UserProfile(user: "user 1", language: "de"))
    units[0].content = "new"
    func muids(_ sequence: UnitSequence) async throws -> [String] {
      var found: [String] = []
      for try await chunk in sequence { found += chunk.map { "\($0.user) \($0.muid) \($0.content)" } }
      return found
    }
    let all = try await muids(try await store.units())
    #expect(Set(all) == Set(units.filter { $0.muid != "u1" }.map { "\($0.user) \($0.muid) \($0.content)" }))
    #expect(all.count == 39)
    let titles = try await muids(try await store.units(of: "user 0", content: false))
    #expect(titles.count == 14 && titles.allSatisfy { $0.hasSuffix(" ") })
    #expect(try await muids(try await store.units(versions: true)).count == 42)
    try await store.close()
  }
}
