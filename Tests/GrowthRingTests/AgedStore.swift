import StorageIO
import StoreEngine

@testable import GrowthRing

/// A store on the simulated disk for events and memory units of many ages: of two partitions, and for any dimension.
struct AgedStore {
  static let day: Int64 = 86_400_000_000
  /// 2026-01-01, where the clock begins.
  static let now: Int64 = 1_767_225_600_000_000

  let disk = SimulatedDisk(seed: 1)
  let clock = SimulatedClock(start: now, step: 1)
  let environment: StorageEnvironment

  init() { environment = StorageEnvironment(disk: disk, clock: clock, entropy: SimulatedEntropy(seed: 1)) }

  func open(_ access: StoreOptions.Access = .readWrite) throws -> GrowthStore {
    var options = StoreOptions()
    options.createIfMissing = access == .readWrite
    options.partitions = 2
    options.model = .open
    options.access = access
    return try GrowthStore.open("store", options: options, environment: environment)
  }

  /// The months of which there are files in an archive.
  func months(in folder: String) throws -> [String] {
    guard try disk.exists(folder) else { return [] }
    return try disk.list(folder).filter { $0.hasPrefix("month=") }
  }

  /// The paths of all files of an archive.
  func parquetFiles(in folder: String) throws -> [String] {
    try months(in: folder).flatMap { month in try disk.list("\(folder)/\(month)").map { "\(folder)/\(month)/\($0)" } }
  }
}
