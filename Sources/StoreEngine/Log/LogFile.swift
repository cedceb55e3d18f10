package import Columnar

/// The frames of one log file that was read into memory.
package struct LogFile: Sendable {
  package let path: String
  package let bytes: Bytes
  package let fileID: UInt64
  package let frames: [LogFrame]
  /// Where the valid frames end; what lies behind is a torn tail.
  package let validLength: Int

  /// Reads the frames of a file.
  ///
  /// `isLast` tells whether a torn tail may be: only the last file of a log can end in one. A frame that does not pass
  /// and has valid frames behind it means that acknowledged events were damaged, and throws.
  package init(_ bytes: Bytes, path: String, isLast: Bool) throws(StoreError) {
    self.path = path
    self.bytes = bytes
    let header: FileHeader
    do {
      header = try FileHeader(bytes, kind: .log)
    } catch {
      // A crash may come before the header of a fresh file is whole; then there is nothing else in it.
      guard isLast, bytes.count <= FileHeader.length || Self.isZero(bytes, from: 0) else {
        throw StoreError(error, file: path)
      }
      fileID = 0
      frames = []
      validLength = 0
      return
    }
    fileID = header.fileID
    (frames, validLength) = try Self.read(bytes, fileID: fileID, path: path, isLast: isLast)
  }

  private static func read(
    _ bytes: Bytes, fileID: UInt64, path: String, isLast: Bool
  ) throws(StoreError) -> ([LogFrame], Int) {
    var frames: [LogFrame] = []
    var offset = FileHeader.length
    while offset < bytes.count {
      do {
        let frame = try LogFrame(bytes, at: offset, fileID: fileID)
        if let last = frames.last, frame.sequence != last.sequence + 1 {
          throw FormatError(offset: offset, "sequence \(frame.sequence) follows \(last.sequence)")
        }
        try frame.checkSections(bytes, fileID: fileID)
        frames.append(frame)
        offset += frame.length
      } catch {
        let last = frames.last?.sequence ?? 0
        if !isLast || hasFrame(bytes, behind: offset + 1, above: last, fileID: fileID) {
          throw StoreError(error, file: path)
        }
        break
      }
    }
    return (frames, offset)
  }

  /// Whether a whole frame with a higher sequence number lies behind `start`.
  private static func hasFrame(_ bytes: Bytes, behind start: Int, above sequence: UInt64, fileID: UInt64) -> Bool {
    var offset = start
    while offset + LogFrame.headerLength <= bytes.count {
      if bytes.load(offset, as: UInt32.self) == LogFrame.magic,
        let frame = try? LogFrame(bytes, at: offset, fileID: fileID), frame.sequence > sequence,
        (try? frame.checkSections(bytes, fileID: fileID)) != nil
      {
        return true
      }
      offset += 1
    }
    return false
  }

  private static func isZero(_ bytes: Bytes, from start: Int) -> Bool {
    (start..<bytes.count).allSatisfy { bytes[$0] == 0 }
  }
}
