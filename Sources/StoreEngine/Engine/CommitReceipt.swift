/// What became of one batch.
package struct CommitReceipt: Sendable, Equatable {
  /// The frame that holds its events; of a batch without new events, the newest frame there was.
  package var sequence: UInt64
  package var stored = 0
  /// Rows whose event was stored before with the same content.
  package var duplicates = 0
  /// Rows whose event was stored before with other content, ascending; they changed nothing.
  package var conflicts: [Int] = []
}
