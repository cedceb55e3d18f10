/// A page of integers that are mostly among the frequent values of their rows' classes. See Formats/encodings.md,
/// "Conditioned page".
package enum ConditionedPage {
  /// The first byte, in one numbering with the encodings of integer pages.
  package static let encoding: UInt8 = 6
  /// Rows between two entries of the directory.
  static let directoryStep = 512

  /// Writes the pages of one column.
  package struct Encoder {
    private let width: Int
    private let countsUp: Bool
    /// The value that is new next.
    private var next: Int64
    private let slots: [Slot]

    /// A frequent value of a class, and its index in the list of the class.
    private struct Slot {
      static let free = UInt32.max
      var value: Int64
      var classCode: UInt32
      var number: UInt32
    }

    /// - Parameter firstNew: the first value that counts as new, where the column counts up.
    package init(_ model: ConditionedModel, firstNew: Int64?) {
      countsUp = firstNew != nil
      next = firstNew ?? 0
      var longest = 0
      for index in 0..<model.classCount {
        longest = max(longest, Int(model.starts[index + 1] - model.starts[index]))
      }
      var width = 1
      while ConditionedModelBuilder.room(width, countsUp) < longest { width += 1 }
      self.width = width
      var capacity = 64
      while capacity < model.values.count * 4 { capacity *= 2 }
      var slots = [Slot](repeating: Slot(value: 0, classCode: 0, number: Slot.free), count: capacity)
      for index in 0..<model.classCount {
        let first = model.starts[index]
        for place in first..<model.starts[index + 1] {
          let value = model.values[Int(place)]
          var slot = ConditionedModelBuilder.hash(value, UInt32(index)) & (capacity - 1)
          while slots[slot].number != Slot.free { slot = (slot + 1) & (capacity - 1) }
          slots[slot] = Slot(value: value, classCode: UInt32(index), number: place - first)
        }
      }
      self.slots = slots
    }

    /// The page of the rows of `range`, which continue those of the page before.
    package mutating func encode(
      _ values: [Int64], classes: [UInt32], _ range: Range<Int>
    ) -> [UInt8] {
      let count = range.count
      var fields = [Int64](repeating: 0, count: count)
      var others: [Int64] = []
      var directory: [UInt16] = []
      let firstNew = next
      var start = range.lowerBound
      while start < range.upperBound {
        if start > range.lowerBound {
          directory.append(UInt16(others.count))
          if countsUp { directory.append(UInt16(next - firstNew)) }
        }
        let end = min(range.upperBound, start + ConditionedPage.directoryStep)
        fill(&fields, start - range.lowerBound, values, classes, start..<end, &others)
        start = end
      }
      var writer = ByteWriter(capacity: 64 + count * width / 8 + others.count * 2)
      writer.append(ConditionedPage.encoding)
      writer.append(UInt8(width))
      writer.append(countsUp ? UInt8(1) : 0)
      if countsUp { writer.appendSignedVarint(firstNew) }
      writer.appendVarint(others.count)
      IntegerPage.encode(others, findScale: true, extended: true, into: &writer)
      for entry in directory { writer.append(entry) }
      BitPacking.append(fields, 0..<count, base: 0, scale: 1, width: width, to: &writer.bytes)
      return writer.bytes
    }

    /// The numbers of a stretch of rows.
    private mutating func fill(
      _ fields: inout [Int64], _ first: Int, _ values: [Int64], _ classes: [UInt32], _ range: Range<Int>,
      _ others: inout [Int64]
    ) {
      let other = Int64(1 << width) - 1
      let mask = slots.count - 1
      let countsUp = countsUp
      var next = next
      unsafe values.withUnsafeBufferPointer { values in
        unsafe classes.withUnsafeBufferPointer { classes in
          unsafe slots.withUnsafeBufferPointer { slots in
            unsafe fields.withUnsafeMutableBufferPointer { fields in
              var place = first
              for index in range {
                let value = unsafe values[index]
                let classCode = unsafe classes[index]
                var number = other
                if countsUp, value == next {
                  number = other - 1
                  next += 1
                } else {
                  var slot = ConditionedModelBuilder.hash(value, classCode) & mask
                  while unsafe slots[slot].number != Slot.free {
                    if unsafe slots[slot].value == value, unsafe slots[slot].classCode == classCode {
                      number = unsafe Int64(slots[slot].number)
                      break
                    }
                    slot = (slot + 1) & mask
                  }
                  if number == other { others.append(value) }
                }
                unsafe fields[place] = number
                place += 1
              }
            }
          }
        }
      }
      self.next = next
    }
  }

  /// A page as it was read: any row without the others, or all rows at once. An object, because views are taken out of
  /// arrays at every read.
  package final class View: Sendable {
    let bytes: Bytes
    package let count: Int
    package let width: Int
    /// The first value that was new; nil where the column does not count up.
    let firstNew: Int64?
    package let others: IntegerPageView
    private let directory: Int
    let fields: Int

    /// Reads a page of `count` rows, and leaves the reader behind it.
    package init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
      let start = reader.offset
      bytes = reader.bytes
      self.count = count
      guard try reader.read(UInt8.self, "encoding") == ConditionedPage.encoding else {
        throw FormatError(offset: start, "not a conditioned page")
      }
      width = Int(try reader.read(UInt8.self, "width"))
      let kind = try reader.read(UInt8.self, "kind")
      guard width >= 1, width <= 8, kind <= 1 else {
        throw FormatError(offset: start, "a conditioned page of width \(width) and kind \(kind)")
      }
      firstNew = kind == 1 ? try reader.readSignedVarint("first new value") : nil
      let othersCount = try reader.readCount("other values", limit: count)
      others = try IntegerPageView(&reader, count: othersCount)
      directory = reader.offset
      let entries = max(0, count - 1) / ConditionedPage.directoryStep
      _ = try reader.readBytes(entries * (kind == 1 ? 4 : 2), "directory")
      fields = reader.offset
      _ = try reader.readBytes(BitPacking.length(count: count, width: width), "fields")
    }

    /// The value of one row, given its class.
    package func value(_ row: Int, class classCode: UInt32, _ model: ConditionedModel) throws(FormatError) -> Int64 {
      precondition(row >= 0 && row < count, "row out of bounds")
      let field = Int(BitPacking.field(bytes, fields, index: row, width: width))
      let other = (1 << width) - 1
      let isNew = field == other - 1 && firstNew != nil
      guard field == other || isNew else {
        guard Int(classCode) < model.classCount else { throw outside(row) }
        let place = Int(model.starts[Int(classCode)]) + field
        guard place < Int(model.starts[Int(classCode) + 1]) else { throw outside(row) }
        return model.values[place]
      }
      let rank = self.rank(of: field, before: row, isNew: isNew)
      if isNew, let firstNew { return firstNew &+ Int64(rank) }
      guard rank < others.count else { throw outside(row) }
      return others[rank]
    }

    /// Asks for the fields that a look at a row waits for.
    package func prefetch(_ row: Int) {
      bytes.prefetch(fields + row * width / 8)
      // Those before it are counted where one of them stands apart.
      bytes.prefetch(fields + row / ConditionedPage.directoryStep * ConditionedPage.directoryStep * width / 8)
      bytes.prefetch(directory + row / ConditionedPage.directoryStep * 4)
    }

    /// Appends the values of a range of rows; `classes` holds theirs, from `first` on.
    package func append(
      _ range: Range<Int>, classes: [UInt32], from first: Int, _ model: ConditionedModel, to output: inout [Int64]
    ) throws(FormatError) {
      precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
      let other = (1 << width) - 1
      let fresh = firstNew == nil ? -1 : other - 1
      // How many others and new ones came before, once one was met.
      var others: Int?
      var news: Int?
      for row in range {
        let field = Int(BitPacking.field(bytes, fields, index: row, width: width))
        if field == other {
          let rank = others ?? self.rank(of: field, before: row, isNew: false)
          guard rank < self.others.count else { throw outside(row) }
          output.append(self.others[rank])
          others = rank + 1
        } else if field == fresh, let firstNew {
          let rank = news ?? self.rank(of: field, before: row, isNew: true)
          output.append(firstNew &+ Int64(rank))
          news = rank + 1
        } else {
          let classCode = Int(classes[first + row - range.lowerBound])
          guard classCode < model.classCount else { throw outside(row) }
          let place = Int(model.starts[classCode]) + field
          guard place < Int(model.starts[classCode + 1]) else { throw outside(row) }
          output.append(model.values[place])
        }
      }
    }

    /// How many rows before one have a field that stands for other or new values: the directory tells of whole stretches,
    /// the rest is counted.
    private func rank(of field: Int, before row: Int, isNew: Bool) -> Int {
      let stretch = row / ConditionedPage.directoryStep
      var rank = 0
      if stretch > 0 {
        let entry = directory + (stretch - 1) * (firstNew == nil ? 2 : 4)
        rank = Int(bytes.load(isNew ? entry + 2 : entry, as: UInt16.self))
      }
      return rank
        + BitPacking.count(
          bytes, fields, stretch * ConditionedPage.directoryStep..<row, width: width, of: UInt64(field))
    }

    /// Writes the values of all rows into `output`, whose memory it uses again.
    package func decode(
      classes: [UInt32], _ model: ConditionedModel, replacing output: inout [Int64]
    ) throws(FormatError) {
      precondition(classes.count == count, "a class for every row")
      if output.count > count { output.removeLast(output.count - count) }
      if output.count < count { output.append(contentsOf: repeatElement(0, count: count - output.count)) }
      let other = Int64(1 << width) - 1
      let fresh = firstNew == nil ? -1 : other - 1
      var next = firstNew ?? 0
      var rest: [Int64] = []
      rest.reserveCapacity(others.count)
      others.append(0..<others.count, to: &rest)
      var used = 0
      var failed: Int?
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe BitPacking.unpack(bytes, fields, base: 0, scale: 1, width: width, into: target)
        unsafe classes.withUnsafeBufferPointer { classes in
          unsafe model.starts.withUnsafeBufferPointer { starts in
            unsafe model.values.withUnsafeBufferPointer { values in
              for row in 0..<count {
                let field = unsafe target[row]
                if field == other {
                  guard used < rest.count else {
                    failed = row
                    return
                  }
                  unsafe target[row] = rest[used]
                  used &+= 1
                } else if field == fresh {
                  unsafe target[row] = next
                  next &+= 1
                } else {
                  let classCode = unsafe Int(classes[row])
                  guard classCode < starts.count &- 1 else {
                    failed = row
                    return
                  }
                  let place = unsafe Int(starts[classCode]) &+ Int(field)
                  guard unsafe place < Int(starts[classCode &+ 1]) else {
                    failed = row
                    return
                  }
                  unsafe target[row] = values[place]
                }
              }
            }
          }
        }
      }
      if let failed { throw outside(failed) }
      guard used == rest.count else {
        throw FormatError(offset: fields, "\(rest.count) other values, of which \(used) are used")
      }
    }

    func outside(_ row: Int) -> FormatError {
      FormatError(offset: fields, "row \(row) has a number beyond the values of its class")
    }
  }
}
