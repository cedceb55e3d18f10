import Columnar
import StorageIO
import Testing

@testable import GrowthRing
@testable import StoreEngine

/// One archived file alone.
@Suite struct ArchiveWriterTests {
  private let disk = SimulatedDisk(seed: 1)

  /// A month of events in the order of segments; every `unique`th has metadata of its own.
  private func events(_ count: Int, unique: Int, text: Int = 0) throws -> EventBatch {
    var batch = EventBatch()
    let start = Timestamp.Day.number(year: 2_025, month: 3, day: 1)
    for index in 0..<count {
      let time = Timestamp(microseconds: Int64(start) * 86_400_000_000 + Int64(index) * 1_000_003)
      let more = String(repeating: "x", count: text)
      try batch.append(
        GrowthEvent(
          eventID: EventID(version7At: time, random: UInt64(index), 7), user: "u\(index % 40)",
          entity: "e\(index % 900)",
          entityType: "skill", dimension: ["a", "b"][index / 3 % 2], delta: Delta(millionths: Int64(index % 50)),
          createdAt: time, metadata: index % unique == 0 ? #"{"n":\#(index),"t":"\#(more)"}"# : ""))
    }
    return batch.gather(batch.sortedOrder())
  }

  /// What is written of events that are given whole, or in chunks.
  private func written(
    _ batch: EventBatch, whole: Bool, metadataLimit: Int, in folder: String
  ) throws -> (file: [UInt8], index: [UInt8]) {
    let archive = Archive(
      storage: ArchiveFolder(folder + "/archive", disk: disk),
      unitStorage: ArchiveFolder(folder + "/units", disk: disk),
      format: ParquetArchive(), hashSeed: 5, cacheBytes: 1 << 20)
    try disk.createDirectory(folder)
    let place = ArchiveDraft.Place(
      archive: archive, month: try #require(ArchiveMonth("2025-03")), partition: 0, folder: folder, disk: disk,
      fileID: 9)
    let writer = try ArchiveWriter(place, metadataLimit: metadataLimit)
    if whole {
      #expect(try writer.append(whole: batch, proceed: { () throws(StoreError) in true }))
    } else {
      #expect(
        try writer.append(batch, [UInt32](0..<UInt32(batch.count)), proceed: { () throws(StoreError) in true }))
    }
    #expect(writer.rows == batch.count)
    #expect(try writer.finish().summary.rows == batch.count)
    let name = archive.fileName(try #require(ArchiveMonth("2025-03")), partition: 0, fileID: 9)
    return (try disk.read(folder + "/archive/" + name), try disk.read(folder + "/" + StoreLayout.archiveName(9)))
  }

  /// Row groups, slices and texts are the same whether events are gathered row by row or taken as they are: more than a
  /// slice, exactly as many, and more metadata than a slice may have.
  @Test(arguments: [(66_000, 50, 0, 1 << 20), (65_536, 1_000, 0, 1 << 20), (300, 2, 200, 1 << 12), (1, 1, 0, 1 << 20)])
  func wholeBatchesAreWrittenAlike(count: Int, unique: Int, text: Int, limit: Int) throws {
    let batch = try events(count, unique: unique, text: text)
    let one = try written(batch, whole: true, metadataLimit: limit, in: "/whole")
    let other = try written(batch, whole: false, metadataLimit: limit, in: "/chunks")
    #expect(one.file == other.file && one.index == other.index)
  }
}
