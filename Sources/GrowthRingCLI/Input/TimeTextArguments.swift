import ArgumentParser
import GrowthRing

/// How foreign files write their times.
struct TimeTextArguments: ParsableArguments {
  @Option(help: "The unit of times that are integers: us, ms or s.")
  var timeUnit: TimeUnit = .microseconds

  @Option(
    help: ArgumentHelp(
      "How CSV writes times: iso, us, ms, s, or a pattern such as \"%d/%m/%Y %H:%M\".", valueName: "format"))
  var timeFormat: TimeFormat?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The zone of times that name none, in CSV and Parquet: UTC or such as +02:00.", valueName: "zone"))
  var naiveTime: ZoneArgument?
}
