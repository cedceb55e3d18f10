import Benchmark
import Foundation
import GrowthRing

/// Point reads of a store at rest: one iteration reads 1,000 keys.
func storeBenchmarks(_ sample: Sample) {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("growthring-micro-\(UUID().uuidString)")
  let keys = stride(from: 0, to: 8_000, by: 8).map { sample.batch.event(at: $0) }
  Benchmark("growth of a user in an entity, 1,000 reads") { (benchmark: Benchmark, snapshot: GrowthSnapshot) in
    for _ in benchmark.scaledIterations {
      for key in keys { blackHole(sure { try snapshot.growth(user: key.user, entity: key.entity) }.count) }
    }
  } setup: { () async throws -> GrowthSnapshot in
    var options = StoreOptions()
    options.createIfMissing = true
    let store = try await GrowthStore.open(folder.path, options: options)
    _ = try await store.append(sample.batch)
    try await store.flush()
    return try await store.snapshot()
  } teardown: {
    try? FileManager.default.removeItem(at: folder)
  }
}
