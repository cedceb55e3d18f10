import Columnar
import Parquet

/// Random columns from a seed.
struct ParquetSample {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }

  mutating func below(_ limit: Int) -> Int { Int(next() >> 1) % limit }

  static let schema = ParquetSchema([
    SchemaField("flag", .optional, .boolean),
    SchemaField("small", .required, .int32),
    SchemaField("unsigned", .optional, .int32, .integer(bits: 32, isSigned: false)),
    SchemaField("big", .required, .int64),
    SchemaField("time", .optional, .int64, .timestamp(isUTC: true, unit: .microseconds)),
    SchemaField("amount", .required, .int64, .decimal(precision: 18, scale: 6)),
    SchemaField("single", .optional, .float),
    SchemaField("double", .required, .double),
    SchemaField("text", .optional, .byteArray, .string),
    SchemaField("unique", .required, .byteArray, .json),
    SchemaField("id", .required, .fixedLengthByteArray, length: 16, .uuid),
    SchemaField("wide", .optional, .fixedLengthByteArray, length: 9, .decimal(precision: 20, scale: 2)),
    .list("numbers", .optional, of: SchemaField("element", .optional, .int32)),
    SchemaField(
      "pair", .optional, group: [SchemaField("left", .required, .byteArray), SchemaField("right", .optional, .int64)]),
  ])

  /// Columns of `rows` rows.
  mutating func columns(rows: Int, nulls: Int = 5) -> [ColumnBatch] {
    Self.schema.columns.map { column($0, rows, nulls) }
  }

  private mutating func column(_ column: ParquetColumn, _ rows: Int, _ nulls: Int) -> ColumnBatch {
    var definition: [UInt8]? = column.maxDefinition > 0 ? [] : nil
    var repetition: [UInt8]? = column.maxRepetition > 0 ? [] : nil
    var count = 0
    for _ in 0..<rows {
      let length = column.maxRepetition > 0 ? max(1, below(4)) : 1
      for place in 0..<length {
        let level = below(nulls) == 0 ? UInt8(below(Int(column.maxDefinition) + 1)) : column.maxDefinition
        // A list that is absent or empty has one entry only.
        let isWhole = column.maxRepetition == 0 || length == 1 || level >= 2
        definition?.append(isWhole ? level : column.maxDefinition)
        repetition?.append(place == 0 ? 0 : 1)
        if !isWhole || level == column.maxDefinition { count += 1 }
      }
    }
    return ColumnBatch(values(column, count), definition: definition, repetition: repetition)
  }

  private mutating func values(_ column: ParquetColumn, _ count: Int) -> ColumnValues {
    // Some columns repeat their values, some have runs, some neither.
    let kind = below(4)
    var last: UInt64 = 0
    var numbers: [UInt64] = []
    for _ in 0..<count {
      switch kind {
      case 0: last = next()
      case 1: last = UInt64(below(10))
      case 2: if below(20) == 0 { last = next() >> 40 }
      default: last = last &+ UInt64(below(100))
      }
      numbers.append(last)
    }
    switch column.type {
    case .boolean: return .boolean(numbers.map { $0 & 1 == 1 })
    case .int32: return .int32(numbers.map { Int32(truncatingIfNeeded: $0) })
    case .int64: return .int64(numbers.map { Int64(bitPattern: $0) })
    case .float: return .float(numbers.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
    case .double: return .double(numbers.map { Double(bitPattern: $0) })
    case .byteArray:
      let strings = ByteStrings(numbers.map { Array("ä\($0)".utf8) })
      guard kind != 0 else { return .bytes(ByteColumn(strings)) }
      // As codes, of which some strings are the same and some are not used.
      return .bytes(ByteColumn(strings, codes: (0..<count).map { UInt32($0 / 2) }))
    case .int96, .fixedLengthByteArray:
      let width = column.type == .int96 ? 12 : column.length
      var bytes: [UInt8] = []
      for number in numbers {
        for place in 0..<width { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(place % 8 * 8))) }
      }
      return .fixed(FixedColumn(width: width, bytes: bytes))
    }
  }

  static func file(_ columns: [ColumnBatch], _ options: ParquetWriterOptions) -> [UInt8] {
    var writer = ParquetWriter(schema, options: options)
    var bytes: [UInt8] = []
    writer.write(columns) { bytes += $0 }
    writer.finish { bytes += $0 }
    return bytes
  }
}
