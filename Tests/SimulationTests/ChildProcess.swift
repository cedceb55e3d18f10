import Foundation
import Synchronization

/// The appending process, its lines as they come, and its end.
final class ChildProcess: Sendable {
  private struct State {
    var buffer: [UInt8] = []
    var lines: [String] = []
    var hasEnded = false

    mutating func take(_ data: Data) {
      for byte in data {
        if byte == UInt8(ascii: "\n") {
          lines.append(String(decoding: buffer, as: UTF8.self))
          buffer.removeAll(keepingCapacity: true)
        } else {
          buffer.append(byte)
        }
      }
    }
  }

  private let process: Mutex<Process>
  private let identifier: Int32
  private let state = Mutex(State())

  /// With `memory`, the kernel gives the process no more than so many bytes that are its own: heap, stacks and data, but not
  /// mapped files.
  init(_ arguments: [String], memory: Int? = nil) throws {
    let process = Process()
    process.executableURL = try Self.executable()
    process.arguments = arguments
    if let memory {
      let limits = "ulimit -s 512 && ulimit -d \(memory >> 10) && exec \"$0\" \"$@\""
      process.arguments = ["-c", limits, try Self.executable().path] + arguments
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
    }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    identifier = process.processIdentifier
    self.process = Mutex(process)
    let handle = pipe.fileHandleForReading
    Thread.detachNewThread { [self] in
      while true {
        let data = handle.availableData
        if data.isEmpty { break }
        state.withLock { $0.take(data) }
      }
      state.withLock { $0.hasEnded = true }
    }
  }

  /// Beside the tests, where the package manager builds all executables.
  private static func executable() throws -> URL {
    var folder = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
      .deletingLastPathComponent()
    for _ in 0..<4 {
      let candidate = folder.appendingPathComponent("crash-appender")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      folder.deleteLastPathComponent()
    }
    throw CocoaError(.fileNoSuchFile)
  }

  /// Whole lines so far.
  var lines: [String] { state.withLock { $0.lines } }
  var lineCount: Int { state.withLock { $0.lines.count } }

  /// The ids of all batches that were acknowledged so far.
  var acknowledged: [String] {
    lines.filter { $0.hasPrefix("ack ") }.flatMap { $0.dropFirst(4).split(separator: " ").map(String.init) }
  }

  /// Waits until so many lines have come, or the process has ended.
  func wait(lines count: Int) async throws {
    while state.withLock({ $0.lines.count < count && !$0.hasEnded }) { try await Task.sleep(for: .milliseconds(1)) }
  }

  /// Waits until a line has come so many times, or the process has ended.
  func wait(for lines: Set<String>, count: Int) async throws {
    while state.withLock({ state in !state.hasEnded && state.lines.count { lines.contains($0) } < count }) {
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  /// SIGKILL; then reads what had been printed.
  func kill() async throws {
    Foundation.kill(identifier, SIGKILL)
    try await end()
  }

  /// Waits for the end of the output and of the process; its status.
  @discardableResult
  func end() async throws -> Int32 {
    while state.withLock({ !$0.hasEnded }) { try await Task.sleep(for: .milliseconds(1)) }
    return process.withLock { process in
      process.waitUntilExit()
      return process.terminationStatus
    }
  }
}
