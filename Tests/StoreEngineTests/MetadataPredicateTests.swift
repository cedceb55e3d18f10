import Columnar
import TestSupport
import Testing

@testable import StoreEngine

/// Conditions on metadata: what they mean, and what is said of those that mean nothing.
@Suite struct MetadataPredicateTests {
  private static let metadata =
    #"{"a":{"b":[1,{"c":"x"}]},"at":"2026-03-01T12:00:00Z","big":12345678901234567890.125,"created by":"me","effort":3.0,"#
    + #""empty":{},"n":null,"ok":true,"quote":"say \"hi\"\n","source_muid":"m-1","tags":["launch","größe",2]}"#

  @Test(arguments: [
    #"metadata.tags contains "launch""#, "metadata.tags contains 'größe'", "metadata.tags contains 2.0",
    "metadata.tags[0] = 'launch'", "metadata.tags[*] = 2", "metadata.effort = 3", "metadata.effort == 3e0",
    "metadata.effort >= 3 and metadata.effort <= 3", "metadata.effort < 3.0000000000000000000000000000000000000001",
    "metadata.big > 12345678901234567890.1249999999999999999999999", "metadata.big = 1234567890123456789012.5e-2",
    "metadata.at >= '2026-03-01'", "metadata.at < '2026-03-01T14:00:00.5+01:00'",
    "metadata.at = \"2026-03-01T12:00:00Z\"", "metadata.ok = true", "metadata.n = null", "metadata.n exists",
    "metadata.empty exists", "metadata.a.b[1].c = 'x'", "metadata.a.b[*].c in ('y', \"x\")",
    #"metadata."created by" = "me""#, "metadata['created by'] != 'you'", #"metadata.quote = "say \"hi\"\n""#,
    #"metadata.quote = 'say "hi"\u000a'"#, "NOT metadata.missing EXISTS", "metadata.missing not exists",
    "metadata.tags not contains 'x'", "metadata.effort not in (1, 2)",
    "not (metadata.effort = 1 or metadata.effort = 2)",
    "metadata.effort = 1 or metadata.ok = true and metadata.tags contains 'launch'", "metadata.source_muid = 'm-1'",
    "metadata.quote > 'say \"' and metadata.quote < 'say \"hi\"\\n!'",
  ])
  func holds(_ text: String) throws {
    #expect(try MetadataPredicate(text).matches(Self.metadata), "\(text)")
  }

  @Test(arguments: [
    "metadata.tags contains 'laun'", "metadata.tags = 'launch'", "metadata.effort = '3'", "metadata.effort != 3",
    "metadata.missing != 3", "metadata.effort < 3", "metadata.effort > '3'", "metadata.at > '2026-03-01T12:00:00Z'",
    "metadata.ok = 'true'", "metadata.n = false", "metadata.empty = null", "metadata.a.b.c exists",
    "metadata.a.b[7] exists", "metadata.tags[1] = 'launch'", "metadata.A exists", "metadata.tags contains null",
    "(metadata.effort = 1 or metadata.ok = true) and metadata.tags contains 'x'", "metadata.a contains 1",
  ])
  func doesNotHold(_ text: String) throws {
    #expect(try !MetadataPredicate(text).matches(Self.metadata), "\(text)")
    #expect(try !MetadataPredicate(text).matches(""), "\(text)")
  }

  /// Condition, character, and a part of the reason.
  @Test(arguments: [
    ("", 1, "there is no condition"), ("tags contains 'x'", 1, "write metadata.tags"),
    ("metadata", 9, "a point and a key"), ("metadata.", 10, "belongs a key"),
    ("metadata.tags", 14, "belongs =, !=, <"), ("metadata.tags has 'x'", 15, "not has"),
    ("metadata.tags contains launch", 24, "write \"launch\""), ("metadata.tags contains", 23, "a value belongs"),
    ("metadata.a =< 3", 12, "no comparison =<"), ("metadata.a = 03", 14, "no number"),
    ("metadata.a < true", 14, "have an order"), ("metadata.a = 'x", 14, "never closed"),
    ("metadata.a = 'x' metadata.b = 1", 18, "and, or or the end"), ("(metadata.a = 1", 1, "never closed"),
    ("metadata.a = 1)", 15, "without an opening"), ("metadata.a in 'x'", 15, "in parentheses"),
    ("metadata.a in ('x'", 19, ", or )"), ("metadata.é = 1 xor", 16, "not xor"),
    ("metadata.a[x] = 1", 12, "in brackets"),
    ("metadata.a not 3", 16, "behind not"), (#"metadata.a = "\q""#, 15, "no such escape"), ("= 3", 1, "here a path"),
  ])
  func errorsNamePlaceAndRemedy(_ text: String, _ position: Int, _ reason: String) {
    let error = #expect(throws: MetadataPredicateError.self) { try MetadataPredicate(text) }
    #expect(error?.position == position && error?.reason.contains(reason) == true, "\(text): \(error.debugDescription)")
    #expect(error?.text == text)
  }

  @Test func limits() throws {
    let deep = String(repeating: "(", count: 63) + "metadata.a = 1" + String(repeating: ")", count: 63)
    #expect(try MetadataPredicate(deep).matches(#"{"a":1}"#))
    #expect(throws: MetadataPredicateError.self) { try MetadataPredicate("((" + deep + "))") }
    #expect(throws: MetadataPredicateError.self) {
      try MetadataPredicate("metadata.a = '" + String(repeating: "x", count: 70_000) + "'")
    }
  }

  /// Random conditions and metadata against a tree that is searched by other means.
  @Test(arguments: 1...8) func equalsTheModel(seed: UInt64) throws {
    var maker = ConditionMaker(seed: seed)
    let trees = (0..<300).map { _ in maker.metadata() }
    let texts = trees.map(\.text)
    for text in texts { #expect(try CanonicalJSON.canonicalize(text) == text) }
    var held = 0
    for _ in 0..<400 {
      let condition = maker.condition()
      let predicate = try MetadataPredicate(condition.text)
      for (tree, text) in zip(trees, texts) {
        let expected = condition.holds(tree)
        held += expected ? 1 : 0
        #expect(predicate.matches(text) == expected, "\(condition.text) on \(text)")
      }
    }
    #expect(held > 5_000)
  }

  /// Whatever the bytes are, evaluation ends.
  @Test func damagedTextsAreHarmless() throws {
    var maker = ConditionMaker(seed: 77)
    var random = SimulationRandom(seed: 5, stream: 1)
    let predicates = try (0..<60).map { _ in try MetadataPredicate(maker.condition().text) }
    for _ in 0..<2_000 {
      var bytes = Array(maker.metadata().text.utf8)
      for _ in 0..<1 + random.below(4) where !bytes.isEmpty {
        let place = random.below(bytes.count)
        if random.oneIn(3) { bytes.removeSubrange(place...) } else { bytes[place] = UInt8(random.below(256)) }
      }
      for predicate in predicates { _ = predicate.matches(Bytes(bytes)) }
    }
  }

  @Test func numbersHaveOneFormForAllSpellings() {
    func hash(_ text: String) -> UInt64 {
      var form: [UInt8] = []
      let bytes = Bytes(Array(text.utf8))
      return MetadataHash.value(bytes, 0..<bytes.count, path: 7, &form)
    }
    for same in [["1", "1.0", "10e-1", "0.1E+1"], ["0", "-0", "0.000", "0e7"], ["-12.50", "-1.25e1"]] {
      #expect(Set(same.map(hash)).count == 1, "\(same)")
    }
    #expect(
      Set(["1", "-1", "10", "0.1", "0", "12", "1.2", "01", "+1", "1.", ".1", "1e", "", "-"].map(hash)).count == 14)
    // As Formats/reader/tests/test_metadata_filter.py has it.
    var form: [UInt8] = []
    let text = Bytes(Array("-0.0250".utf8))
    JSONDecimal(text, 0..<text.count)?.append(text, to: &form)
    #expect(form == Array("#".utf8) + [1] + [UInt8](repeating: 255, count: 8) + Array("25".utf8))
  }

  @Test func unitsInMetadata() throws {
    var event = GrowthEvent(
      user: "u", entity: "e", entityType: "t", dimension: "d", delta: Delta(millionths: 1), createdAt: .earliest)
    #expect(event.sourceMUID == nil)
    try event.setSourceMUID("m\"1")
    #expect(event.metadata == #"{"source_muid":"m\"1"}"# && event.sourceMUID == "m\"1")
    try event.setSourceMUID("m\"1")
    #expect(throws: EventRejection.Reason.otherSource) { try event.setSourceMUID("m") }
    for (metadata, expected) in [
      ("{}", #"{"source_muid":"x"}"#), (#"{"a":1}"#, #"{"a":1,"source_muid":"x"}"#),
      (#"{ "z": [1, {}], "a" : {"source_muid": 3} }"#, #"{"a":{"source_muid":3},"source_muid":"x","z":[1,{}]}"#),
      (#"{"source_muic":1,"source_muie":2}"#, #"{"source_muic":1,"source_muid":"x","source_muie":2}"#),
      (#"{"source_m\n":1,"\"":2}"#, #"{"\"":2,"source_m\n":1,"source_muid":"x"}"#),
    ] {
      event.metadata = metadata
      try event.setSourceMUID("x")
      #expect(event.metadata == expected)
      #expect(try CanonicalJSON.canonicalize(event.metadata) == event.metadata)
    }
  }
}
