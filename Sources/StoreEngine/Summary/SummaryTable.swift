import Columnar

/// Aggregates by some parts of events, gathered a page at a time.
///
/// Texts are coded by a dictionary for each part. A group is numbered part after part: the number of a group of the first
/// two parts and the code of the third make the number of a group of three.
package struct SummaryTable: Sendable {
  package let parts: [SummaryPart]
  package let countsUsers: Bool
  /// Where in the metadata numbers stand that are summed up too.
  package let summing: MetadataPath?
  /// The texts of every part; without use for parts of `created_at`.
  private(set) var texts: [ByteStringDictionary]
  /// The groups of the first part, of the first two, and so on. The codes of a text are groups as they are, so a text that
  /// comes first leaves its place unused.
  private var levels: [PairInterner]
  private var aggregates = AggregateColumn()
  /// Of the numbers of every group: their sum, how many they are, the smallest and the largest in the place of times.
  private var numbers = AggregateColumn()
  /// Events whose number is no decimal of six fractional digits, and in no sum.
  package private(set) var unsummed: UInt64 = 0
  /// The users of every group, each once.
  private var members = PairInterner()
  private var users = ByteStringDictionary()
  private var userCounts: [UInt64] = []
  /// So many leaves of a pair come in any order, more of them sorted by entity type.
  static let fewLeaves = 24

  package init(_ parts: [SummaryPart], countsUsers: Bool, summing: MetadataPath? = nil) {
    self.parts = parts
    self.countsUsers = countsUsers
    self.summing = summing
    texts = parts.map { _ in ByteStringDictionary() }
    levels = parts.map { _ in PairInterner() }
  }

  /// The number of groups.
  package var count: Int { aggregates.count }

  /// The number of events of all groups.
  var eventCount: UInt64 { (0..<count).reduce(0) { $0 &+ aggregates[$1].count } }

  /// The code of a text of a part, given a new one where it was not there.
  mutating func code(_ code: UInt32, of dictionary: ByteStringDictionary, part: Int) -> UInt32 {
    guard parts[part].column == .metadata else { return texts[part].intern(code, of: dictionary) }
    return self.code(.within(Bytes(dictionary.bytes(code))), part: part)
  }

  /// The code of a text of a row group; not of metadata.
  mutating func code(
    _ code: UInt32, of group: RowGroup, _ column: TextColumn, part: Int
  ) throws(StoreError) -> UInt32 {
    try group.intern(column, code, into: &texts[part])
  }

  /// The code of what a part is of a value of metadata.
  mutating func code(_ value: MetadataValue, part: Int) -> UInt32 {
    texts[part].intern(parts[part].text(of: value))
  }

  /// The code of a text.
  mutating func code(_ text: [UInt8], part: Int) -> UInt32 { texts[part].intern(text) }

  /// The codes of all texts of a row group.
  mutating func codes(of group: RowGroup, _ column: TextColumn, part: Int) throws(StoreError) -> [UInt32] {
    var strings: [UInt8] = []
    var ends: [Int] = []
    try group.appendTexts(column, to: &strings, ends: &ends)
    return texts[part].intern(strings, ends: ends)
  }

  mutating func code(ofUser code: UInt32, of group: RowGroup) throws(StoreError) -> UInt32 {
    try group.intern(.user, code, into: &users)
  }

  mutating func code(ofUser code: UInt32, of dictionary: ByteStringDictionary) -> UInt32 {
    users.intern(code, of: dictionary)
  }

  /// Divides rows further: `groups` holds the groups of the parts before, zeros before the first one. What `codes` holds
  /// afterwards is not said.
  mutating func divide(_ groups: inout [UInt32], by part: Int, codes: inout [UInt32]) {
    if part == 0, parts[0].column != nil { swap(&groups, &codes) } else { levels[part].combine(&groups, with: codes) }
  }

  /// The number of groups of all parts.
  private var groupCount: Int {
    guard let level = levels.last else { return 1 }
    return parts.count == 1 && parts[0].column != nil ? texts[0].count : level.count
  }

  /// Adds the rows of a page to their groups.
  mutating func add(_ groups: [UInt32], delta: [Int64], createdAt: [Int64]) {
    makeRoom()
    aggregates.add(groups, delta: delta, createdAt: createdAt)
  }

  /// Adds numbers to the groups of their rows, in millionths.
  mutating func add(numbers values: [Int64], to groups: [UInt32], unsummed others: Int) {
    makeRoom()
    // The smallest and the largest are kept as times are.
    numbers.add(groups, delta: values, createdAt: values)
    unsummed += UInt64(others)
  }

  /// Adds aggregates to the groups of their codes, which stand in a column for each part.
  mutating func add(_ codes: [[UInt32]], _ values: [Aggregate]) {
    var groups = [UInt32](repeating: 0, count: values.count)
    for part in parts.indices {
      var codes = codes[part]
      divide(&groups, by: part, codes: &codes)
    }
    makeRoom()
    for (value, group) in zip(values, groups) { aggregates.merge(value, into: Int(group)) }
  }

  /// Adds all groups of a user and an entity, the first parts, which no group had before; each leaf is one. Before groups
  /// are looked up, `index()` must be called.
  mutating func append(_ leaves: [KeyRun]) {
    precondition(parts.count >= 2, "a table by user and entity")
    guard let first = leaves.first else { return }
    let pair = levels[1].append(first.user, first.entity)
    for leaf in leaves { aggregates.append(leaf.aggregate) }
    guard parts.count > 2 else { return }
    let types = UInt32(levels[2].count)
    for leaf in leaves {
      // A pair has one entity type, as a rule, and leaves that are many are sorted by it: it is the last, or soon found.
      let end = UInt32(levels[2].count)
      let candidates = max(types, end &- min(end, UInt32(Self.fewLeaves)))..<end
      let known = candidates.last { levels[2].right($0) == leaf.entityType }
      let triple = known ?? levels[2].append(pair, leaf.entityType)
      if parts.count > 3 { _ = levels[3].append(triple, leaf.dimension) }
    }
  }

  /// Notes the users of rows.
  mutating func note(users codes: [UInt32], of groups: [UInt32]) {
    makeRoom()
    let known = members.count
    var pairs = groups
    members.combine(&pairs, with: codes)
    for member in known..<members.count { userCounts[Int(members.left(UInt32(member)))] += 1 }
  }

  private mutating func makeRoom() {
    let count = groupCount
    if aggregates.count < count {
      aggregates.grow(to: count)
      if summing != nil { numbers.grow(to: count) }
      if countsUsers { userCounts.append(contentsOf: repeatElement(0, count: count - userCounts.count)) }
    }
  }

  /// Adds the groups of another table of the same parts, about other users.
  package mutating func merge(_ other: SummaryTable) {
    precondition(parts == other.parts && summing == other.summing, "tables of the same parts")
    // Without parts there is one group, but none of no events.
    guard other.count > 0 else { return }
    var groups = [UInt32](repeating: 0, count: other.count)
    for part in parts.indices {
      var codes = other.codes(part: part)
      if parts[part].column != nil {
        let map = (0..<UInt32(other.texts[part].count)).map { texts[part].intern($0, of: other.texts[part]) }
        for index in codes.indices { codes[index] = map[Int(codes[index])] }
      }
      divide(&groups, by: part, codes: &codes)
    }
    makeRoom()
    for (index, group) in groups.enumerated() {
      aggregates.merge(other.aggregates[index], into: Int(group))
      if summing != nil { numbers.merge(other.numbers[index], into: Int(group)) }
      if countsUsers { userCounts[Int(group)] += other.userCounts[index] }
    }
    unsummed += other.unsummed
  }

  /// Makes all groups known to `group(_:part:code:)`, however they came.
  mutating func index() { for level in levels.indices { levels[level].index() } }

  /// The aggregate of a group.
  subscript(group: UInt32) -> Aggregate { aggregates[Int(group)] }

  /// The group of the first `part + 1` parts that has this code in the last of them; `group` is that of the parts before.
  /// A guess that is right spares the look-up.
  func group(_ group: UInt32, part: Int, code: UInt32, guess: UInt32 = .max) -> UInt32? {
    part == 0 && parts[0].column != nil ? code : levels[part].code(group, code, guess: guess)
  }

  /// The same sums without the last part; only where users are not counted.
  func withoutLastPart() -> SummaryTable {
    var result = SummaryTable(parts.dropLast(), countsUsers: false)
    result.texts = texts.dropLast()
    result.levels = levels.dropLast()
    guard count > 0, let level = levels.last else { return result }
    result.makeRoom()
    for group in 0..<UInt32(count) {
      result.aggregates.merge(aggregates[Int(group)], into: Int(level.left(group)))
    }
    return result
  }

  /// The same sums for other texts in the place of those of the first part: each group counts for all that `expand` makes
  /// of its text.
  func expandingFirstPart(_ expand: ([UInt8]) -> [[UInt8]]) -> SummaryTable {
    var result = SummaryTable(parts, countsUsers: false)
    result.texts = texts
    result.texts[0] = ByteStringDictionary()
    let expansions = (0..<UInt32(texts[0].count)).map { code in
      expand(texts[0].bytes(code)).map { result.texts[0].intern($0) }
    }
    let codes = parts.indices.map { self.codes(part: $0) }
    var sources: [Int] = []
    var groups: [UInt32] = []
    for group in 0..<count {
      for code in expansions[Int(codes[0][group])] {
        sources.append(group)
        groups.append(code)
      }
    }
    for part in parts.indices.dropFirst() {
      var codes = sources.map { codes[part][$0] }
      result.divide(&groups, by: part, codes: &codes)
    }
    result.makeRoom()
    for (source, group) in zip(sources, groups) {
      result.aggregates.merge(aggregates[source], into: Int(group))
    }
    return result
  }

  /// The value of every part of a group as bytes; of a part of `created_at` its number.
  func key(_ group: UInt32) -> [(text: [UInt8], number: UInt32)] {
    var group = group
    var key: [(text: [UInt8], number: UInt32)] = []
    for part in parts.indices.reversed() {
      let code = part == 0 && parts[0].column != nil ? group : levels[part].right(group)
      key.append(parts[part].column == nil ? ([], code) : (texts[part].bytes(code), 0))
      group = part == 0 ? 0 : levels[part].left(group)
    }
    return key.reversed()
  }

  /// The code of a part for every group.
  func codes(part: Int) -> [UInt32] {
    (0..<UInt32(count)).map { group in
      var group = group
      for level in stride(from: parts.count - 1, to: part, by: -1) { group = levels[level].left(group) }
      return part == 0 && parts[0].column != nil ? group : levels[part].right(group)
    }
  }

  /// Groups as rows, at most `limit` of them.
  package func rows(order by: SummaryOrder, limit: Int?) throws(StoreError) -> [EventSummary] {
    let codes = parts.indices.map { self.codes(part: $0) }
    // Texts are compared by their place among all of the part; codes of days are in order as they are.
    let ranks: [[UInt32]?] = parts.indices.map { part in
      parts[part].column == nil ? nil : parts[part].isNumber ? numericRanks(part) : texts[part].ranks()
    }
    var order = [UInt32](0..<UInt32(count))
    order.sort { a, b in
      switch by {
      case .key: break
      case .score:
        let (left, right) = (aggregates[Int(a)].score, aggregates[Int(b)].score)
        if left != right { return left > right }
      case .events:
        let (left, right) = (aggregates[Int(a)].count, aggregates[Int(b)].count)
        if left != right { return left > right }
      case .users:
        if countsUsers, userCounts[Int(a)] != userCounts[Int(b)] { return userCounts[Int(a)] > userCounts[Int(b)] }
      }
      for part in codes.indices {
        let (left, right) = (codes[part][Int(a)], codes[part][Int(b)])
        if left == right { continue }
        guard let ranks = ranks[part] else { return left < right }
        return ranks[Int(left)] < ranks[Int(right)]
      }
      return false
    }
    var rows: [EventSummary] = []
    for group in order.prefix(limit ?? .max) {
      var values: [String] = []
      for part in parts.indices { values.append(try name(codes[part][Int(group)], part)) }
      rows.append(
        EventSummary(
          values: values, userCount: countsUsers ? userCounts[Int(group)] : nil, aggregates[Int(group)],
          numbers: summing == nil ? nil : NumberSummary(numbers[Int(group)])))
    }
    return rows
  }

  /// The place of every text of a part among all of them as numbers; what is none comes first.
  private func numericRanks(_ part: Int) -> [UInt32] {
    let values = (0..<UInt32(texts[part].count)).map { Bytes(texts[part].bytes($0)) }
    let numbers = values.map { JSONDecimal($0, 0..<$0.count) }
    let order = values.indices.sorted { a, b in
      guard let left = numbers[a], let right = numbers[b] else { return numbers[a] == nil && numbers[b] != nil }
      return JSONDecimal.compare(left, values[a], right, values[b]) < 0
    }
    var ranks = [UInt32](repeating: 0, count: values.count)
    for (rank, code) in order.enumerated() { ranks[code] = UInt32(rank) }
    return ranks
  }

  private func name(_ code: UInt32, _ part: Int) throws(StoreError) -> String {
    guard parts[part].column != nil else { return Timestamp.Day.text(Rollup.day(ofCode: code)) }
    guard parts[part].isIdentifier else { return texts[part].text(code) }
    guard let id = Identifier.decode(texts[part].bytes(code)) else {
      throw StoreError(.corruption, "a segment holds a \(parts[part].rawValue) that is no id")
    }
    return id
  }
}
