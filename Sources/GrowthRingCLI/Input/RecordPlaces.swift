import GrowthRing

/// Which records of a file the rows of a batch are, and on which lines they stand.
///
/// Lines follow from those that are known: where the batch begins and ends, and of every rejected record. Between two
/// of them they are certain where there are as many lines as records, and unknown where there are blank lines or line
/// feeds in quotes.
struct RecordPlaces: Sendable {
  private struct Anchor {
    let record: Int
    let line: Int
  }

  private var anchors: [Anchor]
  /// The places of rejected records, ascending.
  private let gaps: [Int]

  /// Records are counted from 0 and lines from 1; `end` is the record behind the last, and its line.
  init(
    firstRecord: Int, firstLine: Int, endRecord: Int, endLine: Int, rejected: [RejectedRecord]
  ) {
    self.init(
      firstRecord: firstRecord, firstLine: firstLine, endRecord: endRecord, endLine: endLine,
      gaps: rejected.map { ($0.rejection.row, $0.rejection.line) })
  }

  /// - Parameter gaps: the rejected records and their lines, ascending.
  init(firstRecord: Int, firstLine: Int, endRecord: Int, endLine: Int, gaps: [(record: Int, line: Int?)]) {
    anchors = [Anchor(record: firstRecord, line: firstLine)]
    for gap in gaps {
      if let line = gap.line { anchors.append(Anchor(record: gap.record, line: line)) }
    }
    anchors.append(Anchor(record: endRecord, line: endLine))
    self.gaps = gaps.map(\.record)
  }

  /// The record of a row of the batch, which holds no rejected records.
  func record(ofRow row: Int) -> Int {
    var record = (anchors.first?.record ?? 0) + row
    for gap in gaps where gap <= record { record += 1 }
    return record
  }

  /// The line of a record; nil where it is uncertain.
  func line(ofRecord record: Int) -> Int? {
    guard let next = anchors.firstIndex(where: { $0.record > record }), next > 0 else { return nil }
    let before = anchors[next - 1]
    let after = anchors[next]
    guard after.line - before.line == after.record - before.record else { return nil }
    return before.line + record - before.record
  }
}
