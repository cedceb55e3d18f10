package import Columnar

/// What went wrong, grouped by what the caller can do about it.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    /// There is no store, file or key of that name: create it, or correct the name.
    case notFound
    /// It is there already: open it, or choose another name.
    case alreadyExists
    /// The arguments make no sense: correct them.
    case invalidArgument
    /// Events or memory units were refused; `rejections` and `unitRejections` tell which and why. Nothing of the batch was stored.
    case rejected
    /// Another process holds what only one may hold: wait, or use the other process.
    case locked
    /// Stored bytes are damaged or foreign: restore from a backup; `growthring verify` tells the extent.
    case corruption
    /// Written by a newer version of GrowthRing: upgrade.
    case unsupportedVersion
    /// The disk is full: free space and try again.
    case noSpace
    /// The disk failed. After a failed write or sync the store stops acknowledging: reopen it.
    case io
    /// The store was closed, or has stopped after an earlier failure: reopen it.
    case closed
  }

  public let kind: Kind
  /// The file, where there is one.
  public let file: String?
  /// The position in the file, where it is known.
  public let offset: Int?
  public let reason: String
  /// Of kind `rejected`: every refused event.
  public let rejections: [EventRejection]
  /// Of kind `rejected`: every refused memory unit.
  public let unitRejections: [UnitRejection]

  public init(
    _ kind: Kind, file: String? = nil, offset: Int? = nil, _ reason: String, rejections: [EventRejection] = [],
    unitRejections: [UnitRejection] = []
  ) {
    self.kind = kind
    self.file = file
    self.offset = offset
    self.reason = reason
    self.rejections = rejections
    self.unitRejections = unitRejections
  }

  /// What is wrong with the bytes of a file; one of a newer version is not damaged.
  package init(_ error: FormatError, file: String, base: Int = 0) {
    self.init(error.isNewer ? .unsupportedVersion : .corruption, file: file, offset: error.offset + base, error.reason)
  }

  public var description: String {
    var text = kind.rawValue
    // Errors of the disk name the file themselves.
    if let file, offset != nil || !reason.contains(file) { text += ": " + file }
    if let offset { text += " at offset \(offset)" }
    return text + ": " + reason
  }
}
