import ArgumentParser
import GrowthRing

/// How times are printed.
enum TimeStyle: String, CaseIterable, ExpressibleByArgument {
  /// ISO 8601 in UTC.
  case iso
  /// Microseconds since 1970.
  case us

  func append(_ time: Timestamp, to buffer: inout [UInt8]) {
    switch self {
    case .iso: buffer.append(time: time)
    case .us: buffer.append(integer: time.microseconds)
    }
  }

  /// For tables of people: whole seconds are enough.
  func shortText(_ time: Timestamp) -> String {
    let text = text(time)
    guard self == .iso, let point = text.firstIndex(of: ".") else { return text }
    return text[..<point] + "Z"
  }

  func text(_ time: Timestamp) -> String {
    var bytes: [UInt8] = []
    append(time, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
