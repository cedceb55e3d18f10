import Columnar

extension PaddedInput {
  /// The offset behind the byte order mark that stands at `start`, or `start`.
  func behindMark(_ start: Int, _ end: Int) -> Int {
    let isMarked = end - start >= 3 && self[start] == 0xEF && self[start + 1] == 0xBB && self[start + 2] == 0xBF
    return isMarked ? start + 3 : start
  }

  /// What the quarantine keeps of a record that was rejected: at most `limit` bytes, without the line break at its end; and
  /// whether that is only the beginning. Of a record that is too long, the input may have only the beginning.
  func quarantined(_ start: Int, _ end: Int, limit: Int, isTooLong: Bool) -> (raw: [UInt8], isTruncated: Bool) {
    let end = end > start && end < count && self[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    let kept = min(end - start, limit)
    return (array(start, kept), kept < end - start || isTooLong)
  }
}
