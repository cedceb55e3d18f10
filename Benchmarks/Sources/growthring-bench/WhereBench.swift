import ArgumentParser
import Foundation
import GrowthRing

/// How long it takes to find events with rare tags among many: the load of the base with some tagged, and the reads.
///
/// Of the base's events, 1, 10, 100 and 1,000 get a further tag, `rare_1` to `rare_1000`, evenly spread over the file, and 1 to
/// 1000 as their `amount`, with a fraction.
struct WhereBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "where")

  @Option(help: "The store that `--make` left.")
  var store = "bench-store"

  @Option(help: "A file of fixed records: the base load.")
  var records: String

  @Option(help: "Records of it at the most.")
  var limit = Int.max

  @Flag(help: "Makes the store, which is removed first.")
  var make = false

  @Option(help: "Reads of each kind.")
  var reads = 200

  func run() async throws {
    let count = try RecordSource(path: records, limit: limit).count
    if make { try await makeStore(count) }
    let growth = try await GrowthStore.open(store)
    for rare in RareTags.counts where rare <= count {
      let tag = "rare_\(rare)"
      try await measure(growth, "tag of \(rare)", "metadata.tags contains '\(tag)'", expected: rare)
      if rare == 10 {
        try await measure(
          growth, "tag of 10 and source", "metadata.tags contains '\(tag)' and metadata.source = 'nowhere'", expected: 0
        )
      }
    }
    for rare in RareTags.counts where rare <= count {
      let range = "metadata.amount >= \(rare) and metadata.amount < \(rare + 1)"
      try await measure(growth, "range of \(rare)", range, expected: rare)
    }
    try await measure(growth, "range of none", "metadata.amount > 2000", expected: 0)
    try await sums(growth, count)
    try await measure(growth, "no such tag", "metadata.tags contains 'none'", expected: 0)
    try await measure(growth, "no such path", "metadata.missing > 3", expected: 0)
    try await growth.close()
    emit("peak memory", Double(Process.peakMemory), "MiB")
  }

  private func measure(_ store: GrowthStore, _ name: String, _ condition: String, expected: Int) async throws {
    let filter = EventFilter(where: try MetadataPredicate(condition))
    var latencies = Latencies()
    for pass in 0..<reads + 1 {
      let start = DispatchTime.now().uptimeNanoseconds
      var found = 0
      for try await batch in try await store.events(matching: filter) { found += batch.count }
      let end = DispatchTime.now().uptimeNanoseconds
      guard found == expected else { throw ValidationError("\(condition): \(found) events where \(expected) are") }
      if pass == 0 {
        emit(name + ", first", Double(end - start) / 1_000, "µs")
      } else {
        latencies.add(nanoseconds: end - start)
      }
    }
    latencies.report(name)
  }

  /// Numbers in buckets, and their sums, over all events.
  private func sums(_ store: GrowthStore, _ count: Int) async throws {
    let path = MetadataPath("amount")
    guard let part = SummaryPart(rawValue: "metadata.amount:10") else { return }
    var latencies = Latencies()
    for _ in 0..<5 {
      let start = DispatchTime.now().uptimeNanoseconds
      let rows = try await store.summary(by: [part], summing: path).rows()
      latencies.add(nanoseconds: DispatchTime.now().uptimeNanoseconds - start)
      let counted = rows.reduce(0) { $0 + Int($1.numbers?.count ?? 0) }
      let tagged = RareTags.counts.reduce(0) { $0 + ($1 <= count ? $1 : 0) }
      guard counted == tagged else { throw ValidationError("\(counted) numbers where \(tagged) are") }
    }
    latencies.report("sums by buckets of a number")
  }

  private func makeStore(_ count: Int) async throws {
    try? FileManager.default.removeItem(atPath: store)
    var options = StoreOptions()
    options.createIfMissing = true
    let growth = try await GrowthStore.open(store, options: options)
    var source = try RecordSource(path: records, limit: limit)
    source.rare = RareTags(count: count)
    let used = Process.cpuSeconds
    var making = 0.0
    while true {
      let start = Process.threadSeconds
      let batch = try source.next(100_000)
      making += Process.threadSeconds - start
      if batch.isEmpty { break }
      _ = try await growth.append(batch)
    }
    try await growth.flush()
    emit("load, CPU", (Process.cpuSeconds - used - making) / Double(count) * 1e6, "µs/event")
    while try await growth.compact() {}
    emit("load and settling, CPU", (Process.cpuSeconds - used - making) / Double(count) * 1e6, "µs/event")
    let stats = try await growth.stats()
    for column in stats.columns where column.name.hasPrefix("metadata") {
      emit("column " + column.name, Double(column.bytes) / Double(count), "bytes/event")
    }
    emit("segments", Double(stats.segmentBytes) / Double(count), "bytes/event")
    try await growth.close()
  }
}

/// Which records of a file get which further tag.
struct RareTags {
  static let counts = [1, 10, 100, 1_000]

  let count: Int

  /// The tag of a record, if it gets one: the n of a tag stand at (2 i + 1) / 2 n of the file, and one record has one.
  func tag(of record: Int) -> String? {
    for rare in Self.counts where rare <= count {
      let part = record * rare / count
      if record == (2 * part + 1) * count / (2 * rare) { return "rare_\(rare)" }
    }
    return nil
  }

  /// Metadata with a further tag.
  static func add(_ tag: String, to metadata: String) -> String {
    let amount = "{\"amount\":\(tag.dropFirst("rare_".count)).25,"
    if let tags = metadata.range(of: "\"tags\":[") {
      return amount + metadata.replacingCharacters(in: tags, with: "\"tags\":[\"\(tag)\",").dropFirst()
    }
    return amount + metadata.dropFirst().dropLast() + ",\"tags\":[\"\(tag)\"]}"
  }
}
