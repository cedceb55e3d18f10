import Columnar
import StoreEngine
import Testing

@testable import GrowthRing

/// The field `source_muid` of ingested records goes into the metadata.
@Suite struct IngestSourceTests {
  @Test func foldsIntoMetadata() throws {
    for (more, expected) in [
      (#","source_muid":"m-1""#, #"{"source_muid":"m-1"}"#),
      (#","source_muid":"m-1","metadata":{"z":1,"a":2}"#, #"{"a":2,"source_muid":"m-1","z":1}"#),
      (#","metadata":{"z":1,"a":2},"source_muid":"m\u002d1""#, #"{"a":2,"source_muid":"m-1","z":1}"#),
      (#","metadata":{"source_muid":"m-1"},"source_muid":"m-1""#, #"{"source_muid":"m-1"}"#),
      (#","metadata":{"a":[{}]},"source_muid":"q\"\n""#, #"{"a":[{}],"source_muid":"q\"\n"}"#),
      (#","metadata":{"a":1},"source_muid":null"#, #"{"a":1}"#),
      (#","metadata":{"a":1},"source_muid":"""#, #"{"a":1}"#),
      (#","metadata":null,"source_muid":"x""#, #"{"source_muid":"x"}"#),
    ] {
      let found = decodeNDJSON(line(more))
      #expect(found.events.map(\.metadata) == [expected] && found.rejected.isEmpty, "\(more): \(found)")
    }
  }

  @Test func faults() {
    for (more, reason) in [
      (#","metadata":{"source_muid":"m-2"},"source_muid":"m-1""#, "1 source_muid otherSource"),
      (#","metadata":{"source_muid":7},"source_muid":"7""#, "1 source_muid otherSource"),
      (#","source_muid":7"#, "1 source_muid malformed"),
      (#","source_muid":"\#(String(repeating: "x", count: 256))""#, "1 source_muid tooLong"),
      (#","source_muid":"a\u0000b""#, "1 source_muid nulByte"),
      (#","source_muid":"a","source_muid":"a""#, "1 source_muid duplicateKey"),
    ] {
      #expect(decodeNDJSON(line(more)).reasons == [reason], "\(more)")
    }
  }

  /// Frequent metadata are known by their bytes; a unit must not be lost or kept by that.
  @Test func besideRememberedMetadata() {
    var random = Seeded(state: 4)
    var expected: [String] = []
    let lines = (0..<2_000).map { _ in
      let kind = Int.random(in: 0..<3, using: &random)
      let unit = Int.random(in: 0..<40, using: &random)
      let hasUnit = Bool.random(using: &random)
      expected.append(
        hasUnit ? #"{"a":\#(kind),"source_muid":"unit \#(unit)","tags":["t"]}"# : #"{"a":\#(kind),"tags":["t"]}"#)
      let metadata = #","metadata":{"tags":["t"],"a":\#(kind)}"#
      let source = hasUnit ? #","source_muid":"unit \#(unit)""# : ""
      return line(Bool.random(using: &random) ? metadata + source : source + metadata)
    }
    for derived in [false, true] {
      var options = IngestOptions()
      options.deriveEventIDs = derived
      for limit in [2_000, 77] {
        let found = decodeNDJSON([Array(lines.joined(separator: "\n").utf8)], options, limit: limit)
        #expect(found.rejected.isEmpty && found.events.map(\.metadata) == expected)
      }
    }
  }

  /// The same event is the same bytes and has the same derived id, however its unit is given.
  @Test func derivedIDsFollowFromWhatIsStored() throws {
    var options = IngestOptions()
    options.deriveEventIDs = true
    let asField = decodeNDJSON([Array(line(#","source_muid":"m","metadata":{"x":1}"#).utf8)], options)
    let asMember = decodeNDJSON([Array(line(#","metadata":{"x":1,"source_muid":"m"}"#).utf8)], options)
    #expect(asField == asMember && asField.events.count == 1)
    var csv = CSVOptions()
    csv.ingest.deriveEventIDs = true
    let cell = #""{""x"":1}""#
    let table = try decodeCSV(
      "user_id,entity_id,entity_type,dim_key,delta,created_at,metadata,source_muid\nu,e,t,d,1,2024-01-01,\(cell),m\n",
      csv)
    #expect(table == asField)
  }

  @Test func columnsOfOwnNames() throws {
    let csv = CSVOptions(mapping: [
      ColumnMapping(.user, .column("who")), ColumnMapping(.entity, .column("what")),
      ColumnMapping(.entityType, .constant("t")),
      ColumnMapping(.dimension, .constant("d")), ColumnMapping(.delta, .constant("1")),
      ColumnMapping(.createdAt, .column("when")), ColumnMapping(.sourceMUID, .column("note")),
    ])
    let found = try decodeCSV("who,what,when,note\nu,e,2024-01-01,n 1\nu,e,2024-01-02,\nu,e,2024-01-03,\u{1}\n", csv)
    #expect(found.events.map(\.metadata) == [#"{"source_muid":"n 1"}"#, "", #"{"source_muid":"\u0001"}"#])
  }
}
