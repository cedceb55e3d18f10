import GrowthRing

/// A bar a day: the small chart of `daily`.
struct BarChart {
  struct Day: Equatable {
    let day: Int32
    var score: Score
    var events: UInt64
  }

  /// A longer time without events is one line.
  private static let longestGap: Int32 = 3

  /// The lines of the chart, for days in ascending order.
  static func lines(_ days: [Day], width: Int) -> [String] {
    guard !days.isEmpty else { return [] }
    let scores = days.map { $0.score.description }
    let counts = days.map { NumberText.counted($0.events, "event") }
    let scoreWidth = scores.map(\.utf8.count).max() ?? 0
    let countWidth = counts.map(\.utf8.count).max() ?? 0
    let room = max(8, min(60, width - 10 - scoreWidth - countWidth - 7))
    let largest = days.map { $0.score.millionths.magnitude }.max() ?? 0
    var lines: [String] = []
    var previous: Int32?
    for (index, day) in days.enumerated() {
      if let previous, day.day > previous + 1 { lines += gap(previous + 1, day.day) }
      previous = day.day
      let score = padded(scores[index], scoreWidth)
      let bar = bar(day.score, largest: largest, room: room)
      lines.append("\(date(day.day))  \(score)  \(padded(counts[index], countWidth))  \(bar)")
    }
    return lines
  }

  private static func gap(_ from: Int32, _ end: Int32) -> [String] {
    let days = end - from
    if days > longestGap { return ["         ⋮  \(NumberText.counted(days, "day")) without events"] }
    return (from..<end).map { date($0) }
  }

  /// Eighths of a column; a score below zero is drawn hollow.
  private static func bar(_ score: Score, largest: UInt128, room: Int) -> String {
    guard largest > 0, score.millionths != 0 else { return "" }
    let part = Double(score.millionths.magnitude) / Double(largest)
    let eighths = max(1, Int((part * Double(room * 8)).rounded()))
    if score.millionths < 0 { return String(repeating: "░", count: max(1, eighths / 8)) }
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    return String(repeating: "█", count: eighths / 8) + rest
  }

  private static func date(_ day: Int32) -> String { Timestamp.Day.text(day) }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}
