/// What is wrong with bytes that were read, and where.
///
/// Bytes from a disk or a network are never trusted: every decoder throws this instead of trapping. The offset counts
/// from the start of the bytes that the decoder was given; whoever knows the file adds its name and position.
@usableFromInline
package struct FormatError: Error, Equatable, Sendable, CustomStringConvertible {
  package let offset: Int
  package let reason: String
  /// Whether the bytes are of a version that is newer than this code, which is not damage.
  package let isNewer: Bool

  @usableFromInline
  package init(offset: Int, _ reason: String) {
    self.init(offset: offset, reason, isNewer: false)
  }

  package init(offset: Int, _ reason: String, isNewer: Bool) {
    self.offset = offset
    self.reason = reason
    self.isNewer = isNewer
  }

  /// The same error seen from a container in which the bytes begin at `base`.
  package func shifted(by base: Int) -> FormatError { FormatError(offset: offset + base, reason, isNewer: isNewer) }

  @usableFromInline package var description: String { "at offset \(offset): \(reason)" }
}
