import Columnar

/// Which rows of a batch satisfy a condition on metadata; a distinct text is judged once, when its first row comes.
struct MetadataVerdicts {
  private let predicate: MetadataPredicate
  private let batch: EventBatch
  /// By code: 0 unknown, 1 no, 2 yes.
  private var verdicts: [UInt8]

  init(_ predicate: MetadataPredicate, _ batch: EventBatch) {
    self.predicate = predicate
    self.batch = batch
    verdicts = [UInt8](repeating: 0, count: batch.metadatas.count)
  }

  mutating func passes(_ row: Int) -> Bool {
    let code = batch.metadata[row]
    if verdicts[Int(code)] == 0 { verdicts[Int(code)] = predicate.matches(code, of: batch.metadatas) ? 2 : 1 }
    return verdicts[Int(code)] == 2
  }
}
