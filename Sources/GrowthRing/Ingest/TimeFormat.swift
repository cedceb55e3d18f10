import StoreEngine

/// How a column writes its times.
public enum TimeFormat: Hashable, Sendable {
  /// ISO 8601, as `Timestamp` reads it.
  case iso
  /// An integer since 1970.
  case epoch(TimeUnit)
  /// A pattern such as `%d/%m/%Y %H:%M`: `%Y %m %d %H %M %S` are digits, of which leading zeros may be left out, `%f` is a
  /// fraction of a second, `%z` a zone, `%b` an English month's first three letters, `%%` a percent sign; other characters
  /// stand for themselves.
  case pattern(String)

  /// Reads `iso`, `us`, `ms`, `s` or a pattern; nil for a pattern with letters that it must not have, or without a date.
  public init?(_ text: String) {
    if text == "iso" {
      self = .iso
    } else if let unit = TimeUnit(rawValue: text) {
      self = .epoch(unit)
    } else {
      var letters: [Character] = []
      var rest = text[...]
      while let percent = rest.firstIndex(of: "%") {
        guard let letter = rest[rest.index(after: percent)...].first, "YmdHMSfzb%".contains(letter) else { return nil }
        letters.append(letter)
        rest = rest[percent...].dropFirst(2)
      }
      guard letters.contains("Y"), letters.contains("d"), letters.contains("m") || letters.contains("b") else {
        return nil
      }
      self = .pattern(text)
    }
  }

  /// Microseconds since 1970; `naiveOffset` is the zone, in microseconds east of UTC, of times that name none.
  func parse(_ text: [UInt8], naiveOffset: Int64) -> Result<Int64, EventRejection.Reason> {
    switch self {
    case .iso: Timestamp.parse(text, naiveOffset: naiveOffset)
    case .epoch(let unit): unsafe text.withUnsafeBytes { unsafe unit.parse($0) }
    case .pattern(let pattern): TimePattern(text).parse(pattern, naiveOffset: naiveOffset)
    }
  }
}

/// One text read by a pattern.
private struct TimePattern {
  private let text: [UInt8]
  private var index = 0
  private var year = 0
  private var month = 1
  private var day = 1
  private var seconds = 0
  private var microseconds: Int64 = 0

  init(_ text: [UInt8]) { self.text = text }

  func parse(_ pattern: String, naiveOffset: Int64) -> Result<Int64, EventRejection.Reason> {
    var reader = self
    return reader.read(Array(pattern.utf8), naiveOffset)
  }

  private mutating func read(_ pattern: [UInt8], _ naiveOffset: Int64) -> Result<Int64, EventRejection.Reason> {
    var offset = naiveOffset
    var place = 0
    while place < pattern.count {
      if pattern[place] == UInt8(ascii: "%"), place + 1 < pattern.count {
        place += 1
        let isRead: Bool
        switch pattern[place] {
        case UInt8(ascii: "Y"): isRead = number(4) { $0.year = $1 }
        case UInt8(ascii: "m"): isRead = number(2) { $0.month = $1 }
        case UInt8(ascii: "d"): isRead = number(2) { $0.day = $1 }
        case UInt8(ascii: "H"): isRead = number(2, below: 24) { $0.seconds += $1 * 3600 }
        case UInt8(ascii: "M"): isRead = number(2, below: 60) { $0.seconds += $1 * 60 }
        case UInt8(ascii: "S"): isRead = number(2, below: 60) { $0.seconds += $1 }
        case UInt8(ascii: "b"): isRead = monthName()
        case UInt8(ascii: "f"):
          guard let isExact = fraction() else { return .failure(.malformed) }
          guard isExact else { return .failure(.tooManyDigits) }
          isRead = true
        case UInt8(ascii: "z"):
          var end = index
          while end < text.count, text[end] != UInt8(ascii: " ") { end += 1 }
          guard end > index,
            let zone = unsafe Array(text[index..<end]).withUnsafeBytes({
              unsafe Timestamp.zone($0, from: 0, naive: 0)
            })
          else { return .failure(.malformed) }
          offset = zone
          index = end
          isRead = true
        default: isRead = character(pattern[place])
        }
        guard isRead else { return .failure(.malformed) }
      } else if !character(pattern[place]) {
        return .failure(.malformed)
      }
      place += 1
    }
    guard index == text.count, year >= 1, month >= 1, month <= 12, day >= 1,
      day <= Timestamp.Day.count(year: year, month: month)
    else { return .failure(.malformed) }
    let days = Int64(Timestamp.Day.number(year: year, month: month, day: day))
    let value = (days * 86_400 + Int64(seconds)) * 1_000_000 + microseconds - offset
    guard value >= Timestamp.earliest.microseconds, value <= Timestamp.latest.microseconds else {
      return .failure(.outOfRange)
    }
    return .success(value)
  }

  private mutating func character(_ byte: UInt8) -> Bool {
    guard index < text.count, text[index] == byte else { return false }
    index += 1
    return true
  }

  private mutating func number(_ digits: Int, below limit: Int = 10_000, _ store: (inout Self, Int) -> Void) -> Bool {
    let start = index
    var value = 0
    while index < text.count, index - start < digits, text[index] &- 0x30 <= 9 {
      value = value * 10 + Int(text[index] - 0x30)
      index += 1
    }
    guard index > start, value < limit, digits < 4 || index - start == digits else { return false }
    store(&self, value)
    return true
  }

  /// Whether the fraction is exact in microseconds; nil where there is none.
  private mutating func fraction() -> Bool? {
    let start = index
    var scale: Int64 = 100_000
    var isExact = true
    while index < text.count, index - start < 9, text[index] &- 0x30 <= 9 {
      let digit = Int64(text[index] - 0x30)
      microseconds += digit * scale
      if scale == 0, digit != 0 { isExact = false }
      scale /= 10
      index += 1
    }
    return index > start ? isExact : nil
  }

  private mutating func monthName() -> Bool {
    let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    guard index + 3 <= text.count else { return false }
    let name = text[index..<index + 3].map { $0 | 0x20 }
    guard let found = names.firstIndex(where: { Array($0.utf8) == name }) else { return false }
    month = found + 1
    index += 3
    return true
  }
}
