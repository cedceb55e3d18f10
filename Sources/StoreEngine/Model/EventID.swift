/// The id of an event: a UUID of any version. With the user's id it is the event's identity for ever.
public struct EventID: Hashable, Sendable {
  /// The first eight bytes, big-endian.
  public let high: UInt64
  /// The last eight bytes, big-endian.
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads `8-4-4-4-12` hexadecimal digits of either case; nil for anything else.
  public init?(_ text: String) {
    guard let parsed = UUIDText.parse(Array(text.utf8)) else { return nil }
    self.init(high: parsed.high, low: parsed.low)
  }

  /// A UUIDv7 (RFC 9562, section 5.7) of a time and 74 random bits.
  package init(version7At time: Timestamp, random: UInt64, _ more: UInt64) {
    let milliseconds = UInt64(max(0, time.microseconds) / 1000) & 0xFFFF_FFFF_FFFF
    high = milliseconds << 16 | 0x7000 | (random & 0x0FFF)
    low = 0x8000_0000_0000_0000 | (more & 0x3FFF_FFFF_FFFF_FFFF)
  }

  /// Whether version and variant are those of a UUIDv7.
  package var isVersion7: Bool { high >> 12 & 0xF == 7 && low >> 62 == 2 }

  /// Of a UUIDv7: its time in milliseconds since 1970.
  package var milliseconds: UInt64 { high >> 16 }
}

extension EventID: Comparable {
  public static func < (a: EventID, b: EventID) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

extension EventID: CustomStringConvertible {
  public var description: String { UUIDText.format(high: high, low: low, uppercase: false) }
}
