import Columnar

/// Aggregates by some parts of events, gathered a page at a time.
///
/// Texts are coded by a dictionary for each part. A group is numbered part after part: the number of a group of the first
/// two parts and the code of the third make the number of a group of three.
package struct SummaryTable: Sendable {
  package let parts: [SummaryPart]
  package let countsUsers: Bool
  /// The texts of every part; without use for parts of `created_at`.
  private(set) var texts: [ByteStringDictionary]
  /// The groups of the first part, of the first two, and so on.
  private var levels: [PairInterner]
  private var aggregates: [Aggregate] = []
  /// The users of every group, each once.
  private var members = PairInterner()
  private var users = ByteStringDictionary()
  private var userCounts: [UInt64] = []

  package init(_ parts: [SummaryPart], countsUsers: Bool) {
    self.parts = parts
    self.countsUsers = countsUsers
    texts = parts.map { _ in ByteStringDictionary() }
    levels = parts.map { _ in PairInterner() }
  }

  /// The number of groups.
  package var count: Int { aggregates.count }

  /// The code of a text of a part.
  mutating func code(_ text: Bytes, part: Int) -> UInt32 { texts[part].intern(text) }

  mutating func code(_ code: UInt32, of dictionary: ByteStringDictionary, part: Int) -> UInt32 {
    texts[part].intern(code, of: dictionary)
  }

  mutating func code(ofUser user: Bytes) -> UInt32 { users.intern(user) }

  mutating func code(ofUser code: UInt32, of dictionary: ByteStringDictionary) -> UInt32 {
    users.intern(code, of: dictionary)
  }

  /// Divides rows further: `groups` holds the groups of the parts before, zeros before the first one.
  mutating func divide(_ groups: inout [UInt32], by part: Int, codes: [UInt32]) {
    levels[part].combine(&groups, with: codes)
  }

  /// Adds the rows of a page to their groups.
  mutating func add(_ groups: [UInt32], delta: [Int64], createdAt: [Int64]) {
    precondition(groups.count == delta.count && groups.count == createdAt.count, "columns of one page")
    makeRoom()
    unsafe aggregates.withUnsafeMutableBufferPointer { aggregates in
      unsafe groups.withUnsafeBufferPointer { groups in
        unsafe delta.withUnsafeBufferPointer { delta in
          unsafe createdAt.withUnsafeBufferPointer { createdAt in
            for row in 0..<groups.count {
              let group = unsafe Int(groups[row])
              precondition(group < aggregates.count, "an unknown group")
              let time = unsafe createdAt[row]
              unsafe aggregates[group].score &+= Int128(delta[row])
              unsafe aggregates[group].count &+= 1
              unsafe aggregates[group].first = min(aggregates[group].first, time)
              unsafe aggregates[group].last = max(aggregates[group].last, time)
            }
          }
        }
      }
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
    let count = levels.last?.count ?? 1
    if aggregates.count < count {
      aggregates.append(contentsOf: repeatElement(.empty, count: count - aggregates.count))
      if countsUsers { userCounts.append(contentsOf: repeatElement(0, count: count - userCounts.count)) }
    }
  }

  /// Adds the groups of another table of the same parts, about other users.
  package mutating func merge(_ other: SummaryTable) {
    precondition(parts == other.parts, "tables of the same parts")
    var groups = [UInt32](repeating: 0, count: other.count)
    for part in parts.indices {
      var codes = other.codes(part: part)
      if parts[part].column != nil {
        let map = (0..<UInt32(other.texts[part].count)).map { code($0, of: other.texts[part], part: part) }
        for index in codes.indices { codes[index] = map[Int(codes[index])] }
      }
      divide(&groups, by: part, codes: codes)
    }
    makeRoom()
    for (index, group) in groups.enumerated() {
      aggregates[Int(group)].merge(other.aggregates[index])
      if countsUsers { userCounts[Int(group)] += other.userCounts[index] }
    }
  }

  /// The code of a part for every group.
  private func codes(part: Int) -> [UInt32] {
    (0..<UInt32(count)).map { group in
      var group = group
      for level in stride(from: parts.count - 1, to: part, by: -1) { group = levels[level].left(group) }
      return levels[part].right(group)
    }
  }

  /// All groups, in the order of their parts.
  package func rows() throws(StoreError) -> [EventSummary] {
    let codes = parts.indices.map { self.codes(part: $0) }
    // Texts are compared by their place among all of the part; codes of days are in order as they are.
    let ranks: [[UInt32]?] = parts.indices.map { parts[$0].column == nil ? nil : texts[$0].ranks() }
    var names: [[String]] = []
    for (part, dictionary) in zip(parts, texts) { names.append(try Self.names(dictionary, of: part)) }
    var order = [UInt32](0..<UInt32(count))
    order.sort { a, b in
      for part in codes.indices {
        let (left, right) = (codes[part][Int(a)], codes[part][Int(b)])
        if left == right { continue }
        guard let ranks = ranks[part] else { return left < right }
        return ranks[Int(left)] < ranks[Int(right)]
      }
      return false
    }
    return order.map { group in
      let values = parts.indices.map { part in
        let code = codes[part][Int(group)]
        return parts[part].column == nil ? Timestamp.Day.text(Rollup.day(ofCode: code)) : names[part][Int(code)]
      }
      return EventSummary(
        values: values, userCount: countsUsers ? userCounts[Int(group)] : nil, aggregates[Int(group)])
    }
  }

  private static func names(_ dictionary: ByteStringDictionary, of part: SummaryPart) throws(StoreError) -> [String] {
    var names: [String] = []
    for code in 0..<UInt32(dictionary.count) {
      guard part.isIdentifier else {
        names.append(dictionary.text(code))
        continue
      }
      guard let id = Identifier.decode(dictionary.bytes(code)) else {
        throw StoreError(.corruption, "a segment holds a \(part.rawValue) that is no id")
      }
      names.append(id)
    }
    return names
  }
}
