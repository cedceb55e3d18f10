/// Which rows of a batch were seen before.
package struct Classification: Sendable {
  /// Rows whose event is stored already, with the same content.
  package var duplicates: [UInt32] = []
  /// Rows whose identity is stored already, with other content.
  package var conflicts: [UInt32] = []

  package init() {}

  package var isEmpty: Bool { duplicates.isEmpty && conflicts.isEmpty }

  package mutating func note(_ row: Int, same: Bool) {
    if same { duplicates.append(UInt32(row)) } else { conflicts.append(UInt32(row)) }
  }
}
