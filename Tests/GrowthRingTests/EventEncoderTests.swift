import Columnar
import GrowthRing
import StoreEngine
import Testing

/// Events as text: exact bytes, and back again.
@Suite struct EventEncoderTests {
  private func event(_ change: (inout GrowthEvent) -> Void = { _ in }) -> GrowthEvent {
    var event = GrowthEvent(
      eventID: EventID(high: 0x0123_4567_89AB_7DEF, low: 0x8FED_CBA9_8765_4321), user: "u", entity: "e",
      entityType: "task", dimension: "self_know", delta: Delta(millionths: 375_000), source: "s",
      createdAt: Timestamp(microseconds: 1_704_067_200_000_000))
    change(&event)
    return event
  }

  private func encode(_ events: [GrowthEvent]) throws -> (json: String, csv: String, scoped: String) {
    var batch = EventBatch()
    for event in events { try batch.append(event) }
    func text(_ encode: (inout [UInt8]) -> Void) -> String {
      var bytes: [UInt8] = []
      encode(&bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
    return (
      text { NDJSONEventEncoder().encode(batch, into: &$0) }, text { CSVEventEncoder().encode(batch, into: &$0) },
      text { CSVEventEncoder(scope: true).encode(batch, into: &$0) }
    )
  }

  @Test func plainEvent() throws {
    let text = try encode([event()])
    #expect(
      text.json == """
        {"event_id":"01234567-89ab-7def-8fed-cba987654321","user_id":"u","entity_id":"e","entity_type":"task",\
        "dim_key":"self_know","delta":"0.375","source":"s","created_at":"2024-01-01T00:00:00Z"}\n
        """)
    let csv = "01234567-89ab-7def-8fed-cba987654321,u,e,task,self_know,0.375,s,2024-01-01T00:00:00Z,"
    #expect(text.csv == csv + "\n")
    #expect(text.scoped == csv + ",\n")
    #expect(
      CSVEventEncoder().header
        == "event_id,user_id,entity_id,entity_type,dim_key,delta,source,created_at,metadata\n")
    #expect(CSVEventEncoder(scope: true).header.hasSuffix(",metadata,scope\n"))
  }

  @Test func fullEvent() throws {
    let text = try encode([
      event {
        $0.user = "0123ABCD-0000-4000-8000-00000000000F"
        $0.entity = "a\"b\\c\n\u{1}ä,"
        $0.source = ""
        $0.scope = "org/p"
        $0.metadata = #"{"b": "x,y", "a": 1.50}"#
      }
    ])
    #expect(
      text.json == """
        {"event_id":"01234567-89ab-7def-8fed-cba987654321","user_id":"0123ABCD-0000-4000-8000-00000000000F",\
        "entity_id":"a\\"b\\\\c\\n\\u0001ä,","entity_type":"task","dim_key":"self_know","delta":"0.375","source":"",\
        "created_at":"2024-01-01T00:00:00Z","metadata":{"a":1.50,"b":"x,y"},"scope":"org/p"}\n
        """)
    #expect(
      text.scoped == """
        01234567-89ab-7def-8fed-cba987654321,0123ABCD-0000-4000-8000-00000000000F,"a""b\\c\n\u{1}ä,",task,self_know,\
        0.375,,2024-01-01T00:00:00Z,"{""a"":1.50,""b"":""x,y""}",org/p\n
        """)
  }

  @Test func anUnassignedIDIsLeftOut() throws {
    let text = try encode([event { $0.eventID = nil }])
    #expect(text.json.hasPrefix(#"{"user_id":"u","entity_id":"#))
    #expect(text.csv.hasPrefix(",u,e,task,"))
  }

  @Test(arguments: [
    Int64.max, -Int64.max, 0, 1, -1, 10, 999_999, 1_000_000, -1_000_001, 123_456_789_012, 100_000, 10_000_000_000_000,
  ])
  func decimals(millionths: Int64) throws {
    let text = try encode([event { $0.delta = Delta(millionths: millionths) }])
    #expect(text.json.contains("\"delta\":\"\(Delta(millionths: millionths))\","))
  }

  @Test(arguments: [
    Timestamp.earliest, .latest, Timestamp(microseconds: -1), Timestamp(microseconds: 0),
    Timestamp(microseconds: 951_782_399_500_000), Timestamp(microseconds: 1_709_164_800_000_001),
    Timestamp(microseconds: 4_107_542_400_120_000),
  ])
  func times(time: Timestamp) throws {
    let text = try encode([event { $0.createdAt = time }])
    #expect(text.json.contains("\"created_at\":\"\(time)\""))
    #expect(text.csv.contains(",\(time),"))
  }

  @Test func partsOfABatch() throws {
    var generator = EventGenerator(.init(events: 1_000, scopes: true))
    var batch = EventBatch()
    _ = generator.next(into: &batch, count: 1_000)
    var whole: [UInt8] = []
    var parts: [UInt8] = []
    NDJSONEventEncoder().encode(batch, into: &whole)
    for range in [0..<1, 1..<1, 1..<700, 700..<1_000] {
      NDJSONEventEncoder().encode(batch, rows: range, into: &parts)
    }
    #expect(parts == whole)
  }
}
