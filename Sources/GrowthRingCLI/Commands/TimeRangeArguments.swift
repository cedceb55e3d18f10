import ArgumentParser
import GrowthRing

/// A range of times, from and without the end.
struct TimeRangeArguments: ParsableArguments {
  @Option(help: ArgumentHelp("From this time on: \(TimeArgument.form).", valueName: "time"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Before this time, in the same forms.", valueName: "time"))
  var until: TimeArgument?

  func range(now: Int64 = Console.now) throws -> (from: Timestamp?, to: Timestamp?) {
    let from = since?.time(now: now)
    let to = until?.time(now: now)
    if let from, let to, from >= to {
      throw CommandFailure("--since \(from) is not before --until \(to)", status: .wrongUsage)
    }
    return (from, to)
  }

  /// The same in whole UTC days, first and last.
  func days(now: Int64 = Console.now) throws -> (from: Int32?, through: Int32?) {
    let range = try range(now: now)
    return (range.from?.day, range.to.map { Timestamp(microseconds: $0.microseconds - 1).day })
  }
}
