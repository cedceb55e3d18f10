import Columnar

/// The numbers at a path of the metadata that rows of one source have, each text being looked at once.
struct MetadataNumbers {
  private enum State: UInt8 { case unknown, none, other, number }

  private let path: MetadataPath
  /// By code of the source.
  private var states: [State] = []
  private var values: [Int64] = []
  // Memory that is used again from page to page.
  private var picked: [Int64] = []
  private var groups: [UInt32] = []

  init(_ path: MetadataPath) { self.path = path }

  /// Begins a source with so many texts.
  mutating func begin(_ count: Int) {
    states = [State](repeating: .unknown, count: count)
    values = [Int64](repeating: 0, count: count)
  }

  /// Adds the numbers of rows to their groups; `text` finds a text of the source.
  mutating func add<E: Error>(
    _ codes: [UInt32], of groups: [UInt32], to table: inout SummaryTable, _ text: (UInt32) throws(E) -> Bytes
  ) throws(E) {
    picked.removeAll(keepingCapacity: true)
    self.groups.removeAll(keepingCapacity: true)
    var others = 0
    for (row, code) in codes.enumerated() {
      let place = Int(code)
      if states[place] == .unknown { judge(place, try text(code)) }
      switch states[place] {
      case .unknown, .none: break
      case .other: others += 1
      case .number:
        picked.append(values[place])
        self.groups.append(groups[row])
      }
    }
    table.add(numbers: picked, to: self.groups, unsummed: others)
  }

  private mutating func judge(_ place: Int, _ text: Bytes) {
    switch path.decimal(in: text) {
    case .none: states[place] = .none
    case .other: states[place] = .other
    case .millionths(let value):
      states[place] = .number
      values[place] = value
    }
  }
}
