/// The lists of a model laid out for one width of numbers, so that the value of a row is one load: by class, and within a
/// class by number.
package struct ConditionedTable: Sendable {
  /// What lies in the cache beside everything else of a scan; larger models are read list by list.
  private static let mostEntries = 8_192

  fileprivate let width: Int
  fileprivate let classCount: Int
  fileprivate let values: [Int64]
  /// Stands where a class has no value of that number; no class has it.
  fileprivate let beyond: Int64

  /// Nil where the table would be large.
  fileprivate init?(_ model: ConditionedModel, width: Int) {
    guard model.classCount << width <= Self.mostEntries else { return nil }
    self.width = width
    classCount = model.classCount
    let known = Set(model.values)
    var beyond = Int64.min
    while known.contains(beyond) { beyond += 1 }
    var values = [Int64](repeating: beyond, count: classCount << width)
    for index in 0..<classCount {
      let list = Int(model.starts[index])..<Int(model.starts[index + 1])
      // A class may list more than the numbers of this width can say; the last one stands for an other value.
      for (number, place) in list.prefix(1 << width).enumerated() {
        values[index << width + number] = model.values[place]
      }
      values[(index + 1) << width - 1] = beyond == 0 ? 1 : 0
    }
    self.beyond = beyond
    self.values = values
  }
}

extension ConditionedPage.View {
  /// Writes the values of all rows into `output`, whose memory it uses again; `table` is kept from page to page, with the
  /// memory for the other values.
  package func decode(
    classes: [UInt32], _ model: ConditionedModel, _ table: inout ConditionedTable?, _ rest: inout [Int64],
    replacing output: inout [Int64]
  ) throws(FormatError) {
    if table?.width != width || table?.classCount != model.classCount { table = ConditionedTable(model, width: width) }
    guard let table, firstNew == nil else {
      try decode(classes: classes, model, replacing: &output)
      return
    }
    precondition(classes.count == count, "a class for every row")
    if output.count > count { output.removeLast(output.count - count) }
    if output.count < count { output.append(contentsOf: repeatElement(0, count: count - output.count)) }
    rest.removeAll(keepingCapacity: true)
    others.append(0..<others.count, to: &rest)
    let given = rest.count
    // One is loaded for every row, and taken where it is meant: a branch would be guessed wrong in every seventh row.
    rest.append(contentsOf: repeatElement(0, count: count + 1 - given))
    let last = Int64(table.classCount) - 1
    var outside: Int64 = 0
    for classCode in classes { outside |= last &- Int64(classCode) }
    guard outside >= 0 else { throw self.outside(0) }
    let (used, isBeyond) = unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe BitPacking.unpack(bytes, fields, base: 0, scale: 1, width: width, into: target)
      return unsafe classes.withUnsafeBufferPointer { classes in
        unsafe rest.withUnsafeBufferPointer { rest in unsafe table.fill(target, classes, rest) }
      }
    }
    guard !isBeyond else { throw self.outside(0) }
    guard used == given else {
      throw FormatError(offset: fields, "\(given) other values, of which \(used) are used")
    }
  }
}

extension ConditionedTable {
  /// Replaces numbers by values; how many other values were used, and whether a number has no value.
  ///
  /// All classes are below `classCount`, all numbers below 2^width, and `rest` is longer than `target`.
  @unsafe
  fileprivate func fill(
    _ target: UnsafeMutableBufferPointer<Int64>, _ classes: UnsafeBufferPointer<UInt32>,
    _ rest: UnsafeBufferPointer<Int64>
  ) -> (used: Int, isBeyond: Bool) {
    let other = Int64(1 << width) - 1
    let shift = UInt64(width)
    let beyond = beyond
    var used = 0
    var misses = 0
    unsafe values.withUnsafeBufferPointer { values in
      for row in 0..<target.count {
        let number = unsafe target[row]
        let place = unsafe Int(truncatingIfNeeded: UInt64(classes[row]) &<< shift) | Int(truncatingIfNeeded: number)
        let isOther = number == other
        let spare = unsafe rest[used]
        let listed = unsafe values[place]
        misses |= listed == beyond ? 1 : 0
        unsafe target[row] = isOther ? spare : listed
        used &+= isOther ? 1 : 0
      }
    }
    return (used, misses != 0)
  }
}
