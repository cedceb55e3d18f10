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
    private let model: ConditionedModel
    /// The value that is new next.
    private var next: Int64
    private var slots: [UInt32]
    private var owners: [UInt32]

    /// - Parameter firstNew: the first value that counts as new, where the column counts up.
    package init(_ model: ConditionedModel, firstNew: Int64?) {
      self.model = model
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
      slots = [UInt32](repeating: 0, count: capacity)
      owners = []
      for index in 0..<model.classCount {
        for place in model.starts[index]..<model.starts[index + 1] {
          owners.append(UInt32(index))
          var slot = ConditionedModelBuilder.hash(model.values[Int(place)], UInt32(index)) & (capacity - 1)
          while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
          slots[slot] = place + 1
        }
      }
    }

    /// The page of the rows of `range`, which continue those of the page before.
    package mutating func encode(
      _ values: [Int64], classes: [UInt32], _ range: Range<Int>
    ) -> [UInt8] {
      let count = range.count
      let other = Int64(1 << width) - 1
      var fields = [Int64](repeating: 0, count: count)
      var others: [Int64] = []
      var directory: [UInt16] = []
      let firstNew = next
      for index in range {
        let place = index - range.lowerBound
        if place % ConditionedPage.directoryStep == 0, place > 0 {
          directory.append(UInt16(others.count))
          if countsUp { directory.append(UInt16(next - firstNew)) }
        }
        let value = values[index]
        if countsUp, value == next {
          fields[place] = other - 1
          next += 1
        } else if let listed = find(value, classes[index]) {
          fields[place] = Int64(listed)
        } else {
          fields[place] = other
          others.append(value)
        }
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

    @inline(__always)
    private func find(_ value: Int64, _ classCode: UInt32) -> UInt32? {
      var slot = ConditionedModelBuilder.hash(value, classCode) & (slots.count - 1)
      while slots[slot] != 0 {
        let place = slots[slot] - 1
        if model.values[Int(place)] == value, owners[Int(place)] == classCode {
          return place - model.starts[Int(classCode)]
        }
        slot = (slot + 1) & (slots.count - 1)
      }
      return nil
    }
  }

  /// A page as it was read: any row without the others, or all rows at once.
  package struct View: Sendable {
    private let bytes: Bytes
    package let count: Int
    package let width: Int
    /// The first value that was new; nil where the column does not count up.
    private let firstNew: Int64?
    package let others: IntegerPageView
    private let directory: Int
    private let fields: Int

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
      // How many of its kind come before it: the directory tells of whole stretches, the rest is counted.
      let stretch = row / ConditionedPage.directoryStep
      var rank = 0
      if stretch > 0 {
        let entry = directory + (stretch - 1) * (firstNew == nil ? 2 : 4)
        rank = Int(bytes.load(isNew ? entry + 2 : entry, as: UInt16.self))
      }
      for before in stretch * ConditionedPage.directoryStep..<row
      where Int(BitPacking.field(bytes, fields, index: before, width: width)) == field { rank += 1 }
      if isNew, let firstNew { return firstNew &+ Int64(rank) }
      guard rank < others.count else { throw outside(row) }
      return others[rank]
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

    private func outside(_ row: Int) -> FormatError {
      FormatError(offset: fields, "row \(row) has a number beyond the values of its class")
    }
  }
}
