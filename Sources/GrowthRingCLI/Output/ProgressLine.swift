/// A line of progress on the terminal, redrawn a few times a second; nothing where there is no terminal.
struct ProgressLine {
  private let isShown: Bool
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var lastDrawn: ContinuousClock.Instant?
  private var isOnScreen = false

  init(isQuiet: Bool = false) {
    isShown = !isQuiet && Console.errorIsTerminal
    start = clock.now
  }

  /// Seconds since the beginning.
  var seconds: Double { (clock.now - start).inSeconds }

  /// Shows how far the work has come.
  ///
  /// - Parameters:
  ///   - fraction: from 0 to 1; nil where the end is unknown.
  ///   - text: what was done so far, such as `1,200,000 events`.
  mutating func update(fraction: Double?, _ text: @autoclosure () -> String) {
    guard isShown else { return }
    let now = clock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(200) { return }
    lastDrawn = now
    isOnScreen = true
    Console.status(TableText.cut(Self.line(fraction: fraction, text(), seconds: seconds), to: Console.width - 1))
  }

  static func line(fraction: Double?, _ text: String, seconds: Double) -> String {
    guard let fraction else { return text }
    let part = min(1, max(0, fraction))
    let filled = Int(part * 24)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    let remaining = part > 0.005 && seconds > 0.5 ? NumberText.duration(seconds / part - seconds) : "-:--"
    return "\(bar) \(NumberText.fixed(part * 100, 0)) %  \(text)  \(remaining) left"
  }

  /// Takes the line away.
  mutating func clear() {
    if isOnScreen { Console.status("") }
    isOnScreen = false
  }
}
