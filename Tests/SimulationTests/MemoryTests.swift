import Foundation
import Testing

extension InTurn {
  /// Memory under a limit that the kernel enforces.
  @Suite struct MemoryTests {
    /// Three times the cap goes through a process that has little more than the cap, and is recomputed there.
    @Test func ingestAndVerifyStayBelowTheCap() async throws {
      let folder = try TemporaryFolder()
      let cap = 64 << 20
      // Beside the store's there are some 24 MiB of the process itself, not optimised, the batch and one commit.
      let child = try ChildProcess(
        ["fill", folder.path + "/store", "\(cap)", "\(3 * cap)"], memory: cap + 48 << 20)
      let status = try await child.end()
      #expect(status == 0)
      let lines = child.lines
      #expect(lines.count == 2 && lines.first?.hasPrefix("stored ") == true, "\(lines)")
      let events = lines.first?.dropFirst(7) ?? ""
      #expect(lines.last == "verified \(events), sound")
    }
  }
}
