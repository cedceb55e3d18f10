import Columnar
import StoreEngine

/// Writes batches as lines of text.
///
/// A line consists of the id, delta and time, which are formatted, and of texts of the batch's dictionaries. Each
/// distinct text is escaped once, together with the punctuation around it, and then only copied.
struct EventTextWriter {
  enum Style: Equatable {
    case ndjson
    case csv(scope: Bool)
  }

  /// Lines that are written at a time, few enough to stay in the processor's cache.
  private static let chunk = 64
  /// The most bytes of a line beside its texts: beginning, id, delta, time and end.
  private static let fixedLength = 13 + 36 + 21 + 27 + 2

  private let style: Style
  private var texts = EventTextFragments()

  init(_ style: Style) { self.style = style }

  mutating func write(_ batch: EventBatch, _ rows: Range<Int>, into output: inout [UInt8]) {
    texts = EventTextFragments()
    var user = texts.column(batch.users.count)
    var entity = texts.column(batch.entities.count)
    var entityType = texts.column(batch.entityTypes.count)
    var dimension = texts.column(batch.dimensions.count)
    var source = texts.column(batch.sources.count)
    var metadata = texts.column(batch.metadatas.count)
    var scope = texts.column(batch.scopes.count)
    var lines: [Line] = []
    lines.reserveCapacity(Self.chunk)
    var start = rows.lowerBound
    while start < rows.upperBound {
      let end = min(start + Self.chunk, rows.upperBound)
      var length = (end - start) * Self.fixedLength
      lines.removeAll(keepingCapacity: true)
      for row in start..<end {
        let line = Line(
          user: fragment(batch.user[row], .user, &user, batch.users),
          entity: fragment(batch.entity[row], .entity, &entity, batch.entities),
          entityType: fragment(batch.entityType[row], .entityType, &entityType, batch.entityTypes),
          dimension: fragment(batch.dimension[row], .dimension, &dimension, batch.dimensions),
          source: fragment(batch.source[row], .source, &source, batch.sources),
          metadata: fragment(batch.metadata[row], .metadata, &metadata, batch.metadatas),
          scope: fragment(batch.scope[row], .scope, &scope, batch.scopes))
        length += line.length
        lines.append(line)
      }
      append(lines, of: batch, from: start, length: length, to: &output)
      start = end
    }
  }

  /// The texts of one line.
  private struct Line {
    var user: EventTextFragments.Place
    var entity: EventTextFragments.Place
    var entityType: EventTextFragments.Place
    var dimension: EventTextFragments.Place
    var source: EventTextFragments.Place
    var metadata: EventTextFragments.Place
    var scope: EventTextFragments.Place

    var length: Int {
      user.length + entity.length + entityType.length + dimension.length + source.length + metadata.length
        + scope.length
    }
  }

  private func append(_ lines: [Line], of batch: EventBatch, from start: Int, length: Int, to output: inout [UInt8]) {
    let isJSON = style == .ndjson
    let bytes = texts.bytes
    let chunk = unsafe [UInt8](unsafeUninitializedCapacity: length) { target, count in
      guard let base = target.baseAddress else { return }
      unsafe bytes.withUnsafeBytes { source in
        var cursor = unsafe TextCursor(UnsafeMutableRawPointer(base), source)
        for (index, line) in lines.enumerated() {
          let row = start + index
          // An id that a store has yet to assign is left out.
          let hasID = batch.eventIDHigh[row] != 0 || batch.eventIDLow[row] != 0
          var user = line.user
          if isJSON { cursor.put(hasID ? "{\"event_id\":\"" : "{") }
          if hasID {
            cursor.putUUID(batch.eventIDHigh[row], batch.eventIDLow[row])
          } else if isJSON {
            // Without the quotation mark and comma after an id.
            user.start += 2
            user.length -= 2
          }
          cursor.put(user)
          cursor.put(line.entity)
          cursor.put(line.entityType)
          cursor.put(line.dimension)
          cursor.putDecimal(batch.delta[row])
          cursor.put(line.source)
          cursor.putTimestamp(batch.createdAt[row])
          cursor.put(line.metadata)
          cursor.put(line.scope)
          cursor.put(isJSON ? "}\n" : "\n")
        }
        count = cursor.written
      }
    }
    output.append(contentsOf: chunk)
  }

  @inline(__always)
  private mutating func fragment(
    _ code: UInt32, _ field: EventField, _ column: inout [EventTextFragments.Place], _ dictionary: ByteStringDictionary
  ) -> EventTextFragments.Place {
    let known = column[Int(code)]
    if known.length >= 0 { return known }
    let place = texts.render(dictionary.bytes(code), field, style)
    column[Int(code)] = place
    return place
  }
}
