import Columnar
import GrowthRing
import StoreEngine
import Testing

/// What is turned away at the door, and why.
@Suite struct GrowthModelCheckTests {
  private struct Row {
    var dimension = "a"
    var type = "task"
    var delta: Int64 = 0
    var metadata = ""
  }

  private func batch(_ rows: [Row]) -> EventBatch {
    var batch = EventBatch()
    for (index, row) in rows.enumerated() {
      batch.appendRow(
        idHigh: 0, idLow: UInt64(index), user: batch.users.intern("u"), entity: batch.entities.intern("e"),
        entityType: batch.entityTypes.intern(row.type), dimension: batch.dimensions.intern(row.dimension),
        delta: row.delta, source: batch.sources.intern(""), scope: batch.scopes.intern(""), createdAt: 0,
        metadata: batch.metadatas.intern(row.metadata))
    }
    return batch
  }

  private func check(_ model: GrowthModel, _ rows: [Row]) -> [String] {
    model.check(batch: batch(rows)).map { "\($0.row) \($0.kind): \($0.text)" }
  }

  @Test func dimensionsTypesAndDeltas() throws {
    let model = try GrowthModel(
      name: "m",
      dimensions: [
        .init(key: "a", minDelta: Delta(millionths: -500_000), maxDelta: Delta(millionths: 2_000_000)),
        .init(key: "b"),
      ],
      entityTypes: ["task", "note"])
    let found = check(
      model,
      [
        Row(delta: -500_000), Row(delta: 2_000_000), Row(delta: -500_001), Row(delta: 2_000_001),
        Row(dimension: "b", delta: Int64.max), Row(dimension: "b", delta: -Int64.max), Row(dimension: "c"),
        Row(type: "taks"), Row(dimension: "A", type: "A", delta: 9),
      ])
    #expect(
      found == [
        "2 deltaOutOfRange: delta -0.500001 of a is outside of -0.5 to 2",
        "3 deltaOutOfRange: delta 2.000001 of a is outside of -0.5 to 2",
        "6 unknownDimension: the growth model \"m\" has no dimension \"c\"",
        "7 unknownEntityType: the growth model \"m\" has no entity type \"taks\" (did you mean \"task\"?)",
        "8 unknownDimension: the growth model \"m\" has no dimension \"A\"",
        "8 unknownEntityType: the growth model \"m\" has no entity type \"A\"",
      ])
  }

  @Test func keysAreComparedByBytes() throws {
    let model = try GrowthModel(name: "m", dimensions: [.init(key: "\u{E9}")], entityTypes: ["\u{E9}"])
    #expect(check(model, [Row(dimension: "\u{E9}", type: "\u{E9}")]).isEmpty)
    #expect(check(model, [Row(dimension: "e\u{301}", type: "e\u{301}")]).count == 2)
  }

  @Test func anOpenModelTakesAnything() throws {
    #expect(
      check(.open, [Row(dimension: "x", type: "y", delta: Int64.max), Row(delta: -Int64.max, metadata: "{}")]).isEmpty)
    let listed = try GrowthModel(name: "m", isOpen: true, dimensions: [.init(key: "a", maxDelta: .zero)])
    #expect(check(listed, [Row(delta: 1), Row(dimension: "z", delta: 1)]).count == 1)
  }

  @Test func theStandardRange() {
    let most: Int64 = 1_000_000_000_000
    let rows = [most, -most, most + 1, -most - 1].map { Row(dimension: "self_know", delta: $0) }
    #expect(GrowthModel.standard.check(batch: batch(rows)).map(\.row) == [2, 3])
  }

  @Test func metadataRules() throws {
    let model = try GrowthModel(
      name: "m", isOpen: true, dimensions: [],
      metadataRules: .init(
        required: ["by"], types: ["n": .number, "tags": .array, "o": .object, "ok": .boolean],
        allowed: ["v": [.string("1.0"), .string("a\"b"), .number("2.50"), .boolean(true)]]))
    func reason(_ metadata: String) -> String? { model.check(batch: batch([Row(metadata: metadata)])).first?.text }
    let good = [
      #"{"by":"x"}"#, #"{"by":1,"n":-1.5e3,"o":{"by":[{"]":"}"}]},"ok":false,"tags":["a","]"]}"#,
      #"{"by":"","v":"1.0"}"#, #"{"by":"","v":"a\"b"}"#, #"{"by":"","v":2.5}"#, #"{"by":"","v":true}"#,
      #"{"\u0062y":"\\\""}"#, #" { "by" : { } } "#,
    ]
    for metadata in good { #expect(reason(metadata) == nil, "\(metadata)") }
    #expect(reason("") == "metadata has no \"by\", which the growth model requires")
    #expect(reason("{}") == "metadata has no \"by\", which the growth model requires")
    #expect(reason(#"{"by":null}"#) == "metadata has no \"by\", which the growth model requires")
    #expect(reason(#"{"o":{"by":1}}"#) == "metadata has no \"by\", which the growth model requires")
    #expect(reason(#"{"by":"","n":"1"}"#) == "metadata \"n\" must be of type number")
    #expect(reason(#"{"by":"","tags":null}"#) == "metadata \"tags\" must be of type array")
    let allowed = #"metadata "v" must be one of "1.0", "a\"b", 2.50, true"#
    for value in ["1.0", "\"2.5\"", "false", "null", "\"1.00\"", "[]"] {
      #expect(reason("{\"by\":\"\",\"v\":\(value)}") == allowed, "\(value)")
    }
    #expect(reason(#"{"n":true,"ok":1}"#)?.split(separator: ";").count == 3)
    for broken in [
      "x", "[1]", "{", "{\"by\"", "{\"by\":", "{\"by\":1", "{\"by\":1}}", "{\"by\":\"\\", "{by:1}", "{\"by\":?}",
    ] {
      #expect(reason(broken) == "metadata is no JSON object", "\(broken)")
    }
  }
}
