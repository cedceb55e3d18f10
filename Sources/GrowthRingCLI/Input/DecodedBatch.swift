import GrowthRing

/// A part of the input as it comes from the decoder.
struct DecodedBatch: Sendable {
  let file: String
  let batch: EventBatch
  let rejected: [RejectedRecord]
  let places: RecordPlaces
  /// Bytes of input so far, decompressed, over all files.
  let bytes: Int
  /// How much of all files is read, from 0 to 1; nil where a file has no end that is known.
  let fraction: Double?
}
