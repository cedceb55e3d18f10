package import Columnar

/// The frames of one log file that was read into memory.
package struct LogFile: Sendable {
  package let path: String
  package let bytes: Bytes
  package let fileID: UInt64
  /// By its name: the number of the first frame that it may hold.
  package let firstSequence: UInt64
  package let frames: [LogFrame]
  /// Where the valid frames end; what lies behind is a torn tail.
  package let validLength: Int

  /// Reads the frames of a file.
  ///
  /// `isLast` tells whether a torn tail may be: only the last file of a log can end in one. A frame that does not pass
  /// and has valid frames behind it means that acknowledged events were damaged, and throws.
  package init(_ bytes: Bytes, path: String, firstSequence: UInt64, isLast: Bool) throws(StoreError) {
    self.path = path
    self.bytes = bytes
    self.firstSequence = firstSequence
    let header: FileHeader
    do {
      header = try FileHeader(bytes, kind: .log)
    } catch {
      // A crash may come before the header of a fresh file is whole; then there is nothing else in it.
      // Versions are only looked at in a whole header that passes, so a file of a newer version is not taken for that.
      let isOther = error.isNewer || error.offset == 12
      let isFresh = bytes.count < FileHeader.length || (bytes.count == FileHeader.length && !isOther)
      guard isLast, isFresh || Self.isZero(bytes, from: 0) else {
        throw StoreError(error, file: path)
      }
      fileID = 0
      frames = []
      validLength = 0
      return
    }
    fileID = header.fileID
    (frames, validLength) = try Self.read(
      bytes, fileID: fileID, path: path, firstSequence: firstSequence, isLast: isLast)
  }

  private static func read(
    _ bytes: Bytes, fileID: UInt64, path: String, firstSequence: UInt64, isLast: Bool
  ) throws(StoreError) -> ([LogFrame], Int) {
    var frames: [LogFrame] = []
    var offset = FileHeader.length
    var expected = firstSequence
    while offset < bytes.count {
      do throws(FormatError) {
        let frame = try LogFrame(bytes, at: offset, fileID: fileID)
        guard frame.sequence == expected else {
          throw FormatError(offset: offset, "sequence \(frame.sequence) where \(expected) belongs")
        }
        try frame.checkSections(bytes, fileID: fileID)
        frames.append(frame)
        expected += 1
        offset += frame.length
      } catch {
        if !isLast || provesDurable(expected, bytes, behind: offset + 1, fileID: fileID) {
          throw StoreError(error, file: path)
        }
        break
      }
    }
    return (frames, offset)
  }

  /// Whether a whole frame behind `start` tells that frame `sequence` had been synced.
  private static func provesDurable(_ sequence: UInt64, _ bytes: Bytes, behind start: Int, fileID: UInt64) -> Bool {
    var offset = start
    // Most often they are zeros that were laid ahead, and told at once.
    if isZero(bytes, from: start) { return false }
    while offset + LogFrame.headerLength <= bytes.count {
      // No byte of the magic is zero.
      if bytes.load(offset, as: UInt64.self) == 0 {
        offset += 8
        continue
      }
      if bytes.load(offset, as: UInt32.self) == LogFrame.magic,
        let frame = try? LogFrame(bytes, at: offset, fileID: fileID), frame.durableSequence >= sequence
      {
        return true
      }
      offset += 1
    }
    return false
  }

  /// Zero, and every byte the same as the next: a comparison of memory is many times faster than a look at each.
  private static func isZero(_ bytes: Bytes, from start: Int) -> Bool {
    guard start < bytes.count else { return true }
    let rest = bytes.count - start - 1
    return bytes[start] == 0 && Bytes.compare(bytes.slice(start, rest), bytes.slice(start + 1, rest)) == 0
  }
}
