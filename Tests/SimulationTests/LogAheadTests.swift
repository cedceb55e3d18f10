import Columnar
import StorageIO
import StoreEngine
import TestSupport
import Testing

/// Zeros that are laid ahead in the log, so that a sync need not write its length.
@Suite struct LogAheadTests {
  private static let folder = StoreLayout(root: SmallStore.path).logFolder

  /// The sizes of the log files, oldest first.
  private func sizes(_ disk: any Disk) throws -> [Int] {
    try disk.list(Self.folder).map { try disk.size(Self.folder + "/" + $0) }
  }

  private func writer(_ store: SmallStore, ahead: Int, largestFile: Int = 1 << 20) throws -> Engine {
    store.engine.close()
    var options = SmallStore.options
    options.logAheadBytes = ahead
    options.logFileBytes = largestFile
    return try Engine.openWriter(
      store.environment, path: SmallStore.path, identity: SmallStore.identity, options: options)
  }

  @Test func frameTakesThePlaceOfZeros() throws {
    var store = try SmallStore()
    store.engine = try writer(store, ahead: 4_000)
    try store.append()
    let size = try sizes(store.disk)
    #expect(size.count == 1 && size[0] > 4_000)
    try store.append()
    #expect(try sizes(store.disk) == size)
    let log = try LogReader(disk: store.disk, layout: StoreLayout(root: SmallStore.path))
    #expect(log.lastSequence == 2)
    let bytes = try store.disk.read(log.files[0].path)
    #expect(bytes[log.files[0].validLength...].allSatisfy { $0 == 0 })
    // A dump tells zeros from a torn tail.
    #expect(log.files[0].describe().last?.description.contains("zeros") == true)
  }

  /// The file before the newest ends in its last frame, or it would be taken for damaged.
  @Test func finishedFilesHaveNoZeros() throws {
    var store = try SmallStore()
    store.engine = try writer(store, ahead: 4_000, largestFile: 600)
    for _ in 0..<12 { try store.append() }
    let log = try LogReader(disk: store.disk, layout: StoreLayout(root: SmallStore.path))
    #expect(log.files.count > 2)
    for file in log.files.dropLast() { #expect(file.validLength == file.bytes.count) }
    #expect(log.files.last.map { $0.validLength < $0.bytes.count } == true)
  }

  /// A reader in another process sees a frame although the file's length is as before.
  @Test func readerLooksBehindTheLastFrame() throws {
    var store = try SmallStore()
    store.engine = try writer(store, ahead: 20_000)
    let reader = try SmallStore.reader(store.environment)
    var size: [Int] = []
    for round in 0..<20 {
      try store.append()
      if round == 0 { size = try sizes(store.disk) }
      #expect(try sizes(store.disk) == size, "the test is to append within the zeros")
      #expect(try SmallStore.problems(try reader.refreshedSnapshot(), store.model).isEmpty, "round \(round)")
      // Nothing new: what is known is kept.
      #expect(try SmallStore.problems(try reader.refreshedSnapshot(), store.model).isEmpty, "round \(round), again")
    }
  }

  /// A frame in whose place are zeros is missed where one behind it says that it had been synced; at the end it was torn.
  @Test func zerosInThePlaceOfAFrame() throws {
    var store = try SmallStore()
    store.engine = try writer(store, ahead: 4_000)
    for round in 0..<6 { try store.append(1 + round) }
    let file = try #require(try LogReader(disk: store.disk, layout: StoreLayout(root: SmallStore.path)).files.first)
    #expect(file.frames.count == 6)
    for (index, frame) in file.frames.enumerated() {
      // With parts of the frame left, so that the zeros begin and end anywhere.
      for cut in [0, 1, 3, 4, 7, 8, 13] {
        var bytes = file.bytes.array
        for place in frame.offset..<frame.offset + frame.length - cut { bytes[place] = 0 }
        let read = { () throws(StoreError) in
          try LogFile(Bytes(bytes), path: file.path, firstSequence: file.firstSequence, isLast: true)
        }
        if index < 5 {
          #expect(throws: StoreError.self) { try read() }
        } else {
          #expect(try read().frames.count == 5)
        }
      }
    }
  }

  /// Whoever opens the log after a kill cuts the zeros off, and long frames lay none.
  @Test func nextWriterCutsThem() throws {
    var store = try SmallStore()
    store.engine = try writer(store, ahead: 4_000)
    for _ in 0..<3 { try store.append() }
    let before = try LogReader(disk: store.disk, layout: StoreLayout(root: SmallStore.path))
    let zeros = try sizes(store.disk)[0] - before.files[0].validLength
    #expect(zeros > 0)
    store.engine = try writer(store, ahead: 10)
    #expect(try sizes(store.disk) == [before.files[0].validLength])
    try store.append()
    let after = try LogReader(disk: store.disk, layout: StoreLayout(root: SmallStore.path))
    #expect(after.files.count == 2 && after.lastSequence == 4)
    for file in after.files { #expect(file.validLength == file.bytes.count) }
    #expect(try SmallStore.problems(try store.engine.snapshot(), store.model).isEmpty)
  }
}
