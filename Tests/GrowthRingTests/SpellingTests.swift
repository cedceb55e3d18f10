import StorageIO
import StoreEngine
import Testing

@testable import GrowthRing

/// Names of a store are equal where their bytes are. Strings of Swift are equal by meaning, so that `é` in one scalar and in two
/// would be one name to any set or dictionary of strings.
struct SpellingTests {
  private static let spellings = ["\u{E9}", "e\u{301}"]

  private static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  private func filled() async throws -> GrowthStore {
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 4
    options.model = .open
    let simulated = StorageEnvironment.simulated(seed: 1)
    let store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    var events: [GrowthEvent] = []
    for dimension in Self.spellings {
      for type in Self.spellings {
        for scope in Self.spellings {
          for user in Self.spellings + ["ada"] {
            events.append(
              GrowthEvent(
                eventID: EventID(high: 0x0123_4567_89AB_4000, low: 0x8000_0000_0000_0000 + UInt64(events.count)),
                user: user, entity: "x", entityType: type, dimension: dimension, delta: Delta("1")!, scope: scope,
                createdAt: Timestamp(microseconds: 0), metadata: #"{"source_muid":"\#(scope)"}"#))
          }
        }
      }
    }
    #expect(try await store.append(events).stored == 24)
    return store
  }

  @Test(arguments: [false, true]) func spellingsAreDifferentNames(isFlushed: Bool) async throws {
    let store = try await filled()
    if isFlushed { try await store.flush() }
    for name in Self.spellings {
      let scopes = try await store.scopeGrowth(prefix: name)
      #expect(scopes.count == 2 && scopes.allSatisfy { Self.same($0.scope, name) && $0.eventCount == 6 })
      #expect(try await store.topEntities(limit: 2, dimension: name, entityType: name).map(\.eventCount) == [6])
      #expect(try await store.growth(user: name, entity: "x").map(\.eventCount) == [2, 2, 2, 2])
    }
    let scopes = try await store.scopeGrowth(prefix: "")
    #expect(scopes.map(\.eventCount) == [6, 6, 6, 6])
    #expect(scopes.map { Array($0.scope.utf8) }.first == [0x65, 0xCC, 0x81])
    #expect(try await store.scopeGrowth(prefix: "", dimension: Self.spellings[1]).map(\.eventCount) == [6, 6])
    #expect(try await store.sourceUnits(ofEntity: "x").map { Array($0.utf8) } == [[0x65, 0xCC, 0x81], [0xC3, 0xA9]])
    let whole = try await store.evolution(user: "ada")
    #expect(whole.activeDimensions.map { Array($0.utf8) } == [[0x65, 0xCC, 0x81], [0xC3, 0xA9]])
    #expect(whole.totalScore.description == "8")
    #expect(try await store.evolution(user: "ada", entity: "x") == whole)
    try await store.close()
  }

  /// Each means the same as the one beside it: in more bytes, in as many in another order, and as ASCII.
  @Test(arguments: [
    ("\u{E9}", "e\u{301}"), ("a\u{323}\u{301}", "a\u{301}\u{323}"), ("K", "\u{212A}"),
    (";", "\u{37E}"), ("\u{AC00}", "\u{1100}\u{1161}"),
  ])
  func textsOfOneMeaningAreTwoKeys(one: String, two: String) {
    #expect(one == two && ExactText(one) != ExactText(two) && Set([ExactText(one), ExactText(two)]).count == 2)
    #expect((ExactText(one) < ExactText(two)) != (ExactText(two) < ExactText(one)))
    for text in [one, two, "", "ascii", one + two] {
      #expect(ExactText(text) == ExactText(String(decoding: Array(text.utf8), as: UTF8.self)))
    }
  }

  @Test func keysOfMetadataAreSpelledAsTheRuleSays() throws {
    let rules = GrowthModel.MetadataRules(
      required: [Self.spellings[0]], types: [Self.spellings[0]: .string])
    let (one, two) = (Self.spellings[0], Self.spellings[1])
    #expect(rules.violation(by: Array(#"{"\#(two)":1}"#.utf8)) != nil)
    #expect(rules.violation(by: Array(#"{"\#(one)":"x","\#(two)":1}"#.utf8)) == nil)
    #expect(rules.violation(by: Array(#"{"\#(two)":"x","\#(one)":1}"#.utf8)) != nil)
  }
}
