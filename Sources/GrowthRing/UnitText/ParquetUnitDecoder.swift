import Columnar
import Parquet
public import StoreEngine

/// Reads memory units from a Parquet file, of this library or any other.
///
/// Columns bear the names of `UnitField`, or the mapping of the options says which column is which field, with points
/// between the parts of a nested name. Every value is checked as if it stood in CSV: ids and texts are strings or
/// UUIDs, times are timestamps of any unit, dates, text, or integers in the unit of the options; nulls and empty texts
/// are absent.
///
/// The file is mapped into memory and must not be truncated meanwhile.
public struct ParquetUnitDecoder: Sendable {
  private let options: UnitIngestOptions
  private let reader: UnitRowReader
  private var rows: ParquetRows
  /// For each column of the file its place among those that are read.
  private let places: [Int?]
  /// The number of records so far: units and rejected ones.
  public private(set) var recordCount = 0
  /// The number of rows in the file.
  public let rowCount: Int
  /// The length of the file in bytes.
  public let byteCount: Int

  /// Rows that are looked at together; each may hold a content of 16 MiB.
  private static let rowsAhead = 64

  /// Opens a file.
  public init(path: String, options: UnitIngestOptions = UnitIngestOptions()) throws(ParquetUnitError) {
    let bytes: Bytes
    do {
      bytes = try ParquetRows.map(path)
    } catch {
      throw .unreadable("\(error)")
    }
    try self.init(bytes, options: options)
  }

  /// Reads a file that is in memory.
  public init(bytes: [UInt8], options: UnitIngestOptions = UnitIngestOptions()) throws(ParquetUnitError) {
    try self.init(Bytes(bytes), options: options)
  }

  private init(_ bytes: Bytes, options: UnitIngestOptions) throws(ParquetUnitError) {
    let file: ParquetReader
    do {
      file = try ParquetReader(bytes)
    } catch {
      throw .damaged(offset: error.offset, error.reason)
    }
    let names = file.schema.columns.map(\.name)
    do {
      reader = try UnitRowReader(names, options)
    } catch {
      throw .header(error)
    }
    var unit = options.timeUnit
    if case .epoch(let given) = options.timeFormat { unit = given }
    var wanted: [Int: UnitField] = [:]
    for binding in reader.bindings {
      guard let column = binding.column else { continue }
      if wanted[column] == nil || Self.isTime(binding.field) { wanted[column] = binding.field }
    }
    var columns: [ParquetRows.Column] = []
    var places = [Int?](repeating: nil, count: names.count)
    var settings = options
    for (place, field) in wanted.sorted(by: { $0.key < $1.key }) {
      let cells: ParquetCells
      do throws(ParquetIngestError) {
        cells = try ParquetCells(
          file.schema.columns[place], for: Self.isTime(field) ? .createdAt : nil, timeUnit: unit)
      } catch {
        throw .unsupportedColumn(names[place], "\(error)")
      }
      if Self.isTime(field), cells.isTime { settings.timeFormat = .iso }
      places[place] = columns.count
      columns.append(ParquetRows.Column(place: place, name: names[place], cells: cells))
    }
    self.options = settings
    self.places = places
    rows = ParquetRows(file, columns)
    rowCount = file.metadata.rowCount
    byteCount = bytes.count
  }

  private static func isTime(_ field: UnitField) -> Bool { field == .createdAt || field == .updatedAt }

  /// Adds at most `limit` units to `units` and appends what is no unit to `rejected`.
  ///
  /// - Throws: where the file is damaged. What came before is in `units`.
  public mutating func decode(
    into units: inout [MemoryUnit], limit: Int, rejected: inout [RejectedUnit]
  ) throws(ParquetUnitError) -> IngestProgress {
    var room = UnitRoom(units: limit, text: options.batchText)
    while !room.isFull {
      do {
        guard try rows.isReady(rowsAhead: Self.rowsAhead) else { return .finished }
      } catch {
        throw .damaged(offset: error.offset, error.reason)
      }
      let texts = readRow()
      do throws(UnitFault) {
        let unit = try reader.unit { column in
          guard let place = places[column] else { return "" }
          return String(validating: texts[place], as: UTF8.self)
        }
        room.take(unit)
        units.append(unit)
      } catch {
        rejected.append(rejection(error, texts))
      }
      recordCount += 1
    }
    return .batchFull
  }

  /// The values of the next row as text.
  private mutating func readRow() -> [[UInt8]] {
    var texts: [[UInt8]] = []
    texts.reserveCapacity(rows.columns.count)
    for index in rows.columns.indices {
      var text: [UInt8] = []
      rows.append(column: index, to: &text)
      texts.append(text)
    }
    rows.advance()
    return texts
  }

  /// The record as the quarantine keeps it.
  private func rejection(_ fault: UnitFault, _ texts: [[UInt8]]) -> RejectedUnit {
    let length = options.longestQuarantine / max(1, texts.count)
    return RejectedUnit(
      rejection: UnitRejection(row: recordCount, field: fault.field, reason: fault.reason),
      raw: rows.object(texts.lazy.map { $0.prefix(length) }), isTruncated: texts.contains { $0.count > length })
  }
}

/// Why a Parquet file, or the rest of it, cannot be read as units.
public enum ParquetUnitError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file is not there, or must not be read.
  case unreadable(String)
  /// What is wrong with it and where, or which feature it has that is not supported.
  case damaged(offset: Int, String)
  /// The columns do not give a unit.
  case header(UnitHeaderError)
  /// A column's values are nothing that a unit has.
  case unsupportedColumn(String, String)

  public var description: String {
    switch self {
    case .unreadable(let reason): reason
    case .damaged(let offset, let reason): "at offset \(offset): \(reason)"
    case .header(let error): "\(error)"
    case .unsupportedColumn(_, let reason): reason
    }
  }
}
