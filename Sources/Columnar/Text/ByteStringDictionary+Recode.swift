/// Strings of another dictionary, many at once.
extension ByteStringDictionary {
  /// Interns the strings of another dictionary that rows of a column have, one for each row, and appends their codes: for so
  /// few rows that a table of all codes would not pay.
  package mutating func intern(
    _ rows: ArraySlice<UInt32>, _ column: [UInt32], of other: ByteStringDictionary, to target: inout [UInt32]
  ) {
    guard rows.count > 1 else {
      for row in rows { target.append(intern(column[Int(row)], of: other)) }
      return
    }
    unsafe other.arena.withUnsafeBytes { arena in
      unsafe withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: Self.blockLength) { strings in
        unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.blockLength) { found in
          var next = rows.startIndex
          while next < rows.endIndex {
            let count = min(Self.blockLength, rows.endIndex - next)
            for index in 0..<count {
              let code = column[Int(rows[next + index])]
              let string = unsafe arena[other.start(code)..<Int(other.ends[Int(code)])]
              unsafe strings.initializeElement(at: index, to: UnsafeRawBufferPointer(rebasing: string))
            }
            unsafe intern(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(strings)[..<count]), codes: found)
            unsafe target.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(found)[..<count]))
            next += count
          }
        }
      }
    }
  }

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
