/// Random access to a page of event ids. An object, because views are taken out of arrays at every read.
package final class EventIDPageView: Sendable {
  private enum Form: Sendable {
    case plain(high: IntegerPageView, low: IntegerPageView)
    case version7(residuals: IntegerPageView, high: IntegerPageView, low: IntegerPageView)
  }

  private let form: Form

  /// Reads one page of `count` ids and leaves the reader behind it.
  package init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
    let start = reader.offset
    switch try reader.read(UInt8.self, "event id mode") {
    case EventIDPage.plain:
      let high = try IntegerPageView(&reader, count: count)
      form = .plain(high: high, low: try IntegerPageView(&reader, count: count))
    case EventIDPage.version7:
      let residuals = try IntegerPageView(&reader, count: count)
      let high = try IntegerPageView(&reader, count: count)
      form = .version7(residuals: residuals, high: high, low: try IntegerPageView(&reader, count: count))
    case let mode:
      throw FormatError(offset: start, "event id mode \(mode)")
    }
  }

  /// Bytes held beside those of the page.
  package var memory: Int {
    switch form {
    case .plain(let high, let low): high.memory + low.memory
    case .version7(let residuals, let high, let low): residuals.memory + high.memory + low.memory
    }
  }

  /// The id of an event of that time.
  package func id(_ index: Int, createdAt: Int64) throws(FormatError) -> (high: UInt64, low: UInt64) {
    switch form {
    case .plain(let high, let low):
      return (UInt64(bitPattern: high[index]), UInt64(bitPattern: low[index]))
    case .version7(let residuals, let high, let low):
      return try EventIDPage.version7(
        index, residual: residuals[index], highBits: high[index], lowBits: low[index], createdAt: createdAt)
    }
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
