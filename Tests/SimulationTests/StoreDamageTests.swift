import StorageIO
import StoreEngine
import TestSupport
import Testing

@testable import GrowthRing

extension InTurn {
  /// Every file of a store damaged in every way: an error that names the file, or exactly right answers.
  ///
  /// What is promised of the newest log file is less: its last frames, from some frame on, look like a torn tail where no
  /// later frame says that they were synced. So damage to its last frame, cutting it, and deleting it can take events from
  /// its end, never from the middle, and never in part.
  @Suite struct StoreDamageTests {
    /// A store with segments, runs, manifests and two log files, as a killed process leaves it.
    private struct Fixture {
      let disk: SimulatedDisk
      let path = "/store"
      /// The events after each commit; the last is all.
      var models: [ModelStore] = []
      /// How many commits the log files other than the newest, and the manifests, hold at least.
      var newestLog = ""
      var firstInNewestLog = 0

      var all: ModelStore { models[models.count - 1] }

      init() throws {
        disk = SimulatedDisk(seed: 3)
        let environment = Self.environment(disk)
        try GrowthStore.create(path, options: Self.options, environment: environment)
        let file = StoreFile(layout: StoreLayout(root: path), environment: environment)
        let identity = try file.readIdentity()
        let engine = try Engine.openWriter(
          environment, path: path, identity: identity, options: EngineOptions(logFileBytes: 700, logAheadBytes: 1_000))
        var maker = EventMaker(seed: 4)
        var model = ModelStore()
        models.append(model)
        func append() throws {
          let events = maker.batch(5)
          var batch = EventBatch()
          for event in events { try batch.append(event) }
          var fresh: [GrowthEvent] = []
          _ = model.append(events, fresh: &fresh)
          _ = try engine.commit([batch])
          models.append(model)
        }
        for _ in 0..<2 {
          for _ in 0..<3 { try append() }
          for number in engine.partitions.indices {
            _ = engine.partitions[number].freeze()
            try engine.flushFrozen(number)
          }
          try engine.trimLog()
        }
        while try disk.list(path + "/log").count < 3 { try append() }
        try append()
        newestLog = path + "/log/" + (try disk.list(path + "/log").last ?? "")
        let log = try LogReader(disk: disk, layout: StoreLayout(root: path))
        firstInNewestLog = Int(log.files.last?.firstSequence ?? 0)
        engine.close()
      }

      static var options: StoreOptions {
        var options = StoreOptions()
        options.partitions = 2
        options.model = .open
        return options
      }

      static func environment(_ disk: SimulatedDisk) -> StorageEnvironment {
        StorageEnvironment(disk: disk, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 8))
      }

      var files: [String] { disk.allFiles().filter { !$0.hasSuffix(".lock") } }

      /// What may be answered without an error after damage to a file.
      func allowed(_ file: String) -> [ModelStore] {
        file == newestLog ? Array(models[(firstInNewestLog - 1)...]) : [all]
      }

      /// Damages a copy, opens and reads everything, and says what is wrong.
      func problem(_ file: String, writing: Bool, damage: (SimulatedDisk) throws -> Void) throws -> String? {
        let copy = disk.afterKill(seed: 1)
        try damage(copy)
        do {
          var options = Self.options
          options.access = writing ? .readWrite : .readOnly
          let store = try GrowthStore.open(path, options: options, environment: Self.environment(copy))
          defer { store.engine.close() }
          let views = try store.engine.refreshedSnapshot()
          var found = ModelStore()
          found.adopt(try StoreComparison.events(views))
          guard allowed(file).contains(found) else {
            return "answers with \(found.events.count) of \(all.events.count) events"
          }
          var random = SimulationRandom(seed: 1)
          return try StoreComparison.problems(views, store.engine.identity, found, &random).first
        } catch let error as StoreError {
          switch error.kind {
          case .corruption, .unsupportedVersion, .notFound: break
          default: return "an error of kind \(error.kind): \(error)"
          }
          // Of a file that is gone, the folder is all that can be named.
          guard let named = error.file, named == file || file.hasPrefix(named + "/") else {
            return "the error does not name the file: \(error)"
          }
          return nil
        }
      }
    }

    @Test func flippedBytes() throws {
      let fixture = try Fixture()
      var count = 0
      for file in fixture.files {
        let size = try fixture.disk.size(file)
        // The growth model is text for people, which has no checksum: what it says is checked, not that it is unchanged.
        let isData = file.hasSuffix(".seg") || file.hasSuffix(".run") || file.hasSuffix("growth-model.json")
        for offset in stride(from: 0, to: size, by: isData ? 11 : 1) {
          let mask = UInt8(1 << (offset % 8))
          let problem = try fixture.problem(file, writing: offset % 5 == 0) {
            try $0.corrupt(path: file, offset: offset, xor: mask)
          }
          #expect(problem == nil, "\(file) of \(size) bytes, bit \(mask) of byte \(offset)")
          count += 1
        }
      }
      #expect(count > 1_000)
    }

    @Test func cutFiles() throws {
      let fixture = try Fixture()
      for file in fixture.files {
        let size = try fixture.disk.size(file)
        let places = [0, 1, 8, 24, 31, 32, 33, size / 2, size - 48, size - 9, size - 8, size - 1]
        for length in Set(places + Array(stride(from: 40, to: size, by: 97))).sorted()
        where length >= 0 && length < size {
          for writing in [false, true] {
            let problem = try fixture.problem(file, writing: writing) { try $0.truncateForTest(path: file, to: length) }
            #expect(problem == nil, "\(file) of \(size) bytes cut to \(length), \(writing ? "writing" : "reading")")
          }
        }
      }
    }

    @Test func foreignFiles() throws {
      let fixture = try Fixture()
      let files = fixture.files
      for file in files {
        let size = try fixture.disk.size(file)
        var random = SimulationRandom(seed: 5)
        var contents: [(String, [UInt8])] = [
          ("noise", (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }),
          ("text", Array(String(repeating: "{\"a\": 1}\n", count: size / 9 + 1).utf8)),
          ("zeros", [UInt8](repeating: 0, count: size)),
        ]
        for other in files where other != file && other.suffix(4) == file.suffix(4) {
          contents.append((other, try fixture.disk.read(other)))
        }
        for (name, bytes) in contents {
          for writing in [false, true] {
            let problem = try fixture.problem(file, writing: writing) { disk in
              try disk.truncateForTest(path: file, to: 0)
              try disk.open(file, .append).write(bytes, at: 0)
            }
            #expect(problem == nil, "\(file) replaced by \(name), \(writing ? "writing" : "reading")")
          }
        }
      }
    }

    @Test func missingFiles() throws {
      let fixture = try Fixture()
      for file in fixture.files {
        for writing in [false, true] {
          let problem = try fixture.problem(file, writing: writing) { try $0.remove(file) }
          // That the oldest log file is gone is what trimming looks like, too.
          if file.hasSuffix(".log") && file != fixture.newestLog { continue }
          #expect(problem == nil, "\(file) is gone, \(writing ? "writing" : "reading")")
        }
      }
    }

    /// `verify` finds what reading finds, and goes on with the other partitions.
    @Test func verifyNamesTheFile() async throws {
      let fixture = try Fixture()
      for file in fixture.files where file.hasSuffix(".seg") || file.hasSuffix(".run") {
        let copy = fixture.disk.afterKill(seed: 1)
        let size = try copy.size(file)
        var options = Fixture.options
        options.access = .readOnly
        try copy.corrupt(path: file, offset: size / 3, xor: 4)
        do {
          let store = try GrowthStore.open(fixture.path, options: options, environment: Fixture.environment(copy))
          let report = try await store.verify()
          #expect(!report.isSound, "\(file)")
          #expect(report.damage.first?.file == file)
        } catch {
          // Damage that opening finds is found before verify can.
          #expect(error.file == file)
        }
      }
    }
  }
}
