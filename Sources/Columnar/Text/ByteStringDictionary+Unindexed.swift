/// Dictionaries that are read and never asked, such as those of a row group: they need no table to find strings by, and
/// nothing is hashed to make them.
extension ByteStringDictionary {
  /// Distinct strings end to end. Nothing can be found in it or added to it.
  package init(unindexed arena: [UInt8], ends: [UInt32]) {
    precondition(arena.count == Int(ends.last ?? 0), "strings that do not fill their memory")
    self.init()
    self.arena = arena
    self.ends = ends
  }

  /// Strings `codes` of another dictionary, each named once, in that order. Nothing can be found in it or added to it.
  package init(unindexed codes: [UInt32], of other: ByteStringDictionary) {
    self.init()
    ends.reserveCapacity(codes.count)
    var length = 0
    for code in codes {
      length += other.length(code)
      ends.append(UInt32(length))
    }
    let ends = self.ends
    unsafe arena = [UInt8](unsafeUninitializedCapacity: length) { target, count in
      unsafe other.arena.withUnsafeBytes { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        var offset = 0
        for (place, code) in codes.enumerated() {
          let end = Int(ends[place])
          let string = unsafe from + other.start(code)
          unsafe UnsafeMutableRawPointer(to + offset).copyMemory(from: string, byteCount: end - offset)
          offset = end
        }
      }
      count = length
    }
  }
}
