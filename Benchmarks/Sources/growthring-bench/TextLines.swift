import Foundation

/// The lines of a large file, which is mapped: where they lie is found up to the one that is asked for, and not before.
struct TextLines {
  private let data: Data
  /// Where each line begins, as far as that is known.
  private var starts = [0]

  init(path: String) throws { data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) }

  /// A line without its line feed.
  mutating func text(_ line: Int) -> String {
    if starts.count < line + 2 { find(line + 2) }
    let range = starts[line]..<starts[line + 1] - 1
    return data.withUnsafeBytes { String(decoding: $0[range], as: UTF8.self) }
  }

  /// Finds as many beginnings, and a million more, or all.
  private mutating func find(_ count: Int) {
    var found = starts
    starts = []
    data.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      while found.count < count + 1_000_000 {
        let next = found[found.count - 1]
        guard next < bytes.count, let end = memchr(base + next, 0x0A, bytes.count - next) else { return }
        found.append(base.distance(to: UnsafeRawPointer(end)) + 1)
      }
    }
    starts = found
  }
}
