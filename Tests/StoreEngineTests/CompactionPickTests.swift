import Testing

@testable import StoreEngine

/// What settling merges: few files are left, nothing is merged without an end, and little is rewritten for it.
@Suite struct CompactionPickTests {
  private static let options = EngineOptions(fanIn: 8, segmentFanIn: 8, largestSegmentRows: 1_000)

  private func manifest(runs: [Int] = [], segments: [Int] = [], tier: Manifest.Tier = .hot) -> Manifest {
    var manifest = Manifest(partition: 0)
    for (place, entries) in runs.enumerated() {
      manifest.runs.append(
        Manifest.RunEntry(fileID: UInt64(100 + place), length: 1, entries: entries, level: 0))
    }
    for (place, rows) in segments.enumerated() {
      manifest.segments.append(
        Manifest.SegmentEntry(
          fileID: UInt64(place), length: 1, rows: rows, level: 0, smallestCreatedAt: 0, largestCreatedAt: 0, tier: tier)
      )
    }
    return manifest
  }

  private func settling(_ manifest: Manifest) -> CompactionPick {
    CompactionPick.settling(manifest, options: Self.options)
  }

  @Test(
    arguments: [
      ([], []), ([5], []), ([100, 24], []), ([100, 25], [0, 1]), ([1_000, 100, 25], [1, 2]),
      ([1_000, 225, 25], [0, 1, 2]), ([10, 1_000], [0, 1]), ([400, 20, 20, 20, 20, 20], [0, 1, 2, 3, 4, 5]),
      ([4_000, 20, 20], [1, 2]),
    ] as [([Int], [Int])])
  func runsAreMergedFromTheYoungestOn(_ runs: [Int], _ picked: [Int]) {
    let pick = settling(manifest(runs: runs, segments: picked.isEmpty ? [] : [5, 5]))
    #expect(pick == CompactionPick(runs: picked.map { UInt64(100 + $0) }))
  }

  @Test(
    arguments: [
      ([], []), ([7], []), ([400, 99], []), ([400, 100], [1, 0]), ([600, 300, 80], [2, 1]), ([600, 90], []),
      ([400, 350, 300], [2, 1]), ([500, 500], []), ([400, 10, 10], [1, 2]), ([400, 30, 50, 40], [1, 3, 2, 0]),
    ] as [([Int], [UInt64])])
  func segmentsAreMergedIntoOneThatIsNotFull(_ segments: [Int], _ picked: [UInt64]) {
    #expect(settling(manifest(segments: segments)) == CompactionPick(segments: picked))
    #expect(settling(manifest(segments: segments, tier: .warm)).isEmpty)
  }

  @Test func whatIsDueGoesFirst() {
    let manifest = manifest(runs: [9, 9, 9], segments: [Int](repeating: 3, count: 8))
    #expect(CompactionPick(.due, manifest, options: Self.options).runs.isEmpty)
    #expect(CompactionPick(.settled, manifest, options: Self.options).segments.count == 8)
    #expect(CompactionPick(.everything, manifest, options: Self.options).runs.count == 3)
  }

  @Test func aMergeTakesNoMoreThanTheFanInHoweverManyWait() {
    var manifest = manifest(segments: [Int](repeating: 3, count: 30))
    for place in 0..<9 { manifest.segments[place].level = 1 }
    var merges: [[UInt64]] = []
    while case let pick = CompactionPick.due(manifest, options: Self.options), !pick.isEmpty {
      merges.append(pick.segments)
      manifest.segments.removeAll { pick.segments.contains($0.fileID) }
    }
    // Of 21 on the lowest level two merges, then one of the nine above them.
    #expect(merges == [Array(9..<17), Array(17..<25), Array(0..<8)])
  }

  /// Flush after flush, settled after each: files stay few, and rows are written a few times each.
  @Test func settlingAfterEveryFlushStaysCheap() {
    var (runs, segments): ([Int], [Int]) = ([], [])
    var (written, flushed) = (0, 0)
    for flush in 0..<400 {
      let rows = 3 + flush % 5
      runs.append(rows)
      segments.append(rows)
      flushed += rows
      for _ in 0..<20 {
        let pick = settling(manifest(runs: runs, segments: segments))
        if pick.isEmpty { break }
        if pick.segments.isEmpty {
          let merged = runs.suffix(pick.runs.count).reduce(0, +)
          runs.removeLast(pick.runs.count)
          runs.append(merged)
        } else {
          let merged = pick.segments.reduce(0) { $0 + segments[Int($1)] }
          for place in pick.segments.sorted(by: >) { segments.remove(at: Int(place)) }
          segments.append(merged)
          written += merged
          #expect(merged < Self.options.largestSegmentRows)
        }
      }
      #expect(settling(manifest(runs: runs, segments: segments)).isEmpty)
      #expect(runs.count <= 6)
      #expect(segments.filter { $0 <= 500 }.count <= 5)
    }
    #expect(written < 20 * flushed, "\(written) rows written for \(flushed)")
  }
}
