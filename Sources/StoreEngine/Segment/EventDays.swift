import Columnar

/// The days on which the version 7 event ids of a segment were made, so that a new id prunes the segment at once.
///
/// An id sent again carries the same time, and its day is nearly always one that few segments know.
struct EventDays: Sendable, Equatable {
  /// UTC days since 1970, ascending.
  var days: [Int64] = []
  /// Some id is not of version 7; then such an id may be here.
  var hasOtherIDs = false
  /// The list was too long to keep; nothing may be concluded from it.
  var isUnknown = false

  static let millisecondsPerDay: UInt64 = 86_400_000

  func mayContain(high: UInt64, low: UInt64) -> Bool {
    if isUnknown { return true }
    let id = EventID(high: high, low: low)
    guard id.isVersion7 else { return hasOtherIDs }
    return contains(day: Int64(id.milliseconds / Self.millisecondsPerDay))
  }

  func contains(day: Int64) -> Bool {
    var lower = 0
    var upper = days.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if days[middle] < day { lower = middle + 1 } else { upper = middle }
    }
    return lower < days.count && days[lower] == day
  }

  /// Adds the days of other ids.
  mutating func formUnion(_ other: EventDays) {
    hasOtherIDs = hasOtherIDs || other.hasOtherIDs
    isUnknown = isUnknown || other.isUnknown
    days = isUnknown ? [] : Array(Set(days).union(other.days)).sorted()
    if days.count > SegmentLayout.mostDays {
      days = []
      isUnknown = true
    }
  }

  func append(to writer: inout ByteWriter) {
    writer.append(isUnknown ? UInt8(2) : hasOtherIDs ? 1 : 0)
    writer.appendVarint(days.count)
    var previous: Int64?
    for day in days {
      if let previous { writer.appendVarint(Int(day - previous)) } else { writer.appendSignedVarint(day) }
      previous = day
    }
  }

  init() {}

  init(_ reader: inout ByteReader) throws(FormatError) {
    let start = reader.offset
    let kind = try reader.read(UInt8.self, "kinds of event ids")
    guard kind <= 2 else { throw FormatError(offset: start, "kind of event ids \(kind)") }
    hasOtherIDs = kind == 1
    isUnknown = kind == 2
    let count = try reader.readCount("days", limit: SegmentLayout.mostDays)
    guard count > 0 else { return }
    var day = try reader.readSignedVarint("first day")
    days.append(day)
    for _ in 1..<count {
      let step = try reader.readCount("distance of days", limit: 1 << 24)
      let (next, overflow) = day.addingReportingOverflow(Int64(step))
      guard step > 0, !overflow else { throw FormatError(offset: start, "the days do not ascend") }
      day = next
      days.append(day)
    }
  }
}

/// Gathers the days while a segment is written: one bit a day, as the ids come in no order of time.
struct EventDayCollector {
  private var words: [UInt64] = []
  private var hasOtherIDs = false
  private var last = UInt64.max

  mutating func insert(high: [UInt64], low: [UInt64]) {
    for index in high.indices {
      let id = EventID(high: high[index], low: low[index])
      guard id.isVersion7 else {
        hasOtherIDs = true
        continue
      }
      // 48 bits of milliseconds are at most 3.3 million days, 400 KB of bits.
      let day = id.milliseconds / EventDays.millisecondsPerDay
      if day == last { continue }
      last = day
      let word = Int(day / 64)
      if word >= words.count {
        words.append(contentsOf: repeatElement(0, count: word + 1 - words.count))
      }
      words[word] |= 1 << (day % 64)
    }
  }

  var result: EventDays {
    var result = EventDays()
    result.hasOtherIDs = hasOtherIDs
    for (index, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        result.days.append(Int64(index * 64 + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
    if result.days.count > SegmentLayout.mostDays {
      result.days = []
      result.isUnknown = true
    }
    return result
  }
}
