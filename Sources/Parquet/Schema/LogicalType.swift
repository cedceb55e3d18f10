import Columnar

/// What values mean.
///
/// Source: LogicalTypes.md and parquet.thrift of https://github.com/apache/parquet-format
package enum LogicalType: Hashable, Sendable {
  package enum Unit: Int16, Sendable {
    case milliseconds = 1
    case microseconds = 2
    case nanoseconds = 3
  }

  case string
  case map
  case list
  case enumeration
  case decimal(precision: Int32, scale: Int32)
  case date
  case time(isUTC: Bool, unit: Unit)
  case timestamp(isUTC: Bool, unit: Unit)
  case integer(bits: Int8, isSigned: Bool)
  /// Only nulls.
  case unknown
  case json
  case bson
  case uuid
  case float16
  case interval
  /// A type that later versions of the format may add, or that this library does not look into, by its field id.
  case other(Int16)
}

// MARK: Files

extension LogicalType {
  init?(_ reader: inout CompactReader, _ field: CompactReader.Field) throws(FormatError) {
    var result: LogicalType?
    try reader.structure(field) { (reader, field) throws(FormatError) in
      switch field.id {
      case 5:
        var scale: Int32 = 0
        var precision: Int32 = 0
        try reader.structure(field) { (reader, field) throws(FormatError) in
          switch field.id {
          case 1: scale = try reader.int32(field)
          case 2: precision = try reader.int32(field)
          default: try reader.skip(field)
          }
        }
        result = .decimal(precision: precision, scale: scale)
      case 7, 8:
        var isUTC = false
        var unit: Unit?
        try reader.structure(field) { (reader, field) throws(FormatError) in
          switch field.id {
          case 1: isUTC = try reader.bool(field)
          case 2:
            try reader.structure(field) { (reader, field) throws(FormatError) in
              unit = Unit(rawValue: field.id)
              try reader.skip(field)
            }
          default: try reader.skip(field)
          }
        }
        guard let unit else { throw FormatError(offset: reader.offset, "a time of an unknown unit") }
        result = field.id == 7 ? .time(isUTC: isUTC, unit: unit) : .timestamp(isUTC: isUTC, unit: unit)
      case 10:
        var bits: Int64 = 0
        var isSigned = false
        try reader.structure(field) { (reader, field) throws(FormatError) in
          switch field.id {
          case 1: bits = try reader.int(field)
          case 2: isSigned = try reader.bool(field)
          default: try reader.skip(field)
          }
        }
        guard [8, 16, 32, 64].contains(bits) else {
          throw FormatError(offset: reader.offset, "an integer of \(bits) bits")
        }
        result = .integer(bits: Int8(bits), isSigned: isSigned)
      default:
        result = Self.plain.first { $0.id == field.id }?.type ?? .other(field.id)
        try reader.skip(field)
      }
    }
    guard let result else { return nil }
    self = result
  }

  /// The types that say nothing beyond their name.
  private static let plain: [(type: LogicalType, id: Int16)] = [
    (.string, 1), (.map, 2), (.list, 3), (.enumeration, 4), (.date, 6), (.unknown, 11), (.json, 12), (.bson, 13),
    (.uuid, 14), (.float16, 15),
  ]

  func write(_ writer: inout CompactWriter, _ id: Int16) {
    if self == .interval { return }
    writer.structure(id) { writer in
      switch self {
      case .decimal(let precision, let scale):
        writer.structure(5) { writer in
          writer.int(1, scale)
          writer.int(2, precision)
        }
      case .time(let isUTC, let unit): Self.write(&writer, 7, isUTC, unit)
      case .timestamp(let isUTC, let unit): Self.write(&writer, 8, isUTC, unit)
      case .integer(let bits, let isSigned):
        writer.structure(10) { writer in
          writer.int(1, bits)
          writer.bool(2, isSigned)
        }
      case .other(let id): writer.structure(id)
      default:
        if let id = Self.plain.first(where: { $0.type == self })?.id { writer.structure(id) }
      }
    }
  }

  private static func write(_ writer: inout CompactWriter, _ id: Int16, _ isUTC: Bool, _ unit: Unit) {
    writer.structure(id) { writer in
      writer.bool(1, isUTC)
      writer.structure(2) { $0.structure(unit.rawValue) }
    }
  }

  // MARK: The older form

  /// The code that older readers know; nil where there is none.
  var convertedType: Int32? {
    switch self {
    case .string: 0
    case .map: 1
    case .list: 3
    case .enumeration: 4
    case .decimal: 5
    case .date: 6
    case .time(_, .milliseconds): 7
    case .time(_, .microseconds): 8
    case .timestamp(true, .milliseconds): 9
    case .timestamp(true, .microseconds): 10
    case .integer(let bits, let isSigned):
      (isSigned ? 15 : 11) + Int32(bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : 3)
    case .json: 19
    case .bson: 20
    case .interval: 21
    default: nil
    }
  }

  /// The type of an older file, which has such a code only.
  init?(convertedType: Int32, precision: Int32, scale: Int32) {
    switch convertedType {
    case 0: self = .string
    case 1, 2: self = .map
    case 3: self = .list
    case 4: self = .enumeration
    case 5: self = .decimal(precision: precision, scale: scale)
    case 6: self = .date
    case 7: self = .time(isUTC: true, unit: .milliseconds)
    case 8: self = .time(isUTC: true, unit: .microseconds)
    case 9: self = .timestamp(isUTC: true, unit: .milliseconds)
    case 10: self = .timestamp(isUTC: true, unit: .microseconds)
    case 11...14: self = .integer(bits: 8 << Int8(convertedType - 11), isSigned: false)
    case 15...18: self = .integer(bits: 8 << Int8(convertedType - 15), isSigned: true)
    case 19: self = .json
    case 20: self = .bson
    case 21: self = .interval
    default: return nil
    }
  }
}
