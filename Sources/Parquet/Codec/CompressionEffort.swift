/// How hard a page is compressed.
enum CompressionEffort: Hashable, Sendable {
  /// Hardly looks for repetitions. Of codes and of digits only their frequency says something: repetitions come by chance,
  /// and telling them takes more than they save, in the file and in the reader's time.
  case symbols
  /// A level of Zstandard.
  case level(Int32)

  /// Takes several times as long as others.
  var isSlow: Bool {
    guard case .level(let level) = self else { return false }
    return level > 3
  }
}
