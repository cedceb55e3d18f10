import StoreEngine

/// Appends that go into one commit together, in the order in which they came.
struct CommitGroup: Sendable {
  /// End to end what will be committed.
  private var batches: [EventBatch] = []
  /// Whether the last batch is the group's own, which takes the rows of small appends.
  private var isOpen = false
  private var continuations: [CheckedContinuation<AppendQueue.Outcome, Never>] = []
  /// How many rows each append brought.
  private(set) var counts: [Int] = []
  private var rows = 0
  private var textLength = 0

  /// About the bytes of memory that the rows will take.
  var length: Int { rows * 128 + textLength }

  /// Whether what was taken was the group's own batch, whose memory nobody else holds.
  private(set) var isShared = false

  /// Whether one more batch belongs to this commit: small ones go together, a large one alone.
  func takes(_ batch: EventBatch) -> Bool {
    rows + batch.count <= Self.largestRows && counts.count < Self.largestCount
      && textLength + batch.textLength <= Self.largestText
  }

  /// `spare` is an empty batch, and is another one afterwards where it was needed.
  mutating func add(
    _ batch: EventBatch, _ continuation: CheckedContinuation<AppendQueue.Outcome, Never>, spare: inout EventBatch
  ) {
    continuations.append(continuation)
    counts.append(batch.count)
    rows += batch.count
    textLength += batch.textLength
    guard batch.count <= Self.fewRows else {
      batches.append(batch)
      isOpen = false
      return
    }
    if !isOpen {
      batches.append(EventBatch())
      swap(&batches[batches.count - 1], &spare)
      isOpen = true
    }
    let last = batches.count - 1
    for row in 0..<batch.count { batches[last].append(row: row, of: batch) }
  }

  /// All rows; the group has none any more.
  mutating func takeBatch() -> EventBatch {
    var combined = EventBatch()
    guard !batches.isEmpty else { return combined }
    isShared = isOpen && batches.count == 1
    swap(&combined, &batches[0])
    for place in batches.indices.dropFirst() { combined.append(batches[place]) }
    batches = []
    return combined
  }

  func resume(_ receipts: [CommitReceipt]) {
    for (continuation, receipt) in zip(continuations, receipts) { continuation.resume(returning: .success(receipt)) }
  }

  func resume(_ failure: StoreError) {
    for continuation in continuations { continuation.resume(returning: .failure(failure)) }
  }

  /// Batches of so many rows are copied by those who append them: longer ones would keep the others waiting.
  private static let fewRows = 32
  private static let largestRows = 16_384
  private static let largestCount = 4_096
  private static let largestText = 32 << 20
  /// Bytes of a batch whose memory is kept for the next.
  static let largestSpare = 2 << 20
}
