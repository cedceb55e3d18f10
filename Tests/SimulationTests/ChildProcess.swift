import Foundation
import Synchronization

/// The appending process, its lines as they come, and its end.
final class ChildProcess: Sendable {
  private struct State {
    var buffer: [UInt8] = []
    var lines: [String] = []
    var hasEnded = false

    /// Reads what is in the pipe, without waiting for more. Only here, so that nothing is on its way from the pipe to `lines`.
    mutating func drain(_ file: Int32) {
      var bytes = [UInt8](repeating: 0, count: 4096)
      while !hasEnded, ChildProcess.isReadable(file, milliseconds: 0) {
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        if count > 0 { take(bytes[..<count]) } else if count == 0 || errno != EINTR { hasEnded = true }
      }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
      for byte in bytes {
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
  private let output = Pipe()
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
    process.standardOutput = output
    try process.run()
    identifier = process.processIdentifier
    self.process = Mutex(process)
    // The child must not wait for a reader while nobody asks for its lines.
    Thread.detachNewThread { [self] in
      while !state.withLock({ $0.hasEnded }) {
        if Self.isReadable(file, milliseconds: -1) { state.withLock { $0.drain(file) } }
      }
    }
  }

  private var file: Int32 { output.fileHandleForReading.fileDescriptor }

  /// Whether a read would not wait: for bytes, or because the other end is closed.
  private static func isReadable(_ file: Int32, milliseconds: Int32) -> Bool {
    var descriptor = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, milliseconds) > 0
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

  /// All whole lines that it has printed so far, also those that nobody has read yet.
  var lines: [String] {
    state.withLock { state in
      state.drain(file)
      return state.lines
    }
  }
  var lineCount: Int { lines.count }

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
