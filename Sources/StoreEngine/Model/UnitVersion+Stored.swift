package import Columnar

/// What logs and segments share of the stored form of a version.
extension UnitVersion.Fields {
  private static let deletedFlag: Int64 = 1
  private static let importanceFlag: Int64 = 2

  package var flags: Int64 {
    (isDeleted ? Self.deletedFlag : 0) | (importance == nil ? 0 : Self.importanceFlag)
  }

  /// What stored flags say of it.
  static func isDeleted(_ flags: Int64) -> Bool { flags & deletedFlag != 0 }

  /// When versions can have been made, in microseconds since 1970.
  static let times = Timestamp.earliest.microseconds...Timestamp.latest.microseconds

  package mutating func setFlags(_ flags: Int64, importance value: Int64) throws(FormatError) {
    guard flags & ~(Self.deletedFlag | Self.importanceFlag) == 0 else {
      throw FormatError(offset: 0, "flags \(flags) of a memory unit")
    }
    isDeleted = flags & Self.deletedFlag != 0
    importance = flags & Self.importanceFlag == 0 ? nil : value
  }

  /// Checks what later work relies on.
  package func check() throws(FormatError) {
    guard user.count > 1, muid.count > 1 else { throw FormatError(offset: 0, "a memory unit without an id") }
    guard Self.times.contains(updatedAt), Self.times.contains(createdAt) else {
      throw FormatError(offset: 0, "a memory unit with a time outside of the years 1 to 9999")
    }
  }
}
