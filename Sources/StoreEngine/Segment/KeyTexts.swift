import Columnar

/// All texts of a dictionary of a row group, end to end, for comparing many of them without making one.
struct KeyTexts {
  private let arena: Bytes
  private let ends: [Int]

  init(_ group: RowGroup, _ column: TextColumn) throws(StoreError) {
    var arena: [UInt8] = []
    var ends: [Int] = []
    try group.appendTexts(column, to: &arena, ends: &ends)
    self.arena = Bytes(arena)
    self.ends = ends
  }

  /// Bytewise order, as that of `Bytes`.
  func compare(_ a: UInt32, _ b: UInt32) -> Int {
    // The slices do not outlive the call.
    let arena = unsafe arena.borrowed
    return Bytes.compare(text(a, of: arena), text(b, of: arena))
  }

  private func text(_ code: UInt32, of arena: Bytes) -> Bytes {
    let start = code == 0 ? 0 : ends[Int(code) - 1]
    return arena.slice(start, ends[Int(code)] - start)
  }
}
