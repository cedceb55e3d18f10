import Columnar

extension RunBlock {
  /// Checks the structure of a block of `length` bytes so that no later access can leave it: counts, widths, and that
  /// every table lies within the block and ascends. Offsets of errors are positions in the file.
  static func validate(
    _ file: Bytes, at start: Int, length: Int, entries: Int
  ) throws(FormatError) {
    guard start >= 0, length >= headerLength, start <= file.count, length <= file.count - start else {
      throw FormatError(offset: start, "a block of \(length) bytes does not fit")
    }
    let block = RunBlock(file, at: start)
    guard block.entryCount == entries, block.entryCount >= 1, block.entryCount <= largestCount else {
      throw FormatError(offset: start, "a block of \(block.entryCount) entries where \(entries) belong")
    }
    guard block.groupCount >= 1, block.groupCount <= block.itemCount, block.itemCount <= block.entryCount else {
      throw FormatError(
        offset: start + 4,
        "\(block.groupCount) groups and \(block.itemCount) items for \(block.entryCount) entries")
    }
    try block.validateWidths(at: start)
    let groupBytes = try block.validateGroups(file)
    let itemBytes = try block.validateItems(file, start: start, end: start + length)
    let recordBytes = (block.entryCount * block.recordWidth + 7) / 8 + 8
    let end = start + length
    guard block.groupKeys <= end - groupBytes, block.itemKeys <= end - itemBytes,
      block.records / 8 <= end - recordBytes
    else { throw FormatError(offset: start + 72, "a table ends behind its block") }
  }

  private func validateWidths(at start: Int) throws(FormatError) {
    let sum = aWidth + bWidth + scoreWidth + countWidth + firstWidth + spanWidth + resetWidth
    guard aWidth <= 32, bWidth <= 32, scoreWidth <= 128, countWidth <= 64, firstWidth <= 64, spanWidth <= 64,
      resetWidth <= 1, recordWidth == sum
    else { throw FormatError(offset: start + 12, "widths of a record make no sense") }
    guard scoreScale > 0 else { throw FormatError(offset: start + 48, "scale 0") }
  }

  /// Returns the length of all group keys.
  private func validateGroups(_ file: Bytes) throws(FormatError) -> Int {
    guard groupTable + 8 * (groupCount + 1) <= file.count else {
      throw FormatError(offset: groupTable, "the group table ends behind the file")
    }
    try validatePairs(file, groupTable, count: groupCount, covering: itemCount, "group")
    return Int(file.load(groupTable + 8 * groupCount, as: UInt32.self))
  }

  /// Returns the length of all item keys.
  private func validateItems(_ file: Bytes, start: Int, end: Int) throws(FormatError) -> Int {
    let isVariable = itemKeyLength == Self.variableLength
    guard groupTable + 8 * (groupCount + 1) <= end, itemTable <= end - (itemCount + 1) * (isVariable ? 8 : 2) else {
      throw FormatError(offset: start + 72, "a table ends behind its block")
    }
    if isVariable {
      try validatePairs(file, itemTable, count: itemCount, covering: entryCount, "item")
      return Int(file.load(itemTable + 8 * itemCount, as: UInt32.self))
    }
    var previous = -1
    for index in 0...itemCount {
      let entry = firstEntry(file, index)
      guard entry > previous, index > 0 || entry == 0 else {
        throw FormatError(offset: itemTable + 2 * index, "the item table does not ascend")
      }
      previous = entry
    }
    guard previous == entryCount else {
      throw FormatError(offset: itemTable, "items cover \(previous) entries of \(entryCount)")
    }
    return itemCount * itemKeyLength
  }

  /// A table of pairs: starts of keys, which never fall, and first members, which rise from 0 to `covering`.
  private func validatePairs(
    _ file: Bytes, _ table: Int, count: Int, covering: Int, _ what: StaticString
  ) throws(FormatError) {
    var previousKey = 0
    var previousMember = -1
    for index in 0...count {
      let key = Int(file.load(table + 8 * index, as: UInt32.self))
      let member = Int(file.load(table + 8 * index + 4, as: UInt32.self))
      guard key >= previousKey, member > previousMember, index > 0 || (key == 0 && member == 0) else {
        throw FormatError(offset: table + 8 * index, "the \(what) table does not ascend")
      }
      previousKey = key
      previousMember = member
    }
    guard previousMember == covering else {
      throw FormatError(offset: table, "the \(what) table covers \(previousMember) of \(covering)")
    }
  }
}
