/// How values lie in pages. The raw values stand in files.
package enum PhysicalType: Int32, Sendable, CaseIterable {
  case boolean = 0
  case int32 = 1
  case int64 = 2
  /// Deprecated: timestamps of older writers. Read, never written.
  case int96 = 3
  case float = 4
  case double = 5
  case byteArray = 6
  case fixedLengthByteArray = 7

  /// Bytes of a value in the plain encoding; nil where values differ in length or are bits.
  func width(fixedLength: Int) -> Int? {
    switch self {
    case .int32, .float: 4
    case .int64, .double: 8
    case .int96: 12
    case .fixedLengthByteArray: fixedLength
    case .boolean, .byteArray: nil
    }
  }
}

/// How often a field stands in its parent.
package enum Repetition: Int32, Sendable {
  case required = 0
  case optional = 1
  case repeated = 2
}
