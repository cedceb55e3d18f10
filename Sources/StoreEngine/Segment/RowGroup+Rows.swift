import Columnar

/// Single rows, from views of pages: nothing is decoded but what is asked for.
extension RowGroup {
  func createdAt(row: Int) throws(StoreError) -> Int64 {
    let (page, inPage) = row.quotientAndRemainder(dividingBy: SegmentLayout.rowsPerPage)
    if let value = timeViews[page]?[inPage] { return value }
    let view = try view(header.times[page].page, page, "created_at")
    timeViews[page] = view
    return view[inPage]
  }

  func delta(row: Int) throws(StoreError) -> Int64 {
    let (page, inPage) = row.quotientAndRemainder(dividingBy: SegmentLayout.rowsPerPage)
    if let value = deltaViews[page]?.plainValue(inPage) { return value }
    let view: CodePage
    if let known = deltaViews[page] {
      view = known
    } else {
      let count = rows(ofPage: page).count
      view = try segment.read(header.deltas[page], "delta") { (reader) throws(FormatError) in
        try CodePage(&reader, count: count)
      }
      note(header.deltas[page], view.memory)
      deltaViews[page] = view
    }
    return try value(of: view, inPage, row: row, header.deltaModel, header.texts.count, header.deltas[page])
  }

  func eventID(row: Int, createdAt: Int64) throws(StoreError) -> EventID {
    let (page, inPage) = row.quotientAndRemainder(dividingBy: SegmentLayout.rowsPerPage)
    if idViews[page] == nil {
      let count = rows(ofPage: page).count
      let view = try segment.read(header.eventIDs[page], "event ids") { (reader) throws(FormatError) in
        try EventIDPageView(&reader, count: count)
      }
      note(header.eventIDs[page], view.memory)
      idViews[page] = view
    }
    do throws(FormatError) {
      let id = try idViews[page]!.id(inPage, createdAt: createdAt)
      return EventID(high: id.high, low: id.low)
    } catch {
      throw StoreError(error.shifted(by: header.eventIDs[page].offset), file: segment.path)
    }
  }

  /// The text of a code, kept for the next row that has it; for columns of few texts.
  func text(_ column: TextColumn, _ code: UInt32) throws(StoreError) -> String {
    if texts[column.rawValue].isEmpty {
      texts[column.rawValue] = [String?](repeating: nil, count: dictionarySize(column))
      heldBytes += 16 * dictionarySize(column)
    }
    if let text = texts[column.rawValue][Int(code)] { return text }
    let text = try string(column, code).text
    texts[column.rawValue][Int(code)] = text
    heldBytes += text.utf8.count
    return text
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

  /// The rows of a user about an entity, given in stored form.
  func keptRows(user: Bytes, entity: Bytes) throws(StoreError) -> Range<Int> {
    guard let code = try findUser(user) else { return 0..<0 }
    pairReads += 1
    if pairReads >= RowGroupPairs.readsBefore, pairs == nil {
      pairs = try RowGroupPairs(self)
      heldBytes += pairs!.memory
    }
    if let found = try rows(ofKeptUser: code, entity: entity) { return found }
    let lower = try firstRow(ofUser: code)
    let ofUser = lower..<max(lower, try firstRow(ofUser: code + 1))
    let first = try firstRow(ofUser) { row throws(StoreError) in
      Bytes.compare(try self.string(.entity, try self.code(.entity, row: row)), entity) >= 0
    }
    guard first < ofUser.upperBound else { return first..<first }
    let entityCode = try self.code(.entity, row: first)
    guard try string(.entity, entityCode) == entity else { return first..<first }
    return first..<(try end(of: .entity, code: entityCode, from: first, in: ofUser))
  }

  /// The same from the table of pairs; nil where there is none.
  private func rows(ofKeptUser user: UInt32, entity: Bytes) throws(StoreError) -> Range<Int>? {
    guard pairs != nil else { return nil }
    let range = pairs!.range(ofUser: user)
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper {
      let middle = (lower + upper) / 2
      let order = Bytes.compare(try string(.entity, pairs!.entities[middle]), entity)
      if order == 0 { return pairs!.rows(middle) }
      if order < 0 { lower = middle + 1 } else { upper = middle }
    }
    return 0..<0
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
    let view = try segment.read(page, what) { (reader) throws(FormatError) in
      try IntegerPageView(&reader, count: count)
    }
    note(page, view.memory)
    return view
  }
}
