/// The lists of a model laid out for one width of numbers, so that the value of a row is one load: by class, and within a
/// class by number.
package struct ConditionedTable: Sendable {
  /// What lies in the cache beside everything else of a scan; larger models are read list by list.
  private static let mostEntries = 8_192

  fileprivate let width: Int
  fileprivate let classCount: Int
  fileprivate let values: [Int64]
  /// 1 where a class has no value of that number.
  fileprivate let isBeyond: [UInt8]

  /// Nil where the table would be large.
  fileprivate init?(_ model: ConditionedModel, width: Int) {
    guard model.classCount << width <= Self.mostEntries else { return nil }
    self.width = width
    classCount = model.classCount
    var values = [Int64](repeating: 0, count: classCount << width)
    var isBeyond = [UInt8](repeating: 1, count: values.count)
    for index in 0..<classCount {
      let list = Int(model.starts[index])..<Int(model.starts[index + 1])
      // A class may list more than the numbers of this width can say.
      for (number, place) in list.prefix(1 << width).enumerated() {
        values[index << width + number] = model.values[place]
        isBeyond[index << width + number] = 0
      }
      // The last number stands for an other value, which is in no list.
      isBeyond[(index + 1) << width - 1] = 0
    }
    self.values = values
    self.isBeyond = isBeyond
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
    let (used, beyond) = unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe BitPacking.unpack(bytes, fields, base: 0, scale: 1, width: width, into: target)
      return unsafe classes.withUnsafeBufferPointer { classes in
        unsafe rest.withUnsafeBufferPointer { rest in unsafe table.fill(target, classes, rest) }
      }
    }
    guard beyond == 0 else { throw self.outside(0) }
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
  ) -> (used: Int, beyond: UInt8) {
    let other = Int64(1 << width) - 1
    let shift = UInt64(width)
    var used = 0
    var beyond: UInt8 = 0
    unsafe values.withUnsafeBufferPointer { values in
      unsafe isBeyond.withUnsafeBufferPointer { isBeyond in
        for row in 0..<target.count {
          let number = unsafe target[row]
          let place = unsafe Int(truncatingIfNeeded: UInt64(classes[row]) &<< shift) | Int(truncatingIfNeeded: number)
          let isOther = number == other
          let spare = unsafe rest[used]
          let listed = unsafe values[place]
          unsafe beyond |= isBeyond[place]
          unsafe target[row] = isOther ? spare : listed
          used &+= isOther ? 1 : 0
        }
      }
    }
    return (used, beyond)
  }
}
