import Columnar

/// Digests of rows that depend on what they say and on their order, and not on how they are stored: equal for a batch that
/// was written and for one that was read back. See Formats/archive.md, "Digests".
struct ContentDigest {
  private let batch: EventBatch
  /// By text column, the hash of every text.
  private let hashes: [[UInt64]]

  private static let wordsPerRow = 11
  private static let rowsPerBlock = 1_024

  init(_ batch: EventBatch) {
    self.batch = batch
    hashes = TextColumn.allCases.map { column in
      let texts = batch.dictionary(column)
      return (0..<UInt32(texts.count)).map { code in
        XXH3.hash(texts.arena, texts.start(code), texts.length(code), seed: UInt64(column.rawValue))
      }
    }
  }

  /// The digest of rows in the given order.
  func digest<Rows: RandomAccessCollection<UInt32>>(_ rows: Rows) -> UInt64 where Rows.SubSequence == Rows {
    var digest: UInt64 = 0
    var rest = rows
    while !rest.isEmpty {
      let block = rest.prefix(Self.rowsPerBlock)
      digest = XXH3.hash(bytes(block), seed: digest)
      rest = rest[block.endIndex...]
    }
    return digest
  }

  /// The words of rows, one row behind the other.
  private func bytes<Rows: RandomAccessCollection<UInt32>>(_ rows: Rows) -> [UInt8] {
    let width = Self.wordsPerRow * MemoryLayout<UInt64>.size
    return unsafe [UInt8](unsafeUninitializedCapacity: rows.count * width) { target, filled in
      let memory = UnsafeMutableRawBufferPointer(target)
      func put(_ word: Int, _ value: (Int) -> UInt64) {
        var offset = word * MemoryLayout<UInt64>.size
        for row in rows {
          unsafe memory.storeBytes(of: value(Int(row)).littleEndian, toByteOffset: offset, as: UInt64.self)
          offset += width
        }
      }
      for column in TextColumn.allCases {
        let (hashes, codes) = (hashes[column.rawValue], batch.codes(column))
        put(column.rawValue) { hashes[Int(codes[$0])] }
      }
      let (high, low, delta, time) = (batch.eventIDHigh, batch.eventIDLow, batch.delta, batch.createdAt)
      put(7) { high[$0] }
      put(8) { low[$0] }
      put(9) { UInt64(bitPattern: delta[$0]) }
      put(10) { UInt64(bitPattern: time[$0]) }
      filled = rows.count * width
    }
  }
}
