import ArgumentParser
import Foundation
import GrowthRing

/// How fast questions over all raw events of a store are answered.
struct ScanBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "scan")

  @Option(help: "The store, which is only read.")
  var store = "bench-store"

  @Option(help: "How often each question is asked; the median and the best are printed.")
  var passes = 5

  func run() async throws {
    var options = StoreOptions()
    options.access = .readOnly
    let growth = try await GrowthStore.open(store, options: options)
    let events = try await growth.stats().events
    let last = try await growth.summary(by: []).rows().first?.lastEventAt ?? Timestamp(microseconds: 0)
    func since(_ days: Int64) -> Timestamp { Timestamp(microseconds: last.microseconds - days * 86_400_000_000) }
    try await measure("daily sum by dimension", events) { try await growth.summary(by: [.day, .dimension]).count }
    try await measure("active users of 7 and 30 days", events) {
      try await growth.activeUsers(since: [since(7), since(30)])[1]
    }
    try await measure("the same as sums", events) {
      _ = try await growth.summary(by: [], matching: EventFilter(from: since(7)), countingUsers: true)
      let sums = try await growth.summary(by: [], matching: EventFilter(from: since(30)), countingUsers: true)
      return try Int(sums.rows().first?.userCount ?? 0)
    }
    try await measure("sum by source and type", events) { try await growth.summary(by: [.source, .entityType]).count }
    try await measure("recompute of entity_growth", events) {
      try await growth.summary(by: [.user, .entity, .entityType, .dimension]).count
    }
    try await measure("verify", events) {
      let report = try await growth.verify()
      guard report.isSound else { throw ValidationError("verify: \(report.problems.prefix(3))") }
      return report.aggregates
    }
    try await growth.close()
  }

  private func measure(_ name: String, _ events: Int, _ body: () async throws -> Int) async throws {
    var seconds: [Double] = []
    var cpu: [Double] = []
    var rows = 0
    for _ in 0..<max(1, passes) {
      let start = DispatchTime.now().uptimeNanoseconds
      let used = Process.cpuSeconds
      rows = try await body()
      seconds.append(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
      cpu.append(Process.cpuSeconds - used)
    }
    seconds.sort()
    cpu.sort()
    emit(name, seconds[seconds.count / 2], "s")
    emit(name + ", best", seconds[0], "s")
    emit(name + ", CPU", cpu[cpu.count / 2] / Double(max(1, events)) * 1e9, "ns/event")
    emit(name + ", rows", Double(rows), "")
  }
}
