import Columnar
import StorageIO
import TestSupport
import Testing

@testable import StoreEngine

/// Files of expired keys.
@Suite struct ExpiredKeyTests {
  private let disk = SimulatedDisk(seed: 1)

  private func write(_ keys: [ExpiredKey], merging: [ExpiredKeyFile] = [], id: UInt64 = 7) throws -> ExpiredKeyFile {
    let output = try FileOutput.create("keys\(id)", disk: disk)
    let summary = try ExpiredKeyMerge.write(merging, sorted: keys, days: EventDays(), fileID: id, output: output)
    try output.publish(disk: disk)
    let bytes = try disk.read("keys\(id)")
    #expect(bytes.count == summary.length)
    let file = try ExpiredKeyFile(bytes: Bytes(bytes), path: "keys\(id)", expectedFileID: id)
    try file.check()
    #expect(file.count == summary.keys)
    return file
  }

  private func keys(_ count: Int, seed: UInt64, crowded: Bool = false) -> [ExpiredKey] {
    var random = SimulationRandom(seed: seed)
    return (0..<count).map { _ in
      ExpiredKey(
        hash: crowded ? UInt64(random.below(9)) : random.next(), check: UInt32(truncatingIfNeeded: random.next()))
    }.sorted()
  }

  @Test(arguments: [1, 2, 255, 256, 257, 1_024, 10_000], [false, true])
  func finds(count: Int, crowded: Bool) throws {
    let keys = keys(count, seed: UInt64(count), crowded: crowded)
    let file = try write(keys)
    for key in keys {
      #expect(try file.contains(hash: key.hash) { key.check })
      #expect(
        try !file.contains(hash: key.hash) { key.check ^ 1 }
          || Set(keys).contains(.init(hash: key.hash, check: key.check ^ 1)))
    }
    let known = Set(keys.map(\.hash))
    for key in self.keys(500, seed: 99, crowded: crowded) + [.init(hash: 0, check: 0), .init(hash: .max, check: 0)]
    where !known.contains(key.hash) {
      #expect(try !file.contains(hash: key.hash) { fatalError("the hash is not here") })
    }
  }

  @Test func mergesInOrder() throws {
    let parts = [keys(700, seed: 1), keys(20, seed: 2), keys(300, seed: 3)]
    let files = try parts.enumerated().map { try write($0.element, id: UInt64($0.offset + 1)) }
    let more = keys(55, seed: 4)
    let whole = try write(more, merging: files, id: 9)
    let expected = (parts.flatMap { $0 } + more).sorted()
    #expect((0..<whole.count).map { whole.key($0) } == expected)
    #expect(try ExpiredKeyMerge.repeated(files) == 0)
    #expect(try ExpiredKeyMerge.repeated(files + [whole]) == 1_020)
  }

  @Test func daysPrune() {
    var days = EventDays()
    days.days = [3, 5]
    var other = EventDays()
    other.days = [4, 5]
    other.hasOtherIDs = true
    days.formUnion(other)
    #expect(days.days == [3, 4, 5] && days.hasOtherIDs && !days.isUnknown)
    other.isUnknown = true
    days.formUnion(other)
    #expect(days.isUnknown && days.days.isEmpty)
  }

  /// The 32 bits tell users and ids apart that the hash of keys does not.
  @Test func checksAreIndependent() {
    var seen: Set<UInt32> = []
    for user in 0..<100 {
      let userCheck = ExpiredKey.userCheck(Array("user-\(user)".utf8), hashSeed: 5)
      for id in UInt64(0)..<100 { seen.insert(ExpiredKey.check(userCheck: userCheck, high: id, low: id &* 77)) }
    }
    #expect(seen.count > 9_990)
  }
}
