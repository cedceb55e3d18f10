/// Aligned columns for people. Rows are gathered and printed in groups; a group's widths fit all rows until then.
struct TableLayout {
  enum Alignment {
    case leading
    case trailing
    /// At the left, and cut where the screen is too narrow. Ids, numbers and times stay whole, to be copied.
    case flexible
  }

  private static let group = 500
  private static let gap = 2
  private static let narrowest = 8

  private let titles: [String]
  private let alignments: [Alignment]
  /// The columns of the screen; nil where lines may be of any length.
  private let limit: Int?
  private var widths: [Int]
  private var rows: [[String]] = []
  private var hasHeader = false

  init(titles: [String], alignments: [Alignment], limit: Int?) {
    self.titles = titles
    self.alignments = alignments
    self.limit = limit
    widths = titles.map(TableText.width)
  }

  /// Adds a row; prints what was gathered once that is enough.
  mutating func add(_ row: [String], to sink: OutputSink) throws {
    let row = row.map(TableText.printable)
    for (index, cell) in row.enumerated() { widths[index] = max(widths[index], TableText.width(cell)) }
    rows.append(row)
    if rows.count >= Self.group { try print(to: sink) }
  }

  /// Prints what is left.
  mutating func finish(to sink: OutputSink) throws {
    if !rows.isEmpty { try print(to: sink) }
  }

  private mutating func print(to sink: OutputSink) throws {
    let widths = fittedWidths()
    if !hasHeader { append(titles, widths, to: sink) }
    hasHeader = true
    for row in rows {
      append(row, widths, to: sink)
      try sink.drain()
    }
    rows.removeAll(keepingCapacity: true)
  }

  /// Flexible columns give way, the widest first, where a line would not fit on the screen.
  private func fittedWidths() -> [Int] {
    var widths = widths
    guard let limit else { return widths }
    var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - limit
    while excess > 0 {
      let flexible = widths.indices.filter { alignments[$0] == .flexible && widths[$0] > Self.narrowest }
      guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func append(_ cells: [String], _ widths: [Int], to sink: OutputSink) {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let isLast = index == cells.count - 1
      let text = alignments[index] == .flexible ? TableText.cut(cell, to: widths[index]) : cell
      let padding = String(repeating: " ", count: max(0, widths[index] - TableText.width(text)))
      line += alignments[index] == .trailing ? padding + text : isLast ? text : text + padding
      if !isLast { line += "  " }
    }
    while line.last == " " { line.removeLast() }
    sink.buffer.append(line)
    sink.buffer.append(UInt8(ascii: "\n"))
  }
}
