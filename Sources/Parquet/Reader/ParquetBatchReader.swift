package import Columnar

/// Reads some columns of a file in batches of rows, page by page, so that memory follows the batch and not the row group.
package struct ParquetBatchReader {
  /// A column's place within the current row group.
  private struct Cursor {
    var pages: ColumnChunkReader
    var page: ColumnBatch?
    /// How much of the page was handed out.
    var level = 0
    var value = 0
  }

  private static let longestStrings = 2 << 30

  private let reader: ParquetReader
  private let columns: [Int]
  private var cursors: [Cursor] = []
  private var nextRowGroup = 0
  private var rowsLeft = 0

  package init(_ reader: ParquetReader, columns: [Int]) {
    self.reader = reader
    self.columns = columns
  }

  /// The next rows, at most `limit`, of the same row group, a batch for each column; nil behind the last.
  package mutating func next(limit: Int) throws(FormatError) -> (rowCount: Int, columns: [ColumnBatch])? {
    while rowsLeft == 0 {
      guard nextRowGroup < reader.metadata.rowGroups.count else { return nil }
      cursors = []
      for column in columns {
        cursors.append(Cursor(pages: try reader.pages(rowGroup: nextRowGroup, column: column)))
      }
      rowsLeft = reader.metadata.rowGroups[nextRowGroup].rowCount
      nextRowGroup += 1
    }
    let count = min(limit, rowsLeft)
    var batches: [ColumnBatch] = []
    for place in columns.indices { batches.append(try take(count, place)) }
    rowsLeft -= count
    return (count, batches)
  }

  private mutating func take(_ rows: Int, _ place: Int) throws(FormatError) -> ColumnBatch {
    let column = reader.schema.columns[columns[place]]
    var batch = ColumnBatch.empty(column)
    var rowsLeft = rows
    while true {
      if cursors[place].page == nil {
        cursors[place].level = 0
        cursors[place].value = 0
        cursors[place].page = try cursors[place].pages.nextPage()
      }
      guard let page = cursors[place].page else { break }
      let from = (level: cursors[place].level, value: cursors[place].value)
      var level = from.level
      let count = page.levelCount
      if let repetition = page.repetition {
        // A row goes on until the next one begins, maybe in the next page.
        while level < count {
          if repetition[level] == 0 {
            if rowsLeft == 0 { break }
            rowsLeft -= 1
          }
          level += 1
        }
      } else {
        level = min(count, level + rowsLeft)
        rowsLeft -= level - from.level
      }
      var value = from.value
      if let definition = page.definition {
        for index in from.level..<level where definition[index] == column.maxDefinition { value += 1 }
      } else {
        value += level - from.level
      }
      guard batch.values.stringBytes + page.values.stringBytes <= Self.longestStrings else {
        throw FormatError(offset: offset(place), "column \(column.name): \(rows) rows of more than 2 GiB")
      }
      batch.append(page, levels: from.level..<level, values: from.value..<value)
      cursors[place].level = level
      cursors[place].value = value
      if level < count { break }
      cursors[place].page = nil
      if rowsLeft == 0, page.repetition == nil { break }
    }
    guard rowsLeft == 0 else {
      throw FormatError(offset: offset(place), "column \(column.name): \(rowsLeft) rows are missing")
    }
    return batch
  }

  /// Where the pages of a column lie.
  private func offset(_ place: Int) -> Int {
    reader.metadata.rowGroups[nextRowGroup - 1].columns[columns[place]].dataPageOffset
  }
}
