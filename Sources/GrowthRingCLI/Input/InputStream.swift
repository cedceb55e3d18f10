/// The bytes of a file as they were before it was compressed, in chunks.
///
/// The first bytes of a file tell how it is compressed. Its name only counts where they are missing: a file that was cut before
/// them is no file without events.
struct InputStream {
  /// How the names of compressed files end.
  static let endings = [".zst", ".zstd", ".gz"]

  private static let chunk = 256 << 10
  private static let gzip: [UInt8] = [0x1F, 0x8B]
  private static let zstd: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

  private let file: InputFile
  private var pending: [UInt8]
  private var decompressor: (any Decompressor)?
  private var isAtEnd = false
  /// Bytes handed out.
  private(set) var position = 0

  init(_ file: InputFile) throws {
    self.file = file
    pending = []
    // A pipe may hand out less at first than the magic number is long.
    while pending.count < 4 {
      let more = try file.read(Self.chunk)
      if more.isEmpty { break }
      pending.append(contentsOf: more)
    }
    decompressor = Self.decompressor(for: pending)
    let name = file.name.lowercased()
    guard decompressor == nil, Self.endings.contains(where: { name.hasSuffix($0) }) else { return }
    if pending.isEmpty {
      throw failure(DecompressionError(reason: "is truncated: it is empty, which no compressed file is"))
    }
    if Self.gzip.starts(with: pending) || Self.zstd.starts(with: pending) {
      throw failure(DecompressionError(reason: "is truncated: it ends before its stream begins"))
    }
  }

  /// The next bytes; nil at the end.
  mutating func next() throws -> [UInt8]? {
    do {
      while !isAtEnd {
        let bytes = pending.isEmpty ? try file.read(Self.chunk) : pending
        pending = []
        if bytes.isEmpty {
          isAtEnd = true
          try decompressor?.finish()
          return nil
        }
        var output: [UInt8] = []
        if let decompressor {
          try decompressor.decompress(bytes, into: &output)
        } else {
          output = bytes
        }
        position += output.count
        if !output.isEmpty { return output }
      }
      return nil
    } catch let error as DecompressionError {
      throw failure(error)
    }
  }

  private func failure(_ error: DecompressionError) -> CommandFailure {
    CommandFailure(
      "\(file.name) \(error.reason)",
      "Fetch or make the file again. Rows before this place are stored, and taking them in again changes nothing.")
  }

  private static func decompressor(for bytes: [UInt8]) -> (any Decompressor)? {
    if bytes.starts(with: gzip) { return GzipDecompressor() }
    guard bytes.count >= 4 else { return nil }
    let isZstd = bytes.starts(with: zstd)
    // A frame to be skipped may stand before the first.
    let isSkippable = bytes[0] & 0xF0 == 0x50 && bytes[1...3].elementsEqual([0x2A, 0x4D, 0x18])
    return isZstd || isSkippable ? ZstdDecompressor() : nil
  }
}
