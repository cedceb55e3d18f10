import Columnar
import Parquet
import StoreEngine

/// Writes the values of a Parquet column as the text that a CSV cell would hold, so that one and the same code checks
/// what comes from either.
struct ParquetCells {
  enum Form {
    case text
    /// Sixteen bytes.
    case uuid
    case boolean
    case integer(isSigned: Bool)
    case decimal(scale: Int)
    case floating
    /// So many in a second; nil for days.
    case time(perSecond: Int128?, isUTC: Bool)
    /// The timestamps of twelve bytes.
    case oldTime
    /// A column of nothing but nulls.
    case nothing
  }

  let form: Form
  private let maxDefinition: UInt8

  /// - Throws: why the values of a column cannot be read.
  init(_ column: ParquetColumn, for field: EventField?, timeUnit: TimeUnit) throws(ParquetIngestError) {
    maxDefinition = column.maxDefinition
    guard column.maxRepetition == 0 else { throw .unsupportedColumn(column.name, "a list") }
    switch (column.type, column.logical) {
    case (_, .unknown): form = .nothing
    case (_, .time): throw .unsupportedColumn(column.name, "a time of day")
    case (_, .interval): throw .unsupportedColumn(column.name, "an interval")
    case (_, .float16): throw .unsupportedColumn(column.name, "floating point of 16 bits")
    case (_, .bson): throw .unsupportedColumn(column.name, "BSON")
    case (_, .other): throw .unsupportedColumn(column.name, "of a type that is not known")
    case (_, .decimal(_, let scale)): form = .decimal(scale: Int(scale))
    case (_, .timestamp(let isUTC, let unit)):
      form = .time(
        perSecond: unit == .milliseconds ? 1000 : unit == .microseconds ? 1_000_000 : 1_000_000_000, isUTC: isUTC)
    case (_, .date): form = .time(perSecond: nil, isUTC: false)
    case (_, .uuid): form = .uuid
    case (.boolean, _): form = .boolean
    case (.int32, _), (.int64, _):
      if field == .createdAt {
        form = .time(perSecond: Int128(1_000_000 / timeUnit.length), isUTC: true)
      } else if case .integer(_, false) = column.logical {
        form = .integer(isSigned: false)
      } else {
        form = .integer(isSigned: true)
      }
    case (.float, _), (.double, _): form = .floating
    case (.int96, _): form = .oldTime
    // Sixteen bytes without a name for what they are; a text of this length would be no id.
    case (.fixedLengthByteArray, nil) where field == .eventID, (.byteArray, nil) where field == .eventID: form = .uuid
    case (.byteArray, _), (.fixedLengthByteArray, _): form = .text
    }
  }

  /// Whether the cells are times in the form of ISO 8601.
  var isTime: Bool {
    switch form {
    case .time, .oldTime: true
    default: false
    }
  }

  /// Appends the value at `next`, if the row has one, and moves on.
  @inline(__always)
  func append(_ batch: ColumnBatch, row: Int, next: inout Int, to output: inout [UInt8]) {
    if let definition = batch.definition, definition[row] != maxDefinition { return }
    let index = next
    next += 1
    switch batch.values {
    case .bytes(let column):
      let range = column.strings.range(column.string(index))
      append(column.strings.arena, range, to: &output)
    case .fixed(let column):
      if case .oldTime = form {
        ParquetTimeText.append(column.nanoseconds(index), perSecond: 1_000_000_000, isUTC: true, to: &output)
      } else {
        append(column.bytes, index * column.width..<(index + 1) * column.width, to: &output)
      }
    case .int32(let values):
      if case .integer(false) = form {
        output.append(contentsOf: String(UInt32(bitPattern: values[index])).utf8)
      } else {
        append(Int64(values[index]), to: &output)
      }
    case .int64(let values):
      if case .integer(false) = form {
        output.append(contentsOf: String(UInt64(bitPattern: values[index])).utf8)
      } else {
        append(values[index], to: &output)
      }
    // The shortest decimal that means this very number: 0.1 is 0.1, and 0.1 + 0.2 has too many digits.
    case .float(let values): output.append(contentsOf: values[index].description.utf8)
    case .double(let values): output.append(contentsOf: values[index].description.utf8)
    case .boolean(let values): output.append(contentsOf: values[index] ? "true".utf8 : "false".utf8)
    }
  }

  private func append(_ arena: [UInt8], _ range: Range<Int>, to output: inout [UInt8]) {
    switch form {
    case .uuid where range.count == 16:
      var words: (high: UInt64, low: UInt64) = (0, 0)
      for index in range.prefix(8) {
        words.high = words.high << 8 | UInt64(arena[index])
        words.low = words.low << 8 | UInt64(arena[index + 8])
      }
      output.append(contentsOf: UUIDText.bytes(high: words.high, low: words.low, uppercase: false))
    case .decimal(let scale):
      var range = range
      // Bytes that only repeat the sign, in columns that are wider than their values.
      while range.count > 16, arena[range.lowerBound] == (arena[range.lowerBound + 1] >= 0x80 ? 0xFF : 0) {
        range = range.dropFirst()
      }
      guard range.count <= 16 else {
        // More digits than any delta; as many as that are too many whatever they are.
        output.append(contentsOf: "1e99".utf8)
        return
      }
      var value: Int128 = range.first.map { arena[$0] >= 0x80 ? -1 : 0 } ?? 0
      for byte in arena[range] { value = value << 8 | Int128(byte) }
      Self.append(decimal: value, scale: scale, to: &output)
    default: output.append(contentsOf: arena[range])
    }
  }

  private func append(_ value: Int64, to output: inout [UInt8]) {
    switch form {
    case .decimal(let scale): Self.append(decimal: Int128(value), scale: scale, to: &output)
    case .time(let perSecond?, let isUTC):
      ParquetTimeText.append(Int128(value), perSecond: perSecond, isUTC: isUTC, to: &output)
    case .time(nil, let isUTC):
      ParquetTimeText.append(Int128(value) * 86_400, perSecond: 1, isUTC: isUTC, to: &output)
    default: output.append(contentsOf: String(value).utf8)
    }
  }

  private static func append(decimal value: Int128, scale: Int, to output: inout [UInt8]) {
    var digits = Array(String(value.magnitude).utf8)
    if digits.count <= scale { digits = Array(repeating: 0x30, count: scale + 1 - digits.count) + digits }
    if value < 0 { output.append(UInt8(ascii: "-")) }
    output.append(contentsOf: digits[..<(digits.count - scale)])
    // Zeros at the end say nothing, and there may be many of them.
    var end = digits.count
    while end > digits.count - scale, digits[end - 1] == 0x30 { end -= 1 }
    guard end > digits.count - scale else { return }
    output.append(UInt8(ascii: "."))
    output.append(contentsOf: digits[digits.count - scale..<end])
  }
}

/// Times as ISO 8601.
enum ParquetTimeText {
  private static let first = Int128(Timestamp.earliest.microseconds) / 1_000_000
  private static let last = Int128(Timestamp.latest.microseconds) / 1_000_000

  /// Appends `count` units since 1970, `perSecond` of which are a second: with `Z` where that is UTC.
  static func append(_ count: Int128, perSecond: Int128, isUTC: Bool, to output: inout [UInt8]) {
    var second = count / perSecond
    var rest = count % perSecond
    if rest < 0 {
      rest += perSecond
      second -= 1
    }
    guard second >= first, second <= last else {
      // A text for what no text can say: it is read as a time out of range.
      output.append(contentsOf: "9999-12-31T23:59:59-23:00".utf8)
      return
    }
    let seconds = Int(second)
    let day = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
    let time = seconds - day * 86_400
    let date = Timestamp.Day.civil(day)
    put(date.year / 100, &output)
    put(date.year % 100, &output)
    output.append(UInt8(ascii: "-"))
    put(date.month, &output)
    output.append(UInt8(ascii: "-"))
    put(date.day, &output)
    output.append(UInt8(ascii: "T"))
    put(time / 3600, &output)
    output.append(UInt8(ascii: ":"))
    put(time / 60 % 60, &output)
    output.append(UInt8(ascii: ":"))
    put(time % 60, &output)
    if rest > 0 {
      output.append(UInt8(ascii: "."))
      var left = Int(rest)
      var unit = Int(perSecond) / 10
      while left > 0 {
        output.append(UInt8(left / unit) + 0x30)
        left %= unit
        unit = max(1, unit / 10)
      }
    }
    if isUTC { output.append(UInt8(ascii: "Z")) }
  }

  private static func put(_ number: Int, _ output: inout [UInt8]) {
    output.append(UInt8(number / 10) + 0x30)
    output.append(UInt8(number % 10) + 0x30)
  }
}
