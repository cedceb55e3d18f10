import Columnar
import StorageIO
import Testing

@testable import StoreEngine

@Suite struct SegmentMergeTests {
  private let disk = SimulatedDisk(seed: 9)

  private func run(
    _ inputs: [Segment], rowsPerSegment: Int, proceed: () throws(StoreError) -> Bool = { true }
  ) throws -> [Segment]? {
    var files: [String] = []
    let merge = SegmentMerge(hashSeed: fixtureSeed, codec: .zstd, rowsPerSegment: rowsPerSegment)
    let summaries = try merge.run(
      inputs,
      target: { () throws(StoreError) in
        let name = "m\(files.count)"
        files.append(name)
        let file = try onDisk { () throws(DiskError) in try disk.open(name, .create) }
        return SegmentMerge.Target(fileID: UInt64(100 + files.count), output: FileOutput(file: file, path: name))
      }, proceed: proceed)
    return try summaries?.enumerated().map { index, summary in
      let segment = try Segment(
        bytes: Bytes(try disk.read(files[index])), path: files[index], expectedFileID: summary.fileID)
      #expect(segment.summary == summary)
      try segment.verify(hashSeed: fixtureSeed)
      return segment
    }
  }

  private func inputs() throws -> (segments: [Segment], rows: [Row]) {
    var generator = EventGenerator(seed: 50)
    let batches = [generator.batch(10_000), generator.batch(3_000), generator.batch(1), generator.batch(5_000)]
    return (try batches.map { try segment($0) }, batches.flatMap(\.values).sorted())
  }

  @Test(arguments: [1_000_000, 7_000]) func keepsEveryRow(rowsPerSegment: Int) throws {
    let (segments, rows) = try inputs()
    let merged = try #require(try run(segments, rowsPerSegment: rowsPerSegment))
    #expect(merged.count == (rows.count + rowsPerSegment - 1) / rowsPerSegment)
    #expect(merged.allSatisfy { $0.rows <= rowsPerSegment })
    #expect(try merged.flatMap { try allRows($0) } == rows)
  }

  /// A merge hands codes and texts on, and a flush numbers them: both come to the same bytes.
  @Test(arguments: [false, true]) func writesWhatOneFlushWould(isLong: Bool) throws {
    var generator = EventGenerator(seed: 51)
    generator.users = isLong ? 4_000 : 6
    generator.entities = isLong ? 3_000 : 5
    var all = EventBatch()
    var inputs: [Segment] = []
    for count in [9_000, 4_097, 300, 1, 6_000, 2_000, 12] {
      let batch = generator.batch(count)
      all.append(batch)
      inputs.append(try segment(batch))
    }
    _ = try #require(try run(inputs, rowsPerSegment: 1_000_000))
    let expected = try segmentBytes(all, fileID: 101, codec: .zstd)
    #expect(try disk.read("m0") == expected)
  }

  @Test func nothingOfNothing() throws { #expect(try run([], rowsPerSegment: 1_000_000)?.isEmpty == true) }

  @Test func givesUpWhenTold() throws {
    let (segments, _) = try inputs()
    var questions = 0
    let merged = try run(
      segments, rowsPerSegment: 7_000,
      proceed: {
        questions += 1
        return questions < 2
      })
    #expect(merged == nil)
    #expect(questions == 2)
  }

  @Test func errorsOfTheDiskArrive() throws {
    let (segments, _) = try inputs()
    let file = try disk.open("closed", .create)
    try file.close()
    let error = #expect(throws: StoreError.self) {
      _ = try SegmentMerge(hashSeed: 1, codec: .none, rowsPerSegment: 10).run(segments) {
        SegmentMerge.Target(fileID: 1, output: FileOutput(file: file, path: "closed"))
      }
    }
    #expect(error?.file == "closed")
  }
}
