/// How hard a page is compressed.
enum CompressionEffort: Hashable, Sendable {
  /// Leaves the bytes as they are.
  case stored
  /// Hardly looks for repetitions. Of codes and of digits only their frequency says something: repetitions come by chance,
  /// and telling them takes more than they save, in the file and in the reader's time.
  case symbols
  /// Looks for four bytes that are those of a number before, and for nothing else: of numbers that lie as they are, the
  /// higher half repeats and the lower does not, which low levels overlook and high ones find at five times the cost.
  case halves
  /// A level of Zstandard.
  case level(Int32)
  /// Looks long for long repetitions and not at all for short ones: for texts that lie beside those which resemble them.
  case texts
  /// Looks for what makes the whole smallest and not for the best at each place, which takes some hundred nanoseconds a byte.
  case thorough

  /// Takes several times as long as others.
  var isSlow: Bool {
    switch self {
    case .stored, .symbols, .halves: false
    case .level(let level): level > 3
    case .texts, .thorough: true
    }
  }
}
