import Columnar

/// Takes the lines out of an input that comes in pieces. A line that is too long is given up before its end has come.
struct LineSplitter: Sendable {
  enum Part {
    /// A whole line, without its line feed.
    case line(Range<Int>)
    /// What is here of a line that is too long.
    case beginning(Range<Int>)
    /// The end of such a line has come.
    case rest
  }

  private let longest: Int
  /// Inside a line that was given up.
  private var isSkipping = false

  init(longest: Int) { self.longest = longest }

  /// The line at `position`, which moves behind it; nil where its end has not come yet. `searched` is how far the search for
  /// that has come.
  @inline(__always)
  mutating func next(
    _ input: PaddedInput, _ position: inout Int, _ searched: inout Int, isFinal: Bool
  ) -> Part? {
    let start = position
    guard let end = input.lineFeed(from: searched) ?? (isFinal && start < input.count ? input.count : nil) else {
      searched = input.count
      if isFinal || (!isSkipping && input.count - start <= longest) { return nil }
      position = input.count
      if isSkipping { return nil }
      isSkipping = true
      return .beginning(start..<input.count)
    }
    position = min(end + 1, input.count)
    searched = position
    if isSkipping {
      isSkipping = false
      return .rest
    }
    return .line(start..<end)
  }
}
