import ArgumentParser
import Glibc
import GrowthRing

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "A short trial of this machine and of a store on it.",
    discussion: """
      EXAMPLES
        growthring bench
        growthring bench --events 10M --folder /mnt/data
        growthring bench --json > bench.json

      Takes generated events in, asks, and verifies, in a folder of its own that it
      removes. What a durable append costs is mostly a sync of the disk, so name a
      folder on the disk that the store will live on.
      """)

  @Option(help: "How many events, such as 250k or 1M; at least 1k.")
  var events = CountArgument(argument: "1M")!

  @Option(help: ArgumentHelp("Where the trial's own folder is made; the temporary folder otherwise.", valueName: "dir"))
  var folder: String?

  @Option(help: "The seed of the events.")
  var seed: UInt64 = 1

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    if events.value < 1_000 { throw ValidationError("--events must be at least 1k.") }
    if events.value > 10_000_000_000 { throw ValidationError("--events must be at most 10G.") }
  }

  func run() async throws {
    let parent = folder ?? Console.environment("TMPDIR") ?? "/tmp"
    let trial = try TrialFolder(in: parent)
    var figures = try disk(trial)
    let line = SharedProgress()
    let store = StoreTrial(path: trial.path + "/store", events: events.value, seed: seed)
    figures += try await store.run { line.update(fraction: nil, $0) }
    _ = line.finish()
    let sink = OutputSink()
    if json {
      sink.buffer.append(contentsOf: object(figures).line)
    } else {
      write(figures, folder: parent, to: sink)
    }
    try sink.flush()
  }

  private func disk(_ trial: borrowing TrialFolder) throws -> [TrialFigure] {
    let (p50, p99) = try trial.syncTimes().percentiles
    let speed = try trial.writeSpeed(bytes: min(256 << 20, max(16 << 20, events.value * 100)))
    return [
      TrialFigure(
        key: "sync", name: "sync of an appended page", value: p50, unit: "µs", digits: 0, p99: p99),
      TrialFigure(
        key: "write_mib_per_s", name: "a long file, synced", value: speed / Double(1 << 20), unit: "MiB/s", digits: 0),
    ]
  }

  private var version: String { GrowthRingCommand.configuration.version }
  private var cores: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  private func object(_ figures: [TrialFigure]) -> JSONObject {
    var object = JSONObject()
    object.put("version", version)
    object.put("cores", cores)
    object.put("events", events.value)
    for figure in figures {
      if let p99 = figure.p99 {
        object.put(figure.key + "_p50_us", measured: figure.value, digits: 3)
        object.put(figure.key + "_p99_us", measured: p99, digits: 3)
      } else {
        object.put(figure.key, measured: figure.value, digits: 3)
      }
    }
    return object
  }

  private func write(_ figures: [TrialFigure], folder: String, to sink: OutputSink) {
    sink.buffer.append(
      "growthring \(version), \(NumberText.counted(cores, "core")), "
        + "\(NumberText.counted(events.value, "generated event")) in \(TableText.printable(folder))\n")
    for figure in figures {
      let value = TrialFigure.text(figure.value, figure.digits)
      let line =
        pad(figure.name, 34) + String(repeating: " ", count: max(0, 11 - TableText.width(value))) + value + " "
        + (figure.remark.isEmpty ? figure.unit : pad(figure.unit, 10) + figure.remark)
      sink.buffer.append(line + "\n")
    }
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - TableText.width(text)))
  }
}
