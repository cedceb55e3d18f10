import Columnar

/// Single rows and short ranges, from views of pages: nothing is decoded but what is asked for.
extension RowGroup {
  /// Rows of one entity of a user, of one entity type and dimension.
  struct Part {
    var rows: Range<Int>
    var type: UInt32
    var dimension: UInt32
  }

  func createdAt(row: Int) throws(StoreError) -> Int64 {
    let (page, inPage) = row.quotientAndRemainder(dividingBy: SegmentLayout.rowsPerPage)
    return try timeView(page)[inPage]
  }

  private func timeView(_ page: Int) throws(StoreError) -> IntegerPageView {
    if let view = timeViews[page] { return view }
    let view = try view(header.times[page].page, page, "created_at")
    timeViews[page] = view
    return view
  }

  private func deltaView(_ page: Int) throws(StoreError) -> CodePage {
    if let view = deltaViews[page] { return view }
    let count = rows(ofPage: page).count
    let view = try source.read(header.deltas[page], "delta") { (reader) throws(FormatError) in
      try CodePage(&reader, count: count)
    }
    note(header.deltas[page], view.memory)
    deltaViews[page] = view
    return view
  }

  private func idView(_ page: Int) throws(StoreError) -> EventIDPageView {
    if let view = idViews[page] { return view }
    let count = rows(ofPage: page).count
    let view = try source.read(header.eventIDs[page], "event ids") { (reader) throws(FormatError) in
      try EventIDPageView(&reader, count: count)
    }
    note(header.eventIDs[page], view.memory)
    idViews[page] = view
    return view
  }

  /// Calls `body` with the pages of a range of rows, and with the part of each within it.
  private func forEachPage(
    _ range: Range<Int>, _ body: (_ page: Int, _ inPage: Range<Int>) throws(StoreError) -> Void
  ) throws(StoreError) {
    for page in pages(range) {
      let ofPage = rows(ofPage: page)
      let part = range.clamped(to: ofPage)
      try body(page, part.lowerBound - ofPage.lowerBound..<part.upperBound - ofPage.lowerBound)
    }
  }

  /// Appends times and ids of a range of rows.
  func append(
    _ range: Range<Int>, times: inout [Int64], high: inout [UInt64], low: inout [UInt64]
  ) throws(StoreError) {
    try forEachPage(range) { (page, inPage) throws(StoreError) in
      let start = times.count
      try timeView(page).append(inPage, to: &times)
      let view = try idView(page)
      try placed(header.eventIDs[page]) { () throws(FormatError) in
        try view.append(inPage, createdAt: times, from: start, high: &high, low: &low)
      }
    }
  }

  /// Codes of a column for a range of rows, where others may be told by them.
  struct KnownCodes {
    let column: TextColumn
    let codes: [UInt32]
    /// Where those of the range begin.
    let first: Int
  }

  /// Appends the codes of a range of rows. `known` saves decoding the column that tells them, if it is that one.
  func append(
    _ range: Range<Int>, codesOf column: TextColumn, known: KnownCodes? = nil, to output: inout [UInt32]
  ) throws(StoreError) {
    let model = header.texts[column.rawValue].model
    let size = Int64(dictionarySize(column))
    // Taken out for the time of the call: what is called may ask for another column.
    var values: [Int64] = []
    swap(&values, &numbers)
    defer { swap(&values, &numbers) }
    output.reserveCapacity(output.count + range.count)
    try forEachPage(range) { (page, inPage) throws(StoreError) in
      values.removeAll(keepingCapacity: true)
      try append(
        try view(column, page), page, inPage, of: range, model, column.rawValue,
        header.texts[column.rawValue].codes[page], known,
        to: &values)
      for value in values {
        guard value >= 0, value < size else {
          throw StoreError(
            .corruption, file: source.path, offset: header.texts[column.rawValue].codes[page].offset,
            "code \(value) is not in the dictionary")
        }
        output.append(UInt32(value))
      }
    }
  }

  /// Appends the deltas of a range of rows.
  func append(_ range: Range<Int>, known: KnownCodes?, deltas: inout [Int64]) throws(StoreError) {
    try forEachPage(range) { (page, inPage) throws(StoreError) in
      try append(
        try deltaView(page), page, inPage, of: range, header.deltaModel, header.texts.count, header.deltas[page], known,
        to: &deltas)
    }
  }

  /// Appends a part of a page; `place` is the place of its column's model.
  private func append(
    _ view: CodePage, _ page: Int, _ inPage: Range<Int>, of range: Range<Int>, _ model: RowGroupHeader.Model?,
    _ place: Int, _ reference: PageReference, _ known: KnownCodes?, to values: inout [Int64]
  ) throws(StoreError) {
    switch view {
    case .plain(let view): view.append(inPage, to: &values)
    case .conditioned(let view):
      guard let model else {
        throw StoreError(
          .corruption, file: source.path, offset: reference.offset, "a conditioned page of a column without a model")
      }
      let lists = try self.model(model, place)
      let start = rows(ofPage: page).lowerBound + inPage.lowerBound
      if let known, known.column == model.column {
        try placed(reference) { () throws(FormatError) in
          try view.append(
            inPage, classes: known.codes, from: known.first + start - range.lowerBound, lists, to: &values)
        }
        return
      }
      var classes: [UInt32] = []
      try append(start..<start + inPage.count, codesOf: model.column, to: &classes)
      try placed(reference) { () throws(FormatError) in
        try view.append(inPage, classes: classes, from: 0, lists, to: &values)
      }
    }
  }

  func eventID(row: Int, createdAt: Int64) throws(StoreError) -> EventID {
    let (page, inPage) = row.quotientAndRemainder(dividingBy: SegmentLayout.rowsPerPage)
    let view = try idView(page)
    return try placed(header.eventIDs[page]) { () throws(FormatError) in
      let id = try view.id(inPage, createdAt: createdAt)
      return EventID(high: id.high, low: id.low)
    }
  }

  /// The text of a code, kept for the next row that has it; for columns of few texts.
  func text(_ column: TextColumn, _ code: UInt32) throws(StoreError) -> String {
    let known = texts[column.rawValue]
    if Int(code) < known.count, let text = known[Int(code)] { return text }
    if known.isEmpty {
      texts[column.rawValue] = [String?](repeating: nil, count: dictionarySize(column))
      heldBytes += 16 * dictionarySize(column)
    }
    let text = try string(column, code).text
    texts[column.rawValue][Int(code)] = text
    heldBytes += text.utf8.count
    return text
  }

  // MARK: Asking for memory

  /// Asks for what rows before `end` are read from, so that the waits for memory of all columns, and of several row groups,
  /// overlap: first the views, then what they lead to, then the fields. What is not there yet is not asked for.
  func prefetch(rowsBefore end: Int, step: Int) {
    let (page, inPage) = (end - 1).quotientAndRemainder(dividingBy: SegmentLayout.rowsPerPage)
    switch step {
    case 0:
      timeViews.prefetchObject(page)
      idViews.prefetchObject(page)
      deltaViews.prefetchObject(page)
      prefetchView(.source, page: page)
      prefetchView(.scope, page: page)
      prefetchView(.metadata, page: page)
    case 1:
      timeViews[page]?.prefetch(inPage)
      idViews[page]?.prefetchParts()
      deltaViews[page]?.prefetch(inPage)
      prefetch(.source, page: page, row: inPage)
      prefetch(.scope, page: page, row: inPage)
      prefetch(.metadata, page: page, row: inPage)
    default:
      timeViews[page]?.prefetchField(inPage)
      idViews[page]?.prefetch(inPage)
    }
  }

  /// The first row of a user, given by its code; the number of rows for the code behind the last.
  private func firstRow(ofUser code: UInt32) throws(StoreError) -> Int {
    if firstRows.isEmpty {
      firstRows = [Int32](repeating: -1, count: dictionarySize(.user) + 1)
      firstRows[0] = 0
      firstRows[firstRows.count - 1] = Int32(rows)
      heldBytes += 4 * firstRows.count
    }
    if firstRows[Int(code)] >= 0 { return Int(firstRows[Int(code)]) }
    // Users are numbered in the order of the rows, so codes compare as users do.
    let first = try firstRow(0..<rows) { row throws(StoreError) in try self.code(.user, row: row) >= code }
    firstRows[Int(code)] = Int32(first)
    return first
  }

  /// Appends the rows of a user about an entity, both given in stored form, by entity type and dimension; where one is
  /// wanted, of that dimension. `hash` is the `QuickHash` of the two.
  func parts(
    user: Bytes, entity: Bytes, hash: UInt64, dimension: Bytes?, to parts: inout [Part]
  ) throws(StoreError) {
    pairReads += 1
    if pairReads >= RowGroupPairs.readsBefore, pairs == nil {
      let made = try RowGroupPairs(self)
      heldBytes += made.memory
      pairs = made
    }
    if let pairs {
      let found = try pairs.find(hash) { (userCode, entityCode) throws(StoreError) in
        guard try matches(.entity, entityCode, entity) else { return false }
        return try matches(.user, userCode, user)
      }
      guard let found else { return }
      for index in pairs.parts(of: found) {
        let part = pairs.part(index)
        if try isWanted(part.dimension, dimension) { parts.append(part) }
      }
      return
    }
    try divide(try search(user: user, entity: entity), dimension, to: &parts)
  }

  private func isWanted(_ code: UInt32, _ dimension: Bytes?) throws(StoreError) -> Bool {
    guard let dimension else { return true }
    return try matches(.dimension, code, dimension)
  }

  /// The rows of a user about an entity, by binary search.
  private func search(user: Bytes, entity: Bytes) throws(StoreError) -> Range<Int> {
    guard let code = try findUser(user) else { return 0..<0 }
    let lower = try firstRow(ofUser: code)
    let ofUser = lower..<max(lower, try firstRow(ofUser: code + 1))
    let first = try firstRow(ofUser) { row throws(StoreError) in
      try self.compare(.entity, try self.code(.entity, row: row), entity) >= 0
    }
    guard first < ofUser.upperBound else { return first..<first }
    let entityCode = try self.code(.entity, row: first)
    guard try matches(.entity, entityCode, entity) else { return first..<first }
    return first..<(try end(of: .entity, code: entityCode, from: first, in: ofUser))
  }

  /// Divides the rows of an entity by entity type and dimension.
  private func divide(_ rows: Range<Int>, _ wanted: Bytes?, to parts: inout [Part]) throws(StoreError) {
    var typeStart = rows.lowerBound
    while typeStart < rows.upperBound {
      let type = try code(.entityType, row: typeStart)
      let typeEnd = try end(of: .entityType, code: type, from: typeStart, in: rows)
      var start = typeStart
      while start < typeEnd {
        let dimension = try code(.dimension, row: start)
        let end = try end(of: .dimension, code: dimension, from: start, in: typeStart..<typeEnd)
        if try isWanted(dimension, wanted) { parts.append(Part(rows: start..<end, type: type, dimension: dimension)) }
        start = end
      }
      typeStart = typeEnd
    }
  }

  /// Where the rows of a code end that begin at `start`. They lie together in `range`, and are mostly few: the steps double.
  func end(
    of column: TextColumn, code: UInt32, from start: Int, in range: Range<Int>
  ) throws(StoreError) -> Int {
    var lower = start + 1
    var step = 4
    while lower + step < range.upperBound, try self.code(column, row: lower + step) == code {
      lower += step + 1
      step *= 2
    }
    return try firstRow(lower..<min(lower + step, range.upperBound)) { row throws(StoreError) in
      try self.code(column, row: row) != code
    }
  }

  private func view(
    _ page: PageReference, _ number: Int, _ what: StaticString
  ) throws(StoreError) -> IntegerPageView {
    let count = rows(ofPage: number).count
    let view = try source.read(page, what) { (reader) throws(FormatError) in
      try IntegerPageView(&reader, count: count)
    }
    note(page, view.memory)
    return view
  }
}
