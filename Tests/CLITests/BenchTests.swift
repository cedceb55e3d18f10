import Foundation
import Testing

/// `growthring bench` answers and leaves nothing behind; how fast is no matter here.
struct BenchTests {
  private let tool = CommandLineTool()

  private static let keys = [
    "sync_p50_us", "sync_p99_us", "write_mib_per_s", "ingest_100k_per_s", "ingest_1k_per_s", "append_single_per_s",
    "growth_of_entity_p50_us", "growth_of_entity_p99_us", "growth_of_user_p50_us", "history_p50_us", "history_p99_us",
    "bytes_per_event", "bytes_per_aggregate", "verify_per_s",
  ]

  @Test func json() throws {
    let result = try tool.run("bench", "--events", "2k", "--folder", tool.folder.path, "--json")
    #expect(result.status == 0, "\(result.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    for key in Self.keys {
      let value = try #require(object[key] as? Double, "\(key) is missing")
      #expect(value > 0, "\(key)")
    }
    #expect(object["events"] as? Int == 2_000)
    try expectNothingIsLeft()
  }

  @Test func table() throws {
    let result = try tool.run("bench", "--events", "1k", "--folder", tool.folder.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.lines.count == 12)
    #expect(result.lines[0].contains("1,000 generated events"))
    #expect(result.lines.contains { $0.hasPrefix("recomputed and compared") && $0.hasSuffix("sound") })
    try expectNothingIsLeft()
  }

  @Test func aFolderThatIsNotThere() throws {
    let result = try tool.run("bench", "--events", "1k", "--folder", tool.folder.file("none"))
    #expect(result.status == 1)
    #expect(result.errors.contains("--folder"))
  }

  /// Whoever stops a trial finds no folder of it. Ctrl-C is the same by another number, which whatever runs the tests may
  /// have processes ignore.
  @Test func aSignalLeavesNothing() throws {
    let script = """
      "$growthring" bench --events 1M --folder '\(tool.folder.path)' &
      child=$!
      tries=0
      until ls -d '\(tool.folder.path)'/growthring-bench-*/store; do
        sleep 0.05; tries=$((tries + 1)); [ $tries -lt 1200 ] || break
      done
      kill -TERM $child
      wait $child
      echo "ended with $?"
      """
    let result = try tool.run("sh", script)
    #expect(result.lines.last != "ended with 0", "\(result.errors)")
    try expectNothingIsLeft()
  }

  private func expectNothingIsLeft() throws {
    let left = try FileManager.default.contentsOfDirectory(atPath: tool.folder.path)
    #expect(left.filter { $0.hasPrefix("growthring-bench") } == [])
  }
}
