/// A part of a text with what was found in it.
public struct Snippet: Sendable, Hashable {
  public let text: String
  /// What was found, ascending and apart from each other, in bytes of UTF-8 of `text`.
  public let highlights: [Range<Int>]
  /// Whether the text goes on before and after.
  public let isCutBefore: Bool
  public let isCutAfter: Bool

  public init(_ text: String, highlights: [Range<Int>], isCutBefore: Bool = false, isCutAfter: Bool = false) {
    self.text = text
    self.highlights = highlights
    self.isCutBefore = isCutBefore
    self.isCutAfter = isCutAfter
  }

  /// The text with signs before and after what was found, and dots where it was cut.
  public func marked(_ before: String, _ after: String, cut: String = "…") -> String {
    var result = isCutBefore ? cut : ""
    let bytes = Array(text.utf8)
    var place = 0
    for highlight in highlights {
      result += String(decoding: bytes[place..<highlight.lowerBound], as: UTF8.self) + before
      result += String(decoding: bytes[highlight], as: UTF8.self) + after
      place = highlight.upperBound
    }
    result += String(decoding: bytes[place...], as: UTF8.self)
    return isCutAfter ? result + cut : result
  }
}

extension Snippet {
  /// The part of a text of about `length` bytes in which most different leaves stand, and of those the one with most places;
  /// the beginning where none does.
  package init(of text: String, _ found: [(leaf: Int, source: Range<Int>)], length: Int) {
    let size = text.utf8.count
    let best = Self.bestWindow(found, length: length)
    var window = best
    if best.count < length {
      // A third of what is left goes before what was found, and more where the text ends soon behind it; a text that is no
      // longer than that is whole.
      let lower = max(0, min(best.lowerBound - (length - best.count) / 3, size - length))
      window = lower..<min(size, lower + length)
    }
    let lower = Self.boundary(text, window.lowerBound, within: best.isEmpty ? nil : best.lowerBound, isStart: true)
    let upper = max(
      lower, Self.boundary(text, window.upperBound, within: best.isEmpty ? nil : best.upperBound, isStart: false))
    var highlights: [Range<Int>] = []
    for (_, source) in found where source.lowerBound >= lower && source.upperBound <= upper {
      let place = source.lowerBound - lower..<source.upperBound - lower
      if let last = highlights.last, last.upperBound >= place.lowerBound {
        highlights[highlights.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
      } else {
        highlights.append(place)
      }
    }
    let bytes = text.utf8
    let part = bytes[bytes.index(bytes.startIndex, offsetBy: lower)..<bytes.index(bytes.startIndex, offsetBy: upper)]
    self.init(
      String(decoding: part, as: UTF8.self), highlights: highlights, isCutBefore: lower > 0, isCutAfter: upper < size)
  }

  private static func bestWindow(_ found: [(leaf: Int, source: Range<Int>)], length: Int) -> Range<Int> {
    guard let first = found.first else { return 0..<0 }
    var best = first.source
    var score = (0, 0)
    var counts: [Int: Int] = [:]
    var end = 0
    for begin in found.indices {
      while end < found.count,
        end == begin || found[end].source.upperBound - found[begin].source.lowerBound <= length
      {
        counts[found[end].leaf, default: 0] += 1
        end += 1
      }
      if (counts.count, end - begin) > score {
        score = (counts.count, end - begin)
        best = found[begin].source.lowerBound..<max(found[begin].source.upperBound, found[end - 1].source.upperBound)
      }
      let leaf = found[begin].leaf
      counts[leaf] = counts[leaf] == 1 ? nil : (counts[leaf] ?? 1) - 1
    }
    return best
  }

  /// A place near `offset` between two words where there is one, and never within a letter and its marks.
  private static func boundary(_ text: String, _ offset: Int, within limit: Int?, isStart: Bool) -> Int {
    let bytes = text.utf8
    let size = bytes.count
    if offset <= 0 { return 0 }
    if offset >= size { return size }
    func byte(_ place: Int) -> UInt8 { bytes[bytes.index(bytes.startIndex, offsetBy: place)] }
    let reach = 24
    func isSpace(_ place: Int) -> Bool { byte(place) == 0x20 || byte(place) == 0x0A }
    if isStart {
      if let space = (offset...min(size - 1, limit ?? size, offset + reach)).first(where: { isSpace($0 - 1) }) {
        return space
      }
    } else if let space = (max(limit ?? 0, offset - reach, 1)...offset).last(where: isSpace) {
      return space
    }
    var place = offset
    while place > 0, String.Index(bytes.index(bytes.startIndex, offsetBy: place), within: text) == nil { place -= 1 }
    return isStart ? place : max(place, limit ?? 0)
  }
}
