import Testing

@testable import Columnar

@Suite struct ZstdCompressorTests {
  /// What is written must not depend on what was compressed before: files are the same from run to run.
  @Test func sameBytesWhateverCameBefore() throws {
    let zstd = ZstdCompressor()
    var state: UInt64 = 5
    for round in 0..<60 {
      var page: [UInt8] = []
      let length = [40, 900, 9_000, 70_000, 300_000][round % 5]
      while page.count < length {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let byte = UInt8(truncatingIfNeeded: state >> 33)
        page += round % 3 == 0 ? [byte] : [UInt8](repeating: byte & 7, count: Int(byte % 9) + 1)
      }
      let level: Int32 = [3, 9, 1, 19][round % 4]
      let packed = Codec.zstd.compress(page, level: level, zstd: zstd)
      #expect(packed == Codec.zstd.compress(page, level: level))
      guard let packed else { continue }
      #expect(try Codec.zstd.decompress(Bytes(packed), rawLength: page.count).array == page)
    }
  }
}
