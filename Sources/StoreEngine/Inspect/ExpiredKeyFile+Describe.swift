import Columnar

extension ExpiredKeyFile {
  /// What the file says, a line each, for people.
  package func describe() throws(StoreError) -> [String] {
    try check()
    let known = days.isUnknown ? "too many to list" : "\(days.days.count), \(days.days.first ?? 0) on"
    var lines = [
      "expired keys \(path)", "  file id \(fileID), \(bytes.count) bytes, \(count) keys in \(blockCount) blocks",
      "  days of event ids, or of updated_at of memory units: \(known)" + (days.hasOtherIDs ? ", and other ids" : ""),
    ]
    for entry in 0..<min(count, 20) {
      let key = key(entry)
      lines.append("    \(StoreLayout.hex(key.hash, digits: 16)) \(StoreLayout.hex(UInt64(key.check), digits: 8))")
    }
    if count > 20 { lines.append("    and \(count - 20) more") }
    return lines
  }
}
