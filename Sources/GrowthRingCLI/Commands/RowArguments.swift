import ArgumentParser

/// How rows come out.
struct RowArguments: ParsableArguments {
  enum Format: String, EnumerableFlag {
    case json
    case csv

    static func help(for value: Format) -> ArgumentHelp? {
      switch value {
      case .json: "One JSON object a line."
      case .csv: "CSV with a header."
      }
    }
  }

  @Flag(exclusivity: .exclusive)
  var format: Format?

  @Option(help: "Times as ISO 8601 in UTC (iso) or as microseconds since 1970 (us).")
  var time: TimeStyle = .iso

  var rowFormat: RowWriter.Format {
    switch format {
    case .json: .json
    case .csv: .csv
    case nil: .table
    }
  }

  func writer(_ columns: [RowWriter.Column], to sink: OutputSink) -> RowWriter {
    RowWriter(rowFormat, columns, time: time, to: sink)
  }
}
