import ArgumentParser

/// A zone on the command line: `UTC`, `Z`, `+02:00`, `-0530`, `+01`.
struct ZoneArgument: Equatable, ExpressibleByArgument {
  /// Seconds east of UTC.
  let seconds: Int

  init(seconds: Int) { self.seconds = seconds }

  init?(argument: String) {
    if ["utc", "z", "gmt"].contains(argument.lowercased()) {
      seconds = 0
      return
    }
    let bytes = Array(argument.utf8)
    guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
    let digits = bytes.dropFirst().filter { $0 != UInt8(ascii: ":") }.map { Int($0) - 0x30 }
    let hasColon = bytes.contains(UInt8(ascii: ":"))
    guard digits.allSatisfy({ 0...9 ~= $0 }), digits.count == 4 || (digits.count == 2 && !hasColon),
      !hasColon || (bytes.count == 6 && bytes[3] == UInt8(ascii: ":"))
    else { return nil }
    let hours = digits[0] * 10 + digits[1]
    let minutes = digits.count == 4 ? digits[2] * 10 + digits[3] : 0
    guard hours <= 23, minutes <= 59 else { return nil }
    seconds = (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}
