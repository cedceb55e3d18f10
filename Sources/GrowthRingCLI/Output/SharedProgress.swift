import Synchronization

/// A line of progress that threads of the store may update.
final class SharedProgress: Sendable {
  private let line = Mutex(ProgressLine())

  func update(fraction: Double?, _ text: @autoclosure () -> String) {
    line.withLock { $0.update(fraction: fraction, text()) }
  }

  /// Takes the line away; returns the seconds since the beginning.
  func finish() -> Double {
    line.withLock { line in
      line.clear()
      return line.seconds
    }
  }
}
