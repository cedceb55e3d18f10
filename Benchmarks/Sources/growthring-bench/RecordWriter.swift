import Foundation
import GrowthRing

/// Writes events as the fixed records that `RecordSource` and the rivals read: 80 bytes each, and beside them the texts of
/// the metadata, one a line.
struct RecordWriter {
  private let records: FileHandle
  private let texts: FileHandle
  private var recordBuffer: [UInt8] = []
  private var textBuffer: [UInt8] = []
  private var lines: [String: UInt32] = [:]
  private var lineCount: UInt32 = 0
  private static let dimensions = codes(RecordSource.dimensions)
  private static let entityTypes = codes(RecordSource.entityTypes)
  private static let sources = codes(RecordSource.sources)

  init(path: String) throws {
    records = try Self.create(path)
    texts = try Self.create(path + ".meta")
  }

  mutating func write(_ event: GrowthEvent) throws {
    guard let id = event.eventID, let user = EventID(event.user), let entity = EventID(event.entity),
      let entityType = Self.entityTypes[event.entityType], let dimension = Self.dimensions[event.dimension],
      let source = Self.sources[event.source]
    else { throw CocoaError(.fileWriteUnknown) }
    for id in [id, user, entity] {
      append(id.high.bigEndian)
      append(id.low.bigEndian)
    }
    append(event.createdAt.microseconds)
    append(Int32(event.delta.millionths / 1_000))
    append(line(of: event.metadata))
    recordBuffer.append(contentsOf: [entityType, dimension, source])
    recordBuffer.append(contentsOf: repeatElement(0, count: 13))
    if recordBuffer.count >= 8 << 20 { try flush() }
  }

  mutating func close() throws {
    try flush()
    try records.close()
    try texts.close()
  }

  /// Texts are written once, but for those that return after a million others, so that memory stays bounded.
  private mutating func line(of text: String) -> UInt32 {
    if let known = lines[text] { return known }
    if lines.count >= 1_000_000 { lines.removeAll(keepingCapacity: true) }
    lines[text] = lineCount
    textBuffer.append(contentsOf: text.utf8)
    textBuffer.append(UInt8(ascii: "\n"))
    lineCount += 1
    return lineCount - 1
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number) { recordBuffer.append(contentsOf: $0) }
  }

  private mutating func flush() throws {
    try records.write(contentsOf: recordBuffer)
    try texts.write(contentsOf: textBuffer)
    recordBuffer.removeAll(keepingCapacity: true)
    textBuffer.removeAll(keepingCapacity: true)
  }

  private static func create(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  private static func codes(_ names: [String]) -> [String: UInt8] {
    Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, UInt8($0)) })
  }
}
