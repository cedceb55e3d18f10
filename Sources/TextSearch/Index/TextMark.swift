/// A version of a unit by which an index knows the store again from which it was made: the store has it where the index says,
/// or it is another store by now, one put back from an older copy for instance.
package struct TextMark: Sendable, Hashable {
  package let user: String
  package let unit: String
  package let version: Int64
  /// Of all that the version says.
  package let hash: UInt64

  package init(user: String, unit: String, version: Int64, hash: UInt64) {
    self.user = user
    self.unit = unit
    self.version = version
    self.hash = hash
  }
}
