/// Many strings at once.
extension ByteStringDictionary {
  /// The most strings that a block may have.
  @inline(__always)
  package static var blockLength: Int { 64 }

  /// What a look-up has found out so far.
  private struct Probe {
    var hash: UInt32 = 0
    /// The code of the first string with that hash, and where it lies.
    var code: UInt32 = 0
    var start = 0
    var length = -1
    /// Where not zero, the string differs at its beginning or its end.
    var difference: UInt64 = 0
  }

  /// The codes of up to `blockLength` strings, as `intern` would give them one after another.
  ///
  /// A look-up in a large dictionary waits for memory three times: for the slot, for the string's place and for the
  /// string. Here all slots are asked for, then all places, then all strings, so that the waits of different strings
  /// overlap.
  @unsafe
  package mutating func intern(
    _ strings: UnsafeBufferPointer<UnsafeRawBufferPointer>, codes: UnsafeMutableBufferPointer<UInt32>
  ) {
    precondition(strings.count <= Self.blockLength && codes.count >= strings.count, "no block")
    reserveSlots(ends.count + strings.count)
    unsafe withUnsafeTemporaryAllocation(of: Probe.self, capacity: Self.blockLength) { probes in
      unsafe findSlots(strings, probes)
      unsafe findPlaces(strings.count, probes)
      unsafe compare(strings, probes, codes)
      for index in 0..<strings.count where unsafe codes[index] == .max {
        unsafe codes[index] = intern(strings[index], hash: probes[index].hash)
      }
    }
  }

  /// The codes of strings that lie end to end, each of which ends where `ends` says.
  package mutating func intern(_ strings: [UInt8], ends: [Int]) -> [UInt32] {
    var codes = [UInt32](repeating: 0, count: ends.count)
    unsafe strings.withUnsafeBytes { source in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: Self.blockLength) { block in
          var start = 0
          for first in stride(from: 0, to: ends.count, by: Self.blockLength) {
            let count = min(Self.blockLength, ends.count - first)
            for index in 0..<count {
              let string = unsafe UnsafeRawBufferPointer(rebasing: source[start..<ends[first + index]])
              unsafe block.initializeElement(at: index, to: string)
              start = ends[first + index]
            }
            unsafe intern(
              UnsafeBufferPointer(rebasing: block[..<count]),
              codes: UnsafeMutableBufferPointer(rebasing: codes[first..<first + count]))
          }
        }
      }
    }
    return codes
  }

  @inline(__always)
  private func findSlots(
    _ strings: UnsafeBufferPointer<UnsafeRawBufferPointer>, _ probes: UnsafeMutableBufferPointer<Probe>
  ) {
    unsafe slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      for index in 0..<strings.count {
        unsafe probes.initializeElement(at: index, to: Probe(hash: Self.hash(strings[index])))
      }
      // A first look, so that the second finds the slots in the cache. A short loop, so that many slots are asked for at
      // once.
      for index in 0..<strings.count {
        unsafe probes[index].code = UInt32(truncatingIfNeeded: slots[Int(probes[index].hash) & mask])
      }
      for index in 0..<strings.count where unsafe probes[index].code != 0 {
        let hash = unsafe probes[index].hash
        var slot = Int(hash) & mask
        var stored = unsafe slots[slot]
        while stored != 0, UInt32(truncatingIfNeeded: stored >> 32) != hash {
          slot = (slot + 1) & mask
          stored = unsafe slots[slot]
        }
        unsafe probes[index].code = UInt32(truncatingIfNeeded: stored)
      }
    }
  }

  /// Up to here the codes of the probes are one too high, and zero means none.
  @inline(__always)
  private func findPlaces(_ count: Int, _ probes: UnsafeMutableBufferPointer<Probe>) {
    unsafe ends.withUnsafeBufferPointer { ends in
      for index in 0..<count {
        let code = unsafe Int(probes[index].code) - 1
        guard code >= 0 else { continue }
        let start = unsafe code == 0 ? 0 : Int(ends[code - 1])
        unsafe probes[index].code = UInt32(truncatingIfNeeded: code)
        unsafe probes[index].start = start
        unsafe probes[index].length = Int(ends[code]) - start
      }
    }
  }

  /// Gives each string that was found its code, and all others `UInt32.max`.
  @inline(__always)
  private func compare(
    _ strings: UnsafeBufferPointer<UnsafeRawBufferPointer>, _ probes: UnsafeMutableBufferPointer<Probe>,
    _ codes: UnsafeMutableBufferPointer<UInt32>
  ) {
    unsafe arena.withUnsafeBytes { arena in
      // Again a short loop first, which looks at both ends.
      for index in 0..<strings.count {
        let probe = unsafe probes[index]
        let string = unsafe strings[index]
        guard probe.length >= 8, probe.length == string.count, let base = arena.baseAddress,
          let other = string.baseAddress
        else { continue }
        let last = probe.length &- 8
        let first = unsafe (base + probe.start).loadUnaligned(as: UInt64.self) ^ other.loadUnaligned(as: UInt64.self)
        let second = unsafe (base + probe.start).loadUnaligned(fromByteOffset: last, as: UInt64.self)
        unsafe probes[index].difference = first | second ^ other.loadUnaligned(fromByteOffset: last, as: UInt64.self)
      }
      for index in 0..<strings.count {
        let probe = unsafe probes[index]
        let string = unsafe strings[index]
        var isFound = probe.length == string.count && probe.difference == 0
        if isFound, probe.length > 0, let base = arena.baseAddress, let other = string.baseAddress {
          isFound = unsafe sameBytes(base + probe.start, other, probe.length)
        }
        unsafe codes[index] = isFound ? probe.code : .max
      }
    }
  }

  /// Makes the table large enough for `count` strings.
  mutating func reserveSlots(_ count: Int) {
    guard count * 4 > slots.count * 3 else { return }
    var capacity = max(16, slots.count)
    while count * 4 > capacity * 3 { capacity *= 2 }
    rehash(capacity)
  }

  /// Makes room for `count` strings of `length` bytes in all.
  package mutating func reserve(count: Int, length: Int) {
    arena.reserveCapacity(length)
    ends.reserveCapacity(count)
    reserveSlots(count)
  }
}
