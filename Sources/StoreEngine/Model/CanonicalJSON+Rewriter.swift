package import Columnar

extension CanonicalJSON {
  /// Writes JSON in canonical form while it reads it, in one pass and without allocation once warm.
  ///
  /// Every function takes the offset at which its part begins and the end of the text, appends the canonical form to
  /// the scratch, and returns the offset behind the part.
  package struct Rewriter: Sendable {
    /// A member of an object as it lies in the scratch.
    struct Member {
      /// Where the key's first byte stands, behind its quote.
      var key: Int
      /// The key's length as written, escapes included.
      var keyLength: Int
      var hasEscape: Bool
      /// Where the member ends, behind its value.
      var end: Int
    }

    /// The members of the objects that are open, the innermost last.
    private var members: [Member] = []

    /// A member as it stands in the input, see `plainObject`.
    struct PlainMember {
      var key = 0
      var end = 0
    }

    var plainMembers = [PlainMember](repeating: PlainMember(), count: 16)

    package init() {}

    /// Rewrites the object at `start`. After an error the scratch holds a part that the caller drops.
    package mutating func object(
      _ input: PaddedInput, _ start: Int, _ end: Int, into scratch: inout TextScratch
    ) throws(EventRejection.Reason) -> Int {
      guard start < end, input[start] == UInt8(ascii: "{") else { throw .malformed }
      members.removeAll(keepingCapacity: true)
      return try object(input, start, end, 1, &scratch)
    }

    /// Rewrites any value, as the part of a record that is checked and ignored.
    package mutating func value(
      _ input: PaddedInput, _ start: Int, _ end: Int, into scratch: inout TextScratch
    ) throws(EventRejection.Reason) -> Int {
      members.removeAll(keepingCapacity: true)
      return try value(input, start, end, 0, &scratch)
    }

    @inline(__always)
    package func skipSpace(_ input: PaddedInput, _ start: Int, _ end: Int) -> Int {
      if input[start] > 0x20 { return start }
      var index = start
      while index < end {
        switch input[index] {
        case 0x20, 0x09, 0x0A, 0x0D: index &+= 1
        default: return index
        }
      }
      return index
    }

    private mutating func object(
      _ input: PaddedInput, _ start: Int, _ end: Int, _ depth: Int, _ scratch: inout TextScratch
    ) throws(EventRejection.Reason) -> Int {
      guard depth <= EventLimits.nesting else { throw .tooDeep }
      let opening = scratch.count
      let firstMember = members.count
      var isSorted = true
      scratch.append(UInt8(ascii: "{"))
      var index = skipSpace(input, start &+ 1, end)
      if index < end, input[index] == UInt8(ascii: "}") {
        scratch.append(UInt8(ascii: "}"))
        return index &+ 1
      }
      while true {
        guard index < end, input[index] == UInt8(ascii: "\"") else { throw .malformed }
        var member = Member(key: scratch.count &+ 1, keyLength: 0, hasEscape: false, end: 0)
        index = try string(input, index, end, &scratch, &member.hasEscape)
        member.keyLength = scratch.count &- 1 &- member.key
        if isSorted, members.count > firstMember {
          let order = Self.compare(members[members.count &- 1], member, scratch)
          if order == 0 { throw .duplicateKey }
          isSorted = order < 0
        }
        index = skipSpace(input, index, end)
        guard index < end, input[index] == UInt8(ascii: ":") else { throw .malformed }
        scratch.append(UInt8(ascii: ":"))
        index = try value(input, skipSpace(input, index &+ 1, end), end, depth, &scratch)
        member.end = scratch.count
        members.append(member)
        index = skipSpace(input, index, end)
        guard index < end else { throw .malformed }
        if input[index] == UInt8(ascii: "}") { break }
        guard input[index] == UInt8(ascii: ",") else { throw .malformed }
        scratch.append(UInt8(ascii: ","))
        index = skipSpace(input, index &+ 1, end)
      }
      if !isSorted { try sortMembers(from: firstMember, opening, &scratch) }
      scratch.append(UInt8(ascii: "}"))
      while members.count > firstMember { members.removeLast() }
      return index &+ 1
    }

    private mutating func array(
      _ input: PaddedInput, _ start: Int, _ end: Int, _ depth: Int, _ scratch: inout TextScratch
    ) throws(EventRejection.Reason) -> Int {
      guard depth <= EventLimits.nesting else { throw .tooDeep }
      scratch.append(UInt8(ascii: "["))
      var index = skipSpace(input, start &+ 1, end)
      if index < end, input[index] == UInt8(ascii: "]") {
        scratch.append(UInt8(ascii: "]"))
        return index &+ 1
      }
      while true {
        index = skipSpace(input, try value(input, index, end, depth, &scratch), end)
        guard index < end else { throw .malformed }
        if input[index] == UInt8(ascii: "]") { break }
        guard input[index] == UInt8(ascii: ",") else { throw .malformed }
        scratch.append(UInt8(ascii: ","))
        index = skipSpace(input, index &+ 1, end)
      }
      scratch.append(UInt8(ascii: "]"))
      return index &+ 1
    }

    private mutating func value(
      _ input: PaddedInput, _ start: Int, _ end: Int, _ depth: Int, _ scratch: inout TextScratch
    ) throws(EventRejection.Reason) -> Int {
      guard start < end else { throw .malformed }
      switch input[start] {
      case UInt8(ascii: "\""):
        var hasEscape = false
        return try string(input, start, end, &scratch, &hasEscape)
      case UInt8(ascii: "{"): return try object(input, start, end, depth &+ 1, &scratch)
      case UInt8(ascii: "["): return try array(input, start, end, depth &+ 1, &scratch)
      case UInt8(ascii: "t"): return try literal(input, start, end, 0x6575_7274, 4, &scratch)
      case UInt8(ascii: "n"): return try literal(input, start, end, 0x6C6C_756E, 4, &scratch)
      case UInt8(ascii: "f"): return try literal(input, start, end, 0x65_736C_6166, 5, &scratch)
      default:
        guard let stop = JSONNumber.end(input, start), stop <= end else { throw .malformed }
        scratch.append(input, start, stop &- start)
        return stop
      }
    }

    /// `true`, `false` or `null`, given as a little-endian word.
    private func literal(
      _ input: PaddedInput, _ start: Int, _ end: Int, _ word: UInt64, _ length: Int, _ scratch: inout TextScratch
    ) throws(EventRejection.Reason) -> Int {
      guard input.word(start) << UInt64(64 &- 8 &* length) == word << UInt64(64 &- 8 &* length), start &+ length <= end
      else { throw .malformed }
      scratch.append(input, start, length)
      return start &+ length
    }

    /// The string whose quote stands at `start`; copies a word at a time while it looks for the end.
    @inline(__always)
    private func string(
      _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ hasEscape: inout Bool
    ) throws(EventRejection.Reason) -> Int {
      var index = start
      scratch.append(UInt8(ascii: "\""))
      index &+= 1
      var sawHigh = false
      while true {
        index = scratch.appendCharacters(input, from: index, sawHigh: &sawHigh)
        guard index < end else { throw .malformed }
        if input[index] == UInt8(ascii: "\"") { break }
        guard input[index] == UInt8(ascii: "\\") else { throw input[index] == 0 ? .nulByte : .malformed }
        index = try JSONEscape.decode(input, index, end) { (byte: UInt8) in
          hasEscape = JSONEscape.append(byte, to: &scratch) || hasEscape
        }
      }
      if sawHigh, !input.isValidUTF8(start, index &- start) { throw .invalidUTF8 }
      scratch.append(UInt8(ascii: "\""))
      return index &+ 1
    }

    /// Brings the members of an object into order: a sorted copy is written behind them and moved down.
    private mutating func sortMembers(
      from first: Int, _ opening: Int, _ scratch: inout TextScratch
    ) throws(EventRejection.Reason) {
      let written = scratch
      if members.count - first <= 16 {
        for place in first + 1..<members.count {
          let member = members[place]
          var hole = place
          while hole > first, Self.compare(members[hole - 1], member, written) > 0 {
            members[hole] = members[hole - 1]
            hole -= 1
          }
          members[hole] = member
        }
      } else {
        members[first...].sort { Self.compare($0, $1, written) < 0 }
      }
      let tail = scratch.count
      for place in first..<members.count {
        let member = members[place]
        if place > first {
          if Self.compare(members[place - 1], member, written) == 0 { throw .duplicateKey }
          scratch.append(UInt8(ascii: ","))
        }
        scratch.appendWritten(member.key - 1, member.end - member.key + 1)
      }
      scratch.moveTail(from: tail, to: opening + 1)
    }

    /// The order of two keys by the UTF-8 that they stand for.
    private static func compare(_ a: Member, _ b: Member, _ scratch: TextScratch) -> Int {
      if a.hasEscape || b.hasEscape { return compareEscaped(a, b, scratch) }
      // Keys are followed by a quote at least, so a word may be read at once; most keys differ in the first.
      let common = min(a.keyLength, b.keyLength)
      var index = 0
      if common >= 8 {
        let left = scratch.word(a.key).byteSwapped
        let right = scratch.word(b.key).byteSwapped
        if left != right { return left < right ? -1 : 1 }
        index = 8
      }
      while index < common {
        let left = scratch[a.key &+ index]
        let right = scratch[b.key &+ index]
        if left != right { return Int(left) &- Int(right) }
        index &+= 1
      }
      return a.keyLength &- b.keyLength
    }

    private static func compareEscaped(_ a: Member, _ b: Member, _ scratch: TextScratch) -> Int {
      let left = decoded(a, scratch)
      let right = decoded(b, scratch)
      return compareBytes(left, right)
    }

    private static func decoded(_ member: Member, _ scratch: TextScratch) -> [UInt8] {
      let written = scratch.view
      var bytes: [UInt8] = []
      var index = member.key
      let end = member.key + member.keyLength
      while index < end {
        if written[index] == UInt8(ascii: "\\"),
          let next = try? JSONEscape.decode(written, index, end, { (byte: UInt8) in bytes.append(byte) })
        {
          index = next
        } else {
          bytes.append(written[index])
          index += 1
        }
      }
      return bytes
    }
  }
}
