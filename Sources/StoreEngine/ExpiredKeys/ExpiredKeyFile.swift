package import Columnar

/// A file of expired keys, read from the mapped bytes. See Formats/expired-keys.md.
///
/// Opening reads the footer only. The index, and each block, is checked when it is first touched.
package final class ExpiredKeyFile: Sendable {
  package let path: String
  package let fileID: UInt64
  /// Keys.
  package let count: Int
  let bytes: Bytes
  /// Of the ids of the events.
  let days: EventDays
  private let index: PageReference
  let blockCount: Int
  /// Bit 0 for the index page, bit k + 1 for block k.
  private let touched: TouchedBlocks

  private static let indexEntry = 16

  package init(bytes: Bytes, path: String, expectedFileID: UInt64? = nil) throws(StoreError) {
    self.bytes = bytes
    self.path = path
    do throws(FormatError) {
      let header = try FileHeader(bytes, kind: .expiredKeys, expectedFileID: expectedFileID)
      fileID = header.fileID
      let page = try SegmentTrailer(bytes, fileID: header.fileID).footer
      let raw = try page.load(from: bytes, fileID: header.fileID)
      do throws(FormatError) {
        var reader = ByteReader(raw)
        count = try reader.readCount("keys", limit: bytes.count / ExpiredKey.length)
        index = try PageReference(&reader, endingBy: page.offset)
        days = try EventDays(&reader)
        try reader.expectEnd("footer")
      } catch {
        throw error.shifted(by: page.offset)
      }
      blockCount = (count + ExpiredKeyWriter.blockEntries - 1) / ExpiredKeyWriter.blockEntries
      guard count > 0, index.codec == .none, index.storedLength == blockCount * Self.indexEntry,
        index.offset == FileHeader.length + count * ExpiredKey.length
      else { throw FormatError(offset: page.offset, "an index page that is not for \(count) keys") }
    } catch {
      throw StoreError(error, file: path)
    }
    touched = TouchedBlocks(count: blockCount + 1)
  }

  // MARK: Looking up

  /// Whether a key is here. `check` is only asked for where the hash is.
  package func contains(hash: UInt64, check: () -> UInt32) throws(StoreError) -> Bool {
    try touchIndex()
    var block = lastBlock(before: hash)
    var wanted: UInt32?
    while block < blockCount {
      try touch(block)
      let range = entries(of: block)
      var entry = range.lowerBound + firstEntry(in: range, notBefore: hash)
      while entry < range.upperBound {
        let key = self.key(entry)
        guard key.hash == hash else { return false }
        let check = wanted ?? check()
        wanted = check
        if key.check == check { return true }
        entry += 1
      }
      // The hash may go on in the next block, or begin there.
      block += 1
    }
    return false
  }

  /// The last block that begins before a hash, or the first one. Hashes are uniform, so it is guessed, and then searched for
  /// in ever wider circles.
  private func lastBlock(before hash: UInt64) -> Int {
    let guess = Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(blockCount)).high)
    var (low, high) = (guess, guess + 1)
    var step = 1
    while low > 0, first(low) >= hash {
      low = max(0, low - step)
      step *= 2
    }
    step = 1
    while high < blockCount, first(high) < hash {
      high = min(blockCount, high + step)
      step *= 2
    }
    // The first block from `low` on that does not begin before the hash.
    while low < high {
      let middle = (low + high) / 2
      if first(middle) < hash { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  private func firstEntry(in range: Range<Int>, notBefore hash: UInt64) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if key(middle).hash < hash { low = middle + 1 } else { high = middle }
    }
    return low - range.lowerBound
  }

  // MARK: Entries

  func entries(of block: Int) -> Range<Int> {
    let start = block * ExpiredKeyWriter.blockEntries
    return start..<min(count, start + ExpiredKeyWriter.blockEntries)
  }

  /// An entry of a block that was touched.
  @inline(__always)
  func key(_ entry: Int) -> ExpiredKey {
    let at = FileHeader.length + entry * ExpiredKey.length
    return ExpiredKey(hash: bytes.load(at, as: UInt64.self), check: bytes.load(at + 8, as: UInt32.self))
  }

  private func first(_ block: Int) -> UInt64 { bytes.load(index.offset + block * Self.indexEntry, as: UInt64.self) }

  /// Checks the index at its first use.
  private func touchIndex() throws(StoreError) {
    if touched.contains(0) { return }
    do throws(FormatError) {
      _ = try index.load(from: bytes, fileID: fileID)
    } catch {
      throw StoreError(error, file: path)
    }
    touched.insert(0)
  }

  /// Checks a block at its first use.
  func touch(_ block: Int) throws(StoreError) {
    if touched.contains(block + 1) { return }
    try touchIndex()
    try checkBlock(block)
    touched.insert(block + 1)
  }

  private func checkBlock(_ block: Int) throws(StoreError) {
    let range = entries(of: block)
    let start = FileHeader.length + range.lowerBound * ExpiredKey.length
    let stored = bytes.slice(start, range.count * ExpiredKey.length)
    let checksum = bytes.load(index.offset + block * Self.indexEntry + 8, as: UInt64.self)
    guard XXH3.hash(stored, seed: fileID &+ UInt64(start)) == checksum else {
      throw StoreError(
        .corruption, file: path, offset: start, "block \(block) of expired keys does not match its checksum")
    }
    guard key(range.lowerBound).hash == first(block) else {
      throw StoreError(.corruption, file: path, offset: start, "block \(block) does not begin as the index says")
    }
  }

  /// Reads everything as it is on the disk now, and checks checksums and order.
  package func check() throws(StoreError) {
    do throws(FormatError) {
      _ = try index.load(from: bytes, fileID: fileID)
    } catch {
      throw StoreError(error, file: path)
    }
    var last: ExpiredKey?
    for block in 0..<blockCount {
      try checkBlock(block)
      for entry in entries(of: block) {
        let key = key(entry)
        if let last, key < last {
          throw StoreError(.corruption, file: path, "expired key \(entry) is out of order")
        }
        last = key
      }
    }
  }
}
