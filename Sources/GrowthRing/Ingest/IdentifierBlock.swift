import Columnar
import StoreEngine

/// The ids of a block of records in their stored form, see `Identifier`.
struct IdentifierBlock {
  /// Room for the longest id and its tag, in whole words.
  @inline(__always)
  private static var stride: Int { 256 }

  private var bytes = [UInt8](repeating: 0, count: stride * RecordWriter.blockLength)
  private var lengths = [Int](repeating: 0, count: RecordWriter.blockLength)

  /// Writes the codes of the ids of the first `count` records.
  @inline(__always)
  mutating func intern(
    _ count: Int, _ input: PaddedInput, _ decoded: PaddedInput, _ dictionary: inout ByteStringDictionary,
    _ codes: inout [UInt32], _ place: (Int) -> IdentifierPlace
  ) {
    precondition(count <= RecordWriter.blockLength && EventLimits.idLength < Self.stride)
    let isDone = unsafe withUnsafeTemporaryAllocation(of: TaggedKey.self, capacity: RecordWriter.blockLength) { keys in
      var texts = 0
      for row in 0..<count {
        let id = place(row)
        if id.tag == Identifier.textTag { texts += 1 }
        unsafe keys.initializeElement(at: row, to: TaggedKey(tag: id.tag, high: id.high, low: id.low))
      }
      guard texts == 0 else { return false }
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe dictionary.intern(UnsafeBufferPointer(rebasing: keys[..<count]), codes: codes)
      }
      return true
    }
    if isDone { return }
    fill(count, input, decoded, place)
    intern(count, &dictionary, &codes)
  }

  /// Takes the ids of the first `count` records.
  private mutating func fill(
    _ count: Int, _ input: PaddedInput, _ decoded: PaddedInput, _ place: (Int) -> IdentifierPlace
  ) {
    unsafe bytes.withUnsafeMutableBytes { bytes in
      for row in 0..<count {
        let id = place(row)
        let start = row &* Self.stride
        unsafe bytes.storeBytes(of: id.tag, toByteOffset: start, as: UInt8.self)
        if id.tag != Identifier.textTag {
          unsafe bytes.storeBytes(of: id.high.bigEndian, toByteOffset: start &+ 1, as: UInt64.self)
          unsafe bytes.storeBytes(of: id.low.bigEndian, toByteOffset: start &+ 9, as: UInt64.self)
          lengths[row] = 17
        } else {
          let text = id.text
          precondition(text.count <= EventLimits.idLength, "an unchecked id")
          unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[(start &+ 1)..<(start &+ 1 &+ text.count)])
            .copyMemory(from: (text.inScratch ? decoded : input).buffer(text.offset, text.count))
          lengths[row] = text.count &+ 1
        }
      }
    }
  }

  /// Writes the codes of the first `count` ids.
  private func intern(_ count: Int, _ dictionary: inout ByteStringDictionary, _ codes: inout [UInt32]) {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe withUnsafeTemporaryAllocation(
        of: UnsafeRawBufferPointer.self, capacity: RecordWriter.blockLength
      ) { strings in
        for row in 0..<count {
          let start = row &* Self.stride
          unsafe strings.initializeElement(
            at: row, to: UnsafeRawBufferPointer(rebasing: bytes[start..<start &+ lengths[row]]))
        }
        unsafe codes.withUnsafeMutableBufferPointer { codes in
          unsafe dictionary.intern(UnsafeBufferPointer(rebasing: strings[..<count]), codes: codes)
        }
      }
    }
  }
}
