import Columnar

/// The numbers at a path of the metadata that rows of one source have, each text being looked at once.
struct MetadataNumbers {
  private enum State: UInt8 { case unknown, none, other, number }

  private let path: MetadataPath
  /// Of a row group, each distinct value once.
  private var ofGroup: MetadataValues<MetadataDecimal>
  /// By code of the source.
  private var states: [State] = []
  private var values: [Int64] = []
  // Memory that is used again from page to page.
  private var picked: [Int64] = []
  private var groups: [UInt32] = []

  init(_ path: MetadataPath) {
    self.path = path
    ofGroup = MetadataValues(path)
  }

  /// Begins a source with so many texts.
  mutating func begin(_ count: Int) {
    states = [State](repeating: .unknown, count: count)
    values = [Int64](repeating: 0, count: count)
    ofGroup.begin()
  }

  /// Adds the numbers of rows of a row group to their groups.
  mutating func add(
    _ codes: [UInt32], in source: RowGroup, of groups: [UInt32], to table: inout SummaryTable
  ) throws(StoreError) {
    for code in codes where states[Int(code)] == .unknown {
      note(
        Int(code),
        try ofGroup.made(code, of: source) { (value) throws(StoreError) in path.decimal(of: value) })
    }
    add(codes, of: groups, to: &table)
  }

  /// Adds the numbers of rows with texts of a dictionary to their groups.
  mutating func add(
    _ codes: [UInt32], in texts: ByteStringDictionary, of groups: [UInt32], to table: inout SummaryTable
  ) {
    for code in codes where states[Int(code)] == .unknown {
      note(Int(code), path.decimal(of: .within(Bytes(texts.bytes(code)))))
    }
    add(codes, of: groups, to: &table)
  }

  private mutating func add(_ codes: [UInt32], of groups: [UInt32], to table: inout SummaryTable) {
    picked.removeAll(keepingCapacity: true)
    self.groups.removeAll(keepingCapacity: true)
    var others = 0
    for (row, code) in codes.enumerated() {
      let place = Int(code)
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

  private mutating func note(_ place: Int, _ number: MetadataDecimal) {
    switch number {
    case .none: states[place] = .none
    case .other: states[place] = .other
    case .millionths(let value):
      states[place] = .number
      values[place] = value
    }
  }
}
