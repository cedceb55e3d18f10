import GrowthRing

/// Writes rows of a fixed set of columns as a table, as CSV, or as one JSON object a line.
///
/// A row is its cells in the order of the columns, then `endRow`. CSV and JSON go straight to bytes.
struct RowWriter {
  enum Format { case table, json, csv }

  struct Column {
    /// The name in CSV and JSON.
    let name: String
    /// The heading of a table; nil where a table leaves the column out.
    let title: String?
    let alignment: TableLayout.Alignment

    init(_ name: String, _ title: String?, _ alignment: TableLayout.Alignment = .leading) {
      self.name = name
      self.title = title
      self.alignment = alignment
    }
  }

  let format: Format
  let time: TimeStyle
  private let columns: [Column]
  private let sink: OutputSink
  /// In JSON: what stands before each value.
  private let keys: [[UInt8]]
  private var table: TableLayout
  private var cells: [String] = []
  private var index = 0
  private(set) var rowCount = 0

  init(_ format: Format, _ columns: [Column], time: TimeStyle, to sink: OutputSink) {
    self.format = format
    self.columns = columns
    self.time = time
    self.sink = sink
    keys = columns.enumerated().map { index, column in
      var key: [UInt8] = [index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ",")]
      key.append(json: column.name.utf8)
      key.append(UInt8(ascii: ":"))
      return key
    }
    let shown = columns.filter { $0.title != nil }
    table = TableLayout(
      titles: shown.compactMap(\.title), alignments: shown.map(\.alignment),
      limit: Console.outputIsTerminal ? Console.width : nil)
    if format == .csv {
      for (index, column) in columns.enumerated() {
        if index > 0 { sink.buffer.append(UInt8(ascii: ",")) }
        sink.buffer.append(csv: column.name.utf8)
      }
      sink.buffer.append(UInt8(ascii: "\n"))
    }
  }

  // MARK: Cells

  mutating func put(text: String) {
    switch format {
    case .csv: beginCSV { $0.append(csv: text.utf8) }
    case .json: beginJSON { $0.append(json: text.utf8) }
    case .table: put(cell: text)
    }
  }

  mutating func put(integer value: UInt64) {
    switch format {
    case .csv: beginCSV { $0.append(integer: value) }
    case .json: beginJSON { $0.append(integer: value) }
    case .table: put(cell: String(value))
    }
  }

  /// An exact decimal. In JSON it is a string, so that no reader rounds it.
  mutating func put(millionths: Int128) {
    switch format {
    case .csv: beginCSV { $0.append(millionths: millionths) }
    case .json:
      beginJSON {
        $0.append(UInt8(ascii: "\""))
        $0.append(millionths: millionths)
        $0.append(UInt8(ascii: "\""))
      }
    case .table: put(cell: Score(millionths: millionths).description)
    }
  }

  mutating func put(time value: Timestamp) {
    let style = time
    switch format {
    case .csv: beginCSV { style.append(value, to: &$0) }
    case .json:
      beginJSON {
        if style == .iso { $0.append(UInt8(ascii: "\"")) }
        style.append(value, to: &$0)
        if style == .iso { $0.append(UInt8(ascii: "\"")) }
      }
    case .table: put(cell: style.shortText(value))
    }
  }

  /// A day as a date, whatever the style of times.
  mutating func put(day: Int32) {
    var text: [UInt8] = []
    text.appendDate(day)
    put(text: String(decoding: text, as: UTF8.self))
  }

  /// A JSON document, which JSON takes over as it is; empty is absent.
  mutating func put(document: String) {
    switch format {
    case .json: beginJSON { $0.append(document.isEmpty ? "null" : document) }
    case .csv, .table: put(text: document)
    }
  }

  mutating func put(list: [String]) {
    switch format {
    case .json:
      beginJSON { buffer in
        buffer.append(UInt8(ascii: "["))
        for (index, text) in list.enumerated() {
          if index > 0 { buffer.append(UInt8(ascii: ",")) }
          buffer.append(json: text.utf8)
        }
        buffer.append(UInt8(ascii: "]"))
      }
    case .csv, .table: put(text: list.joined(separator: format == .csv ? ";" : ", "))
    }
  }

  mutating func put(boolean value: Bool) {
    switch format {
    case .json: beginJSON { $0.append(value ? "true" : "false") }
    case .csv, .table: put(text: value ? "true" : "")
    }
  }

  mutating func putNothing() {
    switch format {
    case .csv: beginCSV { _ in }
    case .json: beginJSON { $0.append("null" as StaticString) }
    case .table: put(cell: "")
    }
  }

  /// The four measures of an aggregate.
  mutating func put(_ measures: some GrowthMeasures) {
    put(millionths: measures.score.millionths)
    put(integer: measures.eventCount)
    put(time: measures.firstEventAt)
    put(time: measures.lastEventAt)
  }

  static let measures = [
    Column("score", "score", .trailing), Column("event_count", "events", .trailing),
    Column("first_event_at", "first event"), Column("last_event_at", "last event"),
  ]

  // MARK: Rows

  mutating func endRow() throws {
    precondition(index == columns.count, "a row has a cell for each column")
    index = 0
    rowCount += 1
    switch format {
    case .csv: sink.buffer.append(UInt8(ascii: "\n"))
    case .json: sink.buffer.append("}\n" as StaticString)
    case .table:
      try table.add(cells, to: sink)
      cells.removeAll(keepingCapacity: true)
    }
    try sink.drain()
  }

  /// Writes everything out.
  mutating func finish() throws {
    if format == .table { try table.finish(to: sink) }
    try sink.flush()
  }

  @inline(__always)
  private mutating func beginCSV(_ body: (inout [UInt8]) -> Void) {
    if index > 0 { sink.buffer.append(UInt8(ascii: ",")) }
    body(&sink.buffer)
    index += 1
  }

  @inline(__always)
  private mutating func beginJSON(_ body: (inout [UInt8]) -> Void) {
    sink.buffer.append(contentsOf: keys[index])
    body(&sink.buffer)
    index += 1
  }

  private mutating func put(cell: String) {
    if columns[index].title != nil { cells.append(cell) }
    index += 1
  }
}
