import Columnar

/// The chunks of all sources of a merge, column by column in one array each: a row is its place in them, and rows are picked
/// without asking whose they are.
///
/// Every source has a stretch of places for the rows of its chunk, and in every text column a stretch of codes for the texts of
/// its dictionary. So one table tells the output's code of any text of any source. Texts are looked up once for every pair of a
/// dictionary and an output, in the order in which rows are picked: the output numbers them by first appearance.
struct MergeRows {
  /// A stretch of rows of one key.
  struct Series {
    /// The place behind its last row.
    var end = 0
    var entity = KeyText()
  }

  private struct Stretch {
    var places = 0..<0
    /// By text column.
    var codes = [Range<Int>](repeating: 0..<0, count: EventBatch.dictionaryCount)
    var texts: [ByteStringDictionary] = []
  }

  private(set) var user: [UInt32] = []
  private var entity: [UInt32] = []
  private(set) var entityType: [UInt32] = []
  private(set) var dimension: [UInt32] = []
  private var source: [UInt32] = []
  private var scope: [UInt32] = []
  private var metadata: [UInt32] = []
  private(set) var createdAt: [Int64] = []
  private(set) var eventIDHigh: [UInt64] = []
  private(set) var eventIDLow: [UInt64] = []
  private var delta: [Int64] = []
  /// Whose row it is.
  private var owners: [UInt32] = []
  /// Those of a chunk, from the place of its first row on.
  private(set) var series: [Series] = []
  /// By code.
  private(set) var userKeys: [KeyText] = []
  private(set) var typeKeys: [KeyText] = []
  private(set) var dimensionKeys: [KeyText] = []

  private var stretches: [Stretch]
  /// By text column and code: the code of the output + 1, or 0 where it is not yet known.
  private var tables = [[UInt32]](repeating: [], count: EventBatch.dictionaryCount)
  /// The codes that are known.
  private var known = [[UInt32]](repeating: [], count: EventBatch.dictionaryCount)
  // Texts on their way into a dictionary.
  private var texts: [UInt8] = []
  private var ends: [Int] = []

  init(sources: Int) {
    stretches = [Stretch](repeating: Stretch(), count: sources)
  }

  /// Texts are looked up together, as many as `ByteStringDictionary` takes at a time, but of no more bytes than this.
  private static let mostTextBytes = 64 << 10

  // MARK: Chunks

  /// Takes the next chunk of a source, in the places of the one before; where its rows are.
  mutating func take(_ chunk: EventBatch, of number: Int, keepsTexts: Bool) -> Range<Int> {
    if !keepsTexts { takeTexts(chunk, of: number) }
    let count = chunk.count
    if count > stretches[number].places.count { makeRoom(count, for: number) }
    let first = stretches[number].places.lowerBound
    let codes = stretches[number].codes
    Self.put(chunk.user, above: codes[TextColumn.user.rawValue], at: first, to: &user)
    Self.put(chunk.entity, above: codes[TextColumn.entity.rawValue], at: first, to: &entity)
    Self.put(chunk.entityType, above: codes[TextColumn.entityType.rawValue], at: first, to: &entityType)
    Self.put(chunk.dimension, above: codes[TextColumn.dimension.rawValue], at: first, to: &dimension)
    Self.put(chunk.source, above: codes[TextColumn.source.rawValue], at: first, to: &source)
    Self.put(chunk.scope, above: codes[TextColumn.scope.rawValue], at: first, to: &scope)
    Self.put(chunk.metadata, above: codes[TextColumn.metadata.rawValue], at: first, to: &metadata)
    Self.put(chunk.createdAt, at: first, to: &createdAt)
    Self.put(chunk.eventIDHigh, at: first, to: &eventIDHigh)
    Self.put(chunk.eventIDLow, at: first, to: &eventIDLow)
    Self.put(chunk.delta, at: first, to: &delta)
    findSeries(chunk, at: first)
    return first..<first + count
  }

  /// Forgets the texts of a source that has ended.
  mutating func end(_ number: Int) { stretches[number].texts = [] }

  private mutating func takeTexts(_ chunk: EventBatch, of number: Int) {
    let texts = chunk.dictionaries
    stretches[number].texts = texts
    for column in texts.indices {
      let count = texts[column].count
      if count > stretches[number].codes[column].count {
        // Some to spare, for the next dictionary will have about as many.
        let first = tables[column].count
        let room = count + count / 8
        tables[column].append(contentsOf: repeatElement(0, count: room))
        stretches[number].codes[column] = first..<first + room
      } else {
        let first = stretches[number].codes[column].lowerBound
        unsafe tables[column].withUnsafeMutableBufferPointer { table in
          unsafe table[first..<first + count].update(repeating: 0)
        }
      }
    }
    let codes = stretches[number].codes
    Self.putKeys(chunk.users, codes[TextColumn.user.rawValue], to: &userKeys)
    Self.putKeys(chunk.entityTypes, codes[TextColumn.entityType.rawValue], to: &typeKeys)
    Self.putKeys(chunk.dimensions, codes[TextColumn.dimension.rawValue], to: &dimensionKeys)
  }

  private static func putKeys(_ texts: ByteStringDictionary, _ codes: Range<Int>, to keys: inout [KeyText]) {
    if codes.upperBound > keys.count {
      keys.append(contentsOf: repeatElement(KeyText(), count: codes.upperBound - keys.count))
    }
    for code in 0..<UInt32(texts.count) { keys[codes.lowerBound + Int(code)] = KeyText(texts, code) }
  }

  private mutating func makeRoom(_ count: Int, for number: Int) {
    let first = createdAt.count
    let room = max(count, 2 * stretches[number].places.count)
    user.append(contentsOf: repeatElement(0, count: room))
    entity.append(contentsOf: repeatElement(0, count: room))
    entityType.append(contentsOf: repeatElement(0, count: room))
    dimension.append(contentsOf: repeatElement(0, count: room))
    source.append(contentsOf: repeatElement(0, count: room))
    scope.append(contentsOf: repeatElement(0, count: room))
    metadata.append(contentsOf: repeatElement(0, count: room))
    createdAt.append(contentsOf: repeatElement(0, count: room))
    eventIDHigh.append(contentsOf: repeatElement(0, count: room))
    eventIDLow.append(contentsOf: repeatElement(0, count: room))
    delta.append(contentsOf: repeatElement(0, count: room))
    owners.append(contentsOf: repeatElement(UInt32(number), count: room))
    series.append(contentsOf: repeatElement(Series(), count: room))
    precondition(createdAt.count <= Int(UInt32.max), "chunks of a merge beyond all bounds")
    stretches[number].places = first..<first + room
  }

  private static func put(_ codes: [UInt32], above stretch: Range<Int>, at first: Int, to target: inout [UInt32]) {
    let base = UInt32(stretch.lowerBound)
    unsafe target.withUnsafeMutableBufferPointer { target in
      unsafe codes.withUnsafeBufferPointer { codes in
        precondition(first + codes.count <= target.count, "rows beyond their stretch")
        for row in 0..<codes.count { unsafe target[first + row] = codes[row] &+ base }
      }
    }
  }

  private static func put<T: BitwiseCopyable>(_ values: [T], at first: Int, to target: inout [T]) {
    unsafe target.withUnsafeMutableBufferPointer { target in
      unsafe values.withUnsafeBufferPointer { values in
        let places = unsafe UnsafeMutableBufferPointer(rebasing: target[first..<first + values.count])
        _ = unsafe places.update(fromContentsOf: values)
      }
    }
  }

  private mutating func findSeries(_ chunk: EventBatch, at first: Int) {
    let (user, entity, type, dimension) = (chunk.user, chunk.entity, chunk.entityType, chunk.dimension)
    let texts = chunk.entities
    var next = first
    var current = Series()
    for row in user.indices {
      let isSame =
        row > 0 && dimension[row] == dimension[row - 1] && entity[row] == entity[row - 1]
        && type[row] == type[row - 1] && user[row] == user[row - 1]
      if isSame { continue }
      if row > 0 {
        current.end = first + row
        series[next] = current
        next += 1
      }
      if row == 0 || entity[row] != entity[row - 1] { current.entity = KeyText(texts, entity[row]) }
    }
    current.end = first + user.count
    series[next] = current
  }

  /// The order of a text of the row at one place against that at another, which belong to different sources.
  func compareText(_ column: TextColumn, _ a: Int, _ b: Int) -> Int {
    let (first, second) = (stretches[Int(owners[a])], stretches[Int(owners[b])])
    let codes = codes(column)
    let place = column.rawValue
    return ByteStringDictionary.compare(
      codes[a] - UInt32(first.codes[place].lowerBound), of: first.texts[place],
      codes[b] - UInt32(second.codes[place].lowerBound), of: second.texts[place])
  }

  private func codes(_ column: TextColumn) -> [UInt32] {
    switch column {
    case .user: user
    case .entity: entity
    case .entityType: entityType
    case .dimension: dimension
    case .source: source
    case .scope: scope
    case .metadata: metadata
    }
  }

  // MARK: Output

  /// Begins with an output that has no texts yet.
  mutating func beginOutput() {
    for column in tables.indices {
      var table: [UInt32] = []
      swap(&table, &tables[column])
      for code in known[column] { table[Int(code)] = 0 }
      swap(&table, &tables[column])
      known[column].removeAll(keepingCapacity: true)
    }
  }

  /// Appends the rows at some places to the output, column by column.
  mutating func append(_ picks: [UInt32], to output: inout EventBatch) {
    for column in TextColumn.allCases {
      output.change(column) { codes, dictionary in append(column, picks, to: &codes, &dictionary) }
    }
    Self.append(picks, of: createdAt, to: &output.createdAt)
    Self.append(picks, of: eventIDHigh, to: &output.eventIDHigh)
    Self.append(picks, of: eventIDLow, to: &output.eventIDLow)
    Self.append(picks, of: delta, to: &output.delta)
  }

  private mutating func append(
    _ column: TextColumn, _ picks: [UInt32], to codes: inout [UInt32], _ dictionary: inout ByteStringDictionary
  ) {
    let source = self.codes(column)
    var table: [UInt32] = []
    swap(&table, &tables[column.rawValue])
    var unknown: [UInt32] = []
    let start = codes.count
    codes.append(contentsOf: repeatElement(0, count: picks.count))
    // Places are within the columns, and codes within the tables.
    unsafe source.withUnsafeBufferPointer { source in
      unsafe table.withUnsafeMutableBufferPointer { table in
        unsafe codes.withUnsafeMutableBufferPointer { codes in
          for index in 0..<picks.count {
            let code = unsafe source[Int(picks[index])]
            unsafe codes[start + index] = code
            if unsafe table[Int(code)] == 0 {
              unsafe table[Int(code)] = .max
              unknown.append(picks[index])
            }
          }
        }
      }
    }
    if !unknown.isEmpty { intern(unknown, column, source, to: &dictionary, &table) }
    unsafe table.withUnsafeBufferPointer { table in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        for index in start..<codes.count { unsafe codes[index] = table[Int(codes[index])] &- 1 }
      }
    }
    swap(&table, &tables[column.rawValue])
  }

  /// Looks up the texts of rows.
  private mutating func intern(
    _ picks: [UInt32], _ column: TextColumn, _ source: [UInt32], to dictionary: inout ByteStringDictionary,
    _ table: inout [UInt32]
  ) {
    let place = column.rawValue
    var first = 0
    for (index, pick) in picks.enumerated() {
      let owner = Int(owners[Int(pick)])
      let code = source[Int(pick)]
      known[place].append(code)
      stretches[owner].texts[place].copy(code - UInt32(stretches[owner].codes[place].lowerBound), to: &texts)
      ends.append(texts.count)
      guard
        ends.count == ByteStringDictionary.blockLength || texts.count >= Self.mostTextBytes || index == picks.count - 1
      else { continue }
      for (offset, found) in dictionary.intern(texts, ends: ends).enumerated() {
        table[Int(source[Int(picks[first + offset])])] = found + 1
      }
      first = index + 1
      texts.removeAll(keepingCapacity: texts.capacity <= 4 * Self.mostTextBytes)
      ends.removeAll(keepingCapacity: true)
    }
  }

  private static func append<T: FixedWidthInteger>(_ picks: [UInt32], of source: [T], to target: inout [T]) {
    let start = target.count
    target.append(contentsOf: repeatElement(0, count: picks.count))
    unsafe target.withUnsafeMutableBufferPointer { target in
      unsafe source.withUnsafeBufferPointer { source in
        for index in 0..<picks.count { unsafe target[start + index] = source[Int(picks[index])] }
      }
    }
  }
}
