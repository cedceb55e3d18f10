import ArgumentParser
import CAllocator
import Glibc
import GrowthRing

/// The entry: runs the command, and turns every error into a message and one of the exit codes of `ExitStatus`.
@main
enum Main {
  static func main() async {
    // What glibc keeps of freed memory would count against a limit on the process as much as what is in use.
    growthring_keep_heap_small()
    Console.openStandardDescriptors()
    // A closed pipe is an error of `write`, not the end of a process that may be appending.
    _ = signal(SIGPIPE, SIG_IGN)
    exit(await run(Array(CommandLine.arguments.dropFirst())))
  }

  static func run(_ arguments: [String]) async -> Int32 {
    do {
      let command = try GrowthRingCommand.parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
      return ExitStatus.done.rawValue
    } catch {
      return report(error)
    }
  }

  /// Says on standard error what went wrong; returns the exit code.
  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case is OutputClosed: return ExitStatus.done.rawValue
    case let failure as CommandFailure: return report(failure)
    case let failure as StoreError: return report(CommandFailure(failure))
    case let failure as ConfigurationError:
      return report(CommandFailure("the file is not valid\n\(failure)", "Correct the file and try again."))
    case let failure as EventRejection: return report(CommandFailure("\(failure)"))
    default: break
    }
    let code = GrowthRingCommand.exitCode(for: error)
    let text = GrowthRingCommand.fullMessage(for: error)
    if !text.isEmpty {
      if code.isSuccess { Console.output(text) } else { Console.error(text) }
    }
    return code == .validationFailure ? ExitStatus.wrongUsage.rawValue : code.rawValue
  }

  private static func report(_ failure: CommandFailure) -> Int32 {
    Console.error("growthring: \(failure.message)")
    if let hint = failure.hint { Console.error("  \(hint)") }
    return failure.status.rawValue
  }
}
