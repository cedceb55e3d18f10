/// What a manifest records of a segment that was just written.
package struct SegmentSummary: Sendable, Equatable {
  package let fileID: UInt64
  package let fileLength: Int
  package let rows: Int
  package let smallestCreatedAt: Int64
  package let largestCreatedAt: Int64
}
