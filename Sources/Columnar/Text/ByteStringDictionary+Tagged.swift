/// A string of seventeen bytes: a tag, and two numbers with their highest bytes first. UUIDs are stored so.
package struct TaggedKey: Sendable {
  package static let length = 17

  package let tag: UInt8
  package let high: UInt64
  package let low: UInt64

  @inlinable
  package init(tag: UInt8, high: UInt64, low: UInt64) {
    self.tag = tag
    self.high = high
    self.low = low
  }

  /// The bytes as words that overlap: from the first, from the ninth, and the last eight.
  @inline(__always)
  fileprivate var words: (UInt64, UInt64, UInt64) {
    let first = high.byteSwapped
    let second = low.byteSwapped
    return (UInt64(tag) | first << 8, first >> 56 | second << 8, second)
  }

  /// As `ByteStringDictionary.hash` has it for these bytes.
  @inline(__always)
  fileprivate var hash: UInt32 {
    let (first, second, last) = words
    var hash = UInt64(Self.length) &* 0x9E37_79B9_7F4A_7C15
    hash = foldedMultiply(hash ^ first, second ^ 0xA076_1D64_78BD_642F)
    hash = foldedMultiply(hash ^ last, 0xE703_7ED1_A0B4_28DB)
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }
}

/// Many UUIDs at once, which never become bytes before they are found to be new.
extension ByteStringDictionary {
  private struct TaggedProbe {
    var hash: UInt32 = 0
    /// One more than the code of the first string with that hash; zero where there is none.
    var code: UInt32 = 0
    /// Where that string lies.
    var start = 0
  }

  /// The codes of up to `blockLength` keys, as `intern` would give them one after another. The waits for memory overlap,
  /// as in the look-up of other strings.
  @unsafe
  package mutating func intern(_ keys: UnsafeBufferPointer<TaggedKey>, codes: UnsafeMutableBufferPointer<UInt32>) {
    precondition(keys.count <= Self.blockLength && codes.count >= keys.count, "no block")
    reserveSlots(ends.count + keys.count)
    unsafe withUnsafeTemporaryAllocation(of: TaggedProbe.self, capacity: Self.blockLength) { probes in
      unsafe findSlots(keys, probes)
      unsafe compare(keys, probes, codes)
      for index in 0..<keys.count where unsafe codes[index] == .max {
        let key = unsafe keys[index]
        unsafe withUnsafeTemporaryAllocation(byteCount: TaggedKey.length, alignment: 1) { bytes in
          unsafe bytes[0] = key.tag
          unsafe bytes.storeBytes(of: key.high.bigEndian, toByteOffset: 1, as: UInt64.self)
          unsafe bytes.storeBytes(of: key.low.bigEndian, toByteOffset: 9, as: UInt64.self)
          unsafe codes[index] = intern(UnsafeRawBufferPointer(bytes), hash: probes[index].hash)
        }
      }
    }
  }

  @inline(__always)
  private func findSlots(_ keys: UnsafeBufferPointer<TaggedKey>, _ probes: UnsafeMutableBufferPointer<TaggedProbe>) {
    unsafe slots.withUnsafeBufferPointer { slots in
      let mask = slots.count &- 1
      for index in 0..<keys.count {
        let hash = unsafe keys[index].hash
        unsafe probes.initializeElement(
          at: index,
          to: TaggedProbe(hash: hash, code: UInt32(truncatingIfNeeded: slots[Int(hash) & mask])))
      }
      unsafe ends.withUnsafeBufferPointer { ends in
        for index in 0..<keys.count where unsafe probes[index].code != 0 {
          let hash = unsafe probes[index].hash
          var slot = Int(hash) & mask
          var stored = unsafe slots[slot]
          while stored != 0, UInt32(truncatingIfNeeded: stored >> 32) != hash {
            slot = (slot &+ 1) & mask
            stored = unsafe slots[slot]
          }
          let code = Int(stored & 0xFFFF_FFFF)
          unsafe probes[index].code = UInt32(truncatingIfNeeded: code)
          guard code > 0 else { continue }
          let start = unsafe code == 1 ? 0 : Int(ends[code &- 2])
          unsafe probes[index].start = start
          // A string of another length with the same hash is looked for again, one by one.
          if unsafe Int(ends[code &- 1]) &- start != TaggedKey.length { unsafe probes[index].code = 0 }
        }
      }
    }
  }

  /// Gives each key that was found its code, and all others `UInt32.max`.
  @inline(__always)
  private func compare(
    _ keys: UnsafeBufferPointer<TaggedKey>, _ probes: UnsafeMutableBufferPointer<TaggedProbe>,
    _ codes: UnsafeMutableBufferPointer<UInt32>
  ) {
    unsafe arena.withUnsafeBytes { arena in
      for index in 0..<keys.count {
        let probe = unsafe probes[index]
        guard probe.code != 0, let base = arena.baseAddress else {
          unsafe codes[index] = .max
          continue
        }
        let words = unsafe keys[index].words
        let at = unsafe base + probe.start
        let difference =
          unsafe (at.loadUnaligned(as: UInt64.self) ^ words.0)
          | (at.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ words.1)
          | (at.loadUnaligned(fromByteOffset: 9, as: UInt64.self) ^ words.2)
        unsafe codes[index] = difference == 0 ? probe.code &- 1 : .max
      }
    }
  }
}
