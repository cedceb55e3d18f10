import Columnar
struct SegmentMerge {
  init(_ inputs: [Segment], hashSeed: UInt64, codec: Codec, largestRows: Int) throws(StoreError) {}
  func hasNext() throws(StoreError) -> Bool { false }
  mutating func writeNext(fileID: UInt64, output: FileOutput) throws(StoreError) -> SegmentSummary { throw StoreError(.io, "") }
}
