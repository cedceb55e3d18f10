/// Parquet files that cannot be read, whatever is in them.
extension CommandFailure {
  /// Parquet is no stream: its end says where everything lies.
  static func refuseParquetStream(_ path: String) throws(CommandFailure) {
    if path != "-" { return }
    throw CommandFailure(
      "Parquet cannot be read from standard input, for it is read from its end", "Name the file.", status: .wrongUsage)
  }

  static func unreadable(_ path: String, _ reason: String) -> CommandFailure {
    CommandFailure("cannot read \(path): \(reason)", "Check the name of the file.")
  }

  /// - Parameter rows: what the rows of the file are.
  static func damaged(_ path: String, _ error: any Error, _ reason: String, rows: String) -> CommandFailure {
    CommandFailure(
      "\(path): \(error)",
      reason.contains("unsupported")
        ? "Write the file again without this feature."
        : "Fetch or make the file again. \(rows) before this place are stored, and taking them in again changes nothing."
    )
  }

  static func unsupportedColumn(_ path: String, _ error: any Error) -> CommandFailure {
    CommandFailure("\(path): \(error)", "Map another column, or convert this one.")
  }
}
