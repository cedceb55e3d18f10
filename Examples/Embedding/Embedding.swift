import GrowthRing

@main
struct Embedding {
  static func main() async throws {
    var options = StoreOptions()
    options.createIfMissing = true
    let store = try await GrowthStore.open("growth", options: options)
    let event = GrowthEvent(
      eventID: EventID("0190b2f0-7c1e-7000-8000-000000000001"), user: "ada", entity: "swift", entityType: "skill",
      dimension: "self_act", delta: Delta("1.5")!, createdAt: Timestamp("2026-11-01T10:00:00Z")!)
    let receipt = try await store.append([event])
    print("stored \(receipt.stored), known already \(receipt.duplicates)")
    for growth in try await store.growth(user: "ada", entity: "swift") {
      print(growth.dimension, growth.score, growth.eventCount)
    }
    try await store.close()
  }
}
