/// Random access to a page of event ids. An object, because views are taken out of arrays at every read.
package final class EventIDPageView: Sendable {
  /// Of ids of version 7; nil where `high` and `low` are the halves of the ids themselves.
  package let residuals: IntegerPageView?
  package let high: IntegerPageView
  package let low: IntegerPageView

  /// Reads one page of `count` ids and leaves the reader behind it.
  package init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
    let start = reader.offset
    switch try reader.read(UInt8.self, "event id mode") {
    case EventIDPage.plain: residuals = nil
    case EventIDPage.version7: residuals = try IntegerPageView(&reader, count: count)
    case let mode: throw FormatError(offset: start, "event id mode \(mode)")
    }
    high = try IntegerPageView(&reader, count: count)
    low = try IntegerPageView(&reader, count: count)
  }

  /// Bytes held beside those of the page.
  package var memory: Int { (residuals?.memory ?? 0) + high.memory + low.memory }

  /// Asks for what holds the ids; `prefetch` and `prefetchField` for what a look at one waits for.
  package func prefetchParts() {
    if let residuals { prefetchObject(residuals) }
    prefetchObject(high)
    prefetchObject(low)
  }

  package func prefetch(_ index: Int) {
    residuals?.prefetch(index)
    high.prefetch(index)
    low.prefetch(index)
  }

  package func prefetchField(_ index: Int) {
    residuals?.prefetchField(index)
    high.prefetchField(index)
    low.prefetchField(index)
  }

  /// The id of an event of that time.
  package func id(_ index: Int, createdAt: Int64) throws(FormatError) -> (high: UInt64, low: UInt64) {
    guard let residuals else { return (UInt64(bitPattern: high[index]), UInt64(bitPattern: low[index])) }
    return try EventIDPage.version7(
      index, residual: residuals[index], highBits: high[index], lowBits: low[index], createdAt: createdAt)
  }

  /// Appends the ids of a range; `createdAt` holds the times of its events, from `first` on.
  package func append(
    _ range: Range<Int>, createdAt: [Int64], from first: Int, high: inout [UInt64], low: inout [UInt64]
  ) throws(FormatError) {
    for index in range {
      let id = try self.id(index, createdAt: createdAt[first + index - range.lowerBound])
      high.append(id.high)
      low.append(id.low)
    }
  }
}
