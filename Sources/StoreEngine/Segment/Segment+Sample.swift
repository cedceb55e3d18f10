import Columnar

extension Segment {
  /// The part that Zstandard must save of a segment for its rewrite, or its time, to be worth it.
  package static let leastSaving = 1.0 / 32

  /// Which part of the segment Zstandard would save, measured on the pages of its middle row group.
  package func savedByZstandard(level: Int32) throws(StoreError) -> Double {
    var stored = 0
    var packed = 0
    let zstd = ZstdCompressor()
    for (_, page) in try header(rowGroupCount / 2).pages {
      do throws(FormatError) {
        let raw = try page.load(from: bytes, fileID: fileID)
        stored += page.storedLength
        packed += min(raw.count, Codec.zstd.compress(raw.array, level: level, zstd: zstd)?.count ?? raw.count)
      } catch {
        throw StoreError(error, file: path)
      }
    }
    return stored == 0 ? 0 : max(0, 1 - Double(packed) / Double(stored))
  }
}
