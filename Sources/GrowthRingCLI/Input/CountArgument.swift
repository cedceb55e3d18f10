import ArgumentParser

/// A number on the command line that may be long: `1000000`, `1_000_000`, `1M`, `250k`.
struct CountArgument: Equatable, ExpressibleByArgument {
  let value: Int

  var defaultValueDescription: String { NumberText.grouped(value) }

  init?(argument: String) {
    var text = argument.filter { $0 != "_" && $0 != "," }[...]
    var scale = 1
    switch text.last {
    case "k", "K": scale = 1000
    case "m", "M": scale = 1_000_000
    case "g", "G": scale = 1_000_000_000
    default: break
    }
    if scale > 1 { text = text.dropLast() }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let count = Int(text) else { return nil }
    let (value, overflow) = count.multipliedReportingOverflow(by: scale)
    if overflow { return nil }
    self.value = value
  }
}
