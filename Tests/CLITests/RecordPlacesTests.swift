import GrowthRing
import Testing

@testable import GrowthRingCLI

struct RecordPlacesTests {
  private func rejected(record: Int, line: Int) -> RejectedRecord {
    RejectedRecord(rejection: EventRejection(row: record, line: line, reason: .malformed), raw: [], isTruncated: false)
  }

  @Test func oneRecordALine() {
    let places = RecordPlaces(
      firstRecord: 10, firstLine: 21, endRecord: 15, endLine: 26, rejected: [rejected(record: 12, line: 23)])
    #expect((0..<4).map { places.record(ofRow: $0) } == [10, 11, 13, 14])
    #expect((0..<4).map { places.line(ofRecord: places.record(ofRow: $0)) } == [21, 22, 24, 25])
    #expect(places.line(ofRecord: 15) == nil)
  }

  /// A blank line somewhere before the rejected record: what is behind it is certain, what is before it is not.
  @Test func blankLines() {
    let places = RecordPlaces(
      firstRecord: 0, firstLine: 1, endRecord: 5, endLine: 7, rejected: [rejected(record: 2, line: 4)])
    #expect(places.line(ofRecord: 0) == nil)
    #expect(places.line(ofRecord: 3) == 5)
  }
}
