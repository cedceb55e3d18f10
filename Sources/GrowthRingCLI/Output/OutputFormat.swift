/// In what format an export is written, by an option and the name of its file.
enum OutputFormat {
  private static let compressed = [".zst", ".zstd", ".gz", ".bz2", ".xz", ".lz4", ".zip"]

  /// - Throws: a usage error where the name promises what will not be in the file.
  static func of(_ path: String, _ given: InputFormat?) throws -> InputFormat {
    if path == "-" { return given ?? .ndjson }
    let name = path.lowercased()
    let named = InputFormat(path: path)
    let format = given ?? named ?? .ndjson
    if let ending = compressed.first(where: { name.hasSuffix($0) }) {
      throw CommandFailure(
        "\(path) is named as a compressed file, and exports are not compressed",
        "Write to standard output and compress that: --format \(format.rawValue) --output - | "
          + (ending.hasPrefix(".z") ? "zstd" : "gzip") + " > \(path)", status: .wrongUsage)
    }
    if name.hasSuffix(".tsv") {
      throw CommandFailure(
        "\(path) is named as cells with tabs between them, and exports have commas", "Name it .csv.",
        status: .wrongUsage)
    }
    if let named, named != format {
      throw CommandFailure(
        "\(path) is named as \(named.rawValue), and --format is \(format.rawValue)",
        "Leave --format out, or give the file another name.", status: .wrongUsage)
    }
    return format
  }
}
