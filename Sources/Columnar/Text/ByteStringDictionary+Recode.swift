/// Strings of another dictionary, many at once.
extension ByteStringDictionary {
  /// Interns strings `codes` of another dictionary, in that order, and notes in `table` the code here of each, plus one.
  package mutating func intern(
    _ codes: [UInt32], of other: ByteStringDictionary, table: inout [UInt32]
  ) {
    // Where the table stays in the cache there is nothing to wait for.
    if codes.count < 4 {
      for code in codes { table[Int(code)] = intern(code, of: other) + 1 }
      return
    }
    precondition(codes.allSatisfy { Int($0) < other.count }, "a code of another dictionary")
    unsafe other.arena.withUnsafeBytes { arena in
      unsafe withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: Self.blockLength) { strings in
        unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.blockLength) { found in
          var first = 0
          while first < codes.count {
            let count = min(Self.blockLength, codes.count - first)
            for index in 0..<count {
              let code = codes[first + index]
              let start = other.start(code)
              unsafe strings.initializeElement(
                at: index,
                to: UnsafeRawBufferPointer(rebasing: arena[start..<Int(other.ends[Int(code)])]))
            }
            let block = unsafe UnsafeBufferPointer(rebasing: UnsafeBufferPointer(strings)[..<count])
            unsafe intern(block, codes: found)
            for index in 0..<count { unsafe table[Int(codes[first + index])] = found[index] + 1 }
            first += count
          }
        }
      }
    }
  }
}
