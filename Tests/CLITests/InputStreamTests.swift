import Testing

@testable import GrowthRingCLI

struct InputStreamTests {
  private let folder = try! TemporaryFolder()

  private func read(_ bytes: [UInt8], name: String = "input") throws -> String {
    var stream = try InputStream(try InputFile(path: try folder.write(name, bytes)))
    var all: [UInt8] = []
    while let chunk = try stream.next() { all.append(contentsOf: chunk) }
    #expect(stream.position == all.count)
    return String(decoding: all, as: UTF8.self)
  }

  @Test(arguments: [CompressedSample.gzip, CompressedSample.zstd, Array(CompressedSample.text.utf8)])
  func decompresses(bytes: [UInt8]) throws { #expect(try read(bytes) == CompressedSample.text) }

  @Test(arguments: [CompressedSample.gzip, CompressedSample.zstd])
  func joinedStreams(bytes: [UInt8]) throws {
    #expect(try read(bytes + bytes) == CompressedSample.text + CompressedSample.text)
  }

  /// Every length but the whole is told to be truncated, from the first byte behind the magic number on.
  @Test(arguments: [CompressedSample.gzip, CompressedSample.zstd])
  func truncated(bytes: [UInt8]) throws {
    for length in 4..<bytes.count {
      let failure = #expect(throws: CommandFailure.self) { try read(Array(bytes.prefix(length))) }
      #expect(failure?.message.contains("is truncated") == true, "length \(length): \(failure?.message ?? "")")
      #expect(failure?.hint != nil)
    }
  }

  @Test(arguments: [CompressedSample.gzip, CompressedSample.zstd])
  func damaged(bytes: [UInt8]) throws {
    var damaged = bytes
    for index in (bytes.count - 6)..<bytes.count { damaged[index] ^= 0xFF }
    let failure = #expect(throws: CommandFailure.self) { try read(damaged) }
    #expect(failure?.message.contains("is damaged") == true || failure?.message.contains("is truncated") == true)
  }

  @Test(arguments: [CompressedSample.gzip, CompressedSample.zstd])
  func pieces(bytes: [UInt8]) throws {
    let decompressor: any Decompressor = bytes[0] == 0x1F ? GzipDecompressor() : ZstdDecompressor()
    var output: [UInt8] = []
    for byte in bytes + bytes { try decompressor.decompress([byte], into: &output) }
    try decompressor.finish()
    #expect(String(decoding: output, as: UTF8.self) == CompressedSample.text + CompressedSample.text)
  }

  @Test func paddedGzip() throws {
    #expect(try read(CompressedSample.gzip + [UInt8](repeating: 0, count: 600)) == CompressedSample.text)
    let failure = #expect(throws: CommandFailure.self) { try read(CompressedSample.gzip + [0, 0, 1]) }
    #expect(failure?.message.contains("behind its end") == true)
  }

  @Test func empty() throws { #expect(try read([]) == "") }

  /// A file that was cut before its stream began is not one without events; one that holds nothing is.
  @Test func emptyUnderCompressedNames() throws {
    for (name, sample) in [
      ("a.ndjson.gz", CompressedSample.gzip), ("a.csv.GZ", CompressedSample.gzip),
      ("a.ndjson.zst", CompressedSample.zstd),
      ("a.csv.zstd", CompressedSample.zstd),
    ] {
      for length in 0..<sample.count {
        let failure = #expect(throws: CommandFailure.self) { try read(Array(sample.prefix(length)), name: name) }
        #expect(failure?.message.contains("\(name) is truncated") == true, "\(name): \(failure?.message ?? "")")
        #expect(failure?.hint != nil)
      }
      #expect(try read(sample, name: name) == CompressedSample.text)
      // The name does not tell how a file is compressed.
      #expect(try read(Array("{}\n".utf8), name: name) == "{}\n")
    }
    #expect(try read(CompressedSample.emptyGzip, name: "a.ndjson.gz") == "")
    #expect(try read(CompressedSample.emptyZstd, name: "a.ndjson.zst") == "")
    #expect(try read([], name: "a.ndjson") == "")
  }

  @Test func missingFile() {
    let failure = #expect(throws: CommandFailure.self) { try InputFile(path: folder.file("nothing")) }
    #expect(failure?.message.contains("No such file") == true)
    let directory = #expect(throws: CommandFailure.self) { try InputFile(path: folder.path) }
    #expect(directory?.message.contains("it is a folder") == true)
  }
}
