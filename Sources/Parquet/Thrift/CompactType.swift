/// The types of Thrift's compact protocol, by the codes that stand in files.
///
/// Source: the Thrift specification, https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
enum CompactType: UInt8 {
  case stop = 0
  /// In a field, the type is the value.
  case yes = 1
  case no = 2
  case byte = 3
  case int16 = 4
  case int32 = 5
  case int64 = 6
  case double = 7
  case binary = 8
  case list = 9
  case set = 10
  case map = 11
  case structure = 12
  case uuid = 13
}
