import Columnar
import StorageIO
import Testing

@testable import StoreEngine

@Suite struct SegmentMergeTests {
  private let disk = SimulatedDisk(seed: 9)

  private func run(
    _ inputs: [Segment], rowsPerSegment: Int, keep: ((EventBatch) throws(StoreError) -> [UInt32])? = nil,
    proceed: (Int) throws(StoreError) -> Bool = { _ in true }
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
      }, keep: keep, proceed: proceed)
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

  @Test func filterDropsRows() throws {
    let (segments, rows) = try inputs()
    let user = rows[rows.count / 2].user
    let merged = try #require(
      try run(segments, rowsPerSegment: 1_000_000) { chunk in
        (0..<UInt32(chunk.count)).filter { chunk.users.bytes(chunk.user[Int($0)]) != user }
      })
    let kept = rows.filter { $0.user != user }
    #expect(kept.count < rows.count)
    #expect(try merged.flatMap { try allRows($0) } == kept)
    // No file is begun where nothing stays.
    #expect(try run(segments, rowsPerSegment: 1_000_000, keep: { _ in [] })?.isEmpty == true)
  }

  @Test func givesUpWhenTold() throws {
    let (segments, rows) = try inputs()
    var seen: [Int] = []
    let merged = try run(
      segments, rowsPerSegment: 7_000,
      proceed: { done in
        seen.append(done)
        return seen.count < 2
      })
    #expect(merged == nil)
    #expect(seen.count == 2 && seen[0] < seen[1] && seen[1] <= rows.count)
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
