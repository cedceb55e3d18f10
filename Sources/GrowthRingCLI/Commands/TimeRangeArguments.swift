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

  /// The same in whole days of a zone, first and last. A time without a zone is one of UTC; a date is that day in the
  /// zone.
  func days(in zone: LocalZone = .utc, now: Int64 = Console.now) throws -> (from: Int32?, through: Int32?) {
    let range = try range(now: now)
    let from = range.from.map { since?.isMidnight == true ? $0.day : zone.day(of: $0) }
    let through = range.to.map { time in
      let last = Timestamp(microseconds: time.microseconds - 1)
      return until?.isMidnight == true ? last.day : zone.day(of: last)
    }
    return (from, through)
  }
}
