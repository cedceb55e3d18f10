import Foundation

/// The built executable, run as a child process beside the test bundle.
struct CommandLineTool {
  struct Result {
    let status: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) }
  }

  let folder = try! TemporaryFolder()

  var store: String { folder.file("store") }

  /// Runs a command on the store of this folder; `sh` and a script runs the script, to which `$growthring` is the tool.
  func run(_ arguments: [String], input: [UInt8] = []) throws -> Result {
    let inputPath = try folder.write("stdin", input)
    let outputPath = try folder.write("stdout", [])
    let errorPath = try folder.write("stderr", [])
    let process = Process()
    let tool = try Self.executable()
    process.executableURL = arguments.first == "sh" ? URL(fileURLWithPath: "/bin/sh") : tool
    process.arguments = arguments.first == "sh" ? ["-c"] + arguments.dropFirst() : arguments
    process.environment = ["GROWTHRING_STORE": store, "growthring": tool.path, "PATH": "/usr/bin:/bin"]
    process.standardInput = FileHandle(forReadingAtPath: inputPath)
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: try folder.text("stdout"), errors: try folder.text("stderr"))
  }

  func run(_ arguments: String..., input: String = "") throws -> Result {
    try run(arguments, input: Array(input.utf8))
  }

  private struct NoExecutable: Error {}

  private static func executable() throws -> URL {
    var candidates = [URL(fileURLWithPath: CommandLine.arguments[0])]
    if let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      candidates.append(URL(fileURLWithPath: link))
    }
    for candidate in candidates {
      var folder = candidate.deletingLastPathComponent()
      // On some systems the bundle is a folder.
      for _ in 0..<4 {
        let tool = folder.appendingPathComponent("growthring")
        if FileManager.default.isExecutableFile(atPath: tool.path) { return tool }
        folder = folder.deletingLastPathComponent()
      }
    }
    throw NoExecutable()
  }
}

/// Lines of NDJSON for tests.
enum Sample {
  static func event(
    _ number: Int, user: String = "ada", entity: String = "swift", dimension: String = "self_act",
    delta: String = "1.5", time: String = "2026-01-02T03:04:05Z", more: String = ""
  ) -> String {
    let digits = String(number)
    let id = "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    return """
      {"event_id":"\(id)","user_id":"\(user)","entity_id":"\(entity)","entity_type":"skill","dim_key":"\(dimension)",\
      "delta":"\(delta)","source":"test","created_at":"\(time)"\(more)}

      """
  }

  /// Three events of one user.
  static var three: String {
    event(1) + event(2, dimension: "world_show", delta: "-0.25") + event(3, time: "2026-01-03T00:00:00.5Z")
  }
}
