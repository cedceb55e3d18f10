/// Strings that are one lead byte and a UUID of one version, as most ids are in their stored form.
///
/// Version, variant and lead byte are said once, so a random UUID costs its 122 bits, and what UUIDs made at about one
/// time have in common costs nothing. See Formats/encodings.md, "Text page".
///
/// An object, because it is taken out of arrays at every read.
package final class UUIDPage: Sendable {
  /// Bytes of a string: the lead byte and the UUID.
  package static let stringLength = 17

  private let lead: UInt8
  private let version: UInt64
  package let count: Int
  private let first: IntegerPageView
  private let middle: IntegerPageView
  private let last: IntegerPageView

  /// Appends strings `codes` of a dictionary, but for the form; false, and nothing, where one of them is of another kind.
  static func encode(_ dictionary: ByteStringDictionary, _ codes: ArraySlice<UInt32>, into writer: inout ByteWriter)
    -> Bool
  {
    var columns: [[Int64]] = [[], [], []]
    for index in columns.indices { columns[index].reserveCapacity(codes.count) }
    var kind: (lead: UInt8, version: UInt64)?
    for code in codes {
      guard dictionary.length(code) == stringLength else { return false }
      let start = dictionary.start(code)
      let high = dictionary.bigEndianWord(at: start + 1)
      let low = dictionary.bigEndianWord(at: start + 9)
      let own = (lead: dictionary.arena[start], version: high >> 12 & 0xF)
      guard low >> 62 == 2, own == kind ?? own else { return false }
      kind = own
      columns[0].append(Int64(high >> 16))
      columns[1].append(Int64((high & 0xFFF) << 6 | (low >> 56 & 0x3F)))
      columns[2].append(Int64(low & 0x00FF_FFFF_FFFF_FFFF))
    }
    guard let kind else { return false }
    writer.appendVarint(codes.count)
    writer.append(kind.lead)
    writer.append(UInt8(kind.version))
    for column in columns { IntegerPage.encode(column, into: &writer) }
    return true
  }

  /// Reads a page behind its form.
  init(_ reader: inout ByteReader, limit: Int) throws(FormatError) {
    let start = reader.offset
    count = try reader.readCount("number of strings", limit: limit)
    lead = try reader.read(UInt8.self, "lead byte")
    version = UInt64(try reader.read(UInt8.self, "version of UUIDs"))
    guard version < 16 else { throw FormatError(offset: start, "version \(version) of UUIDs") }
    first = try IntegerPageView(&reader, count: count)
    middle = try IntegerPageView(&reader, count: count)
    last = try IntegerPageView(&reader, count: count)
  }

  /// Appends all strings, a column at a time.
  func appendAll(to output: inout [UInt8]) {
    var columns: [[Int64]] = [[], [], []]
    first.append(0..<count, to: &columns[0])
    middle.append(0..<count, to: &columns[1])
    last.append(0..<count, to: &columns[2])
    let (firsts, middles, lasts) = (columns[0], columns[1], columns[2])
    let start = output.count
    output.append(contentsOf: repeatElement(lead, count: count * Self.stringLength))
    unsafe output.withUnsafeMutableBytes { target in
      for index in 0..<count {
        let (high, low) = halves(firsts[index], middles[index], lasts[index])
        let place = start + index * Self.stringLength + 1
        unsafe target.storeBytes(of: high.bigEndian, toByteOffset: place, as: UInt64.self)
        unsafe target.storeBytes(of: low.bigEndian, toByteOffset: place + 8, as: UInt64.self)
      }
    }
  }

  /// Bits beyond those of a part, which only a forged page has, are cut off.
  @inline(__always)
  private func halves(_ first: Int64, _ middle: Int64, _ last: Int64) -> (high: UInt64, low: UInt64) {
    let middle = UInt64(bitPattern: middle)
    return (
      UInt64(bitPattern: first) << 16 | version << 12 | (middle >> 6 & 0xFFF),
      1 << 63 | (middle & 0x3F) << 56 | (UInt64(bitPattern: last) & 0x00FF_FFFF_FFFF_FFFF)
    )
  }

  /// Bytes held beside those of the page.
  var memory: Int { first.memory + middle.memory + last.memory }

  /// The order of a string against `key`: negative, zero or positive.
  func compare(_ index: Int, _ key: Bytes) -> Int {
    guard key.count == Self.stringLength else {
      var output: [UInt8] = []
      append(index, to: &output)
      return Bytes.compare(Bytes(output), key)
    }
    if lead != key[0] { return lead < key[0] ? -1 : 1 }
    let (high, low) = halves(first[index], middle[index], last[index])
    let (keyHigh, keyLow) = (key.load(1, as: UInt64.self).byteSwapped, key.load(9, as: UInt64.self).byteSwapped)
    if high != keyHigh { return high < keyHigh ? -1 : 1 }
    return low == keyLow ? 0 : low < keyLow ? -1 : 1
  }

  func append(_ index: Int, to output: inout [UInt8]) {
    let (high, low) = halves(first[index], middle[index], last[index])
    output.append(lead)
    unsafe withUnsafeBytes(of: high.bigEndian) { unsafe output.append(contentsOf: $0) }
    unsafe withUnsafeBytes(of: low.bigEndian) { unsafe output.append(contentsOf: $0) }
  }
}

extension ByteStringDictionary {
  /// Eight bytes of the arena as a big-endian number.
  fileprivate func bigEndianWord(at offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset + 8 <= arena.count, "word out of bounds")
    return unsafe arena.withUnsafeBytes { source in
      unsafe UInt64(bigEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
  }
}
