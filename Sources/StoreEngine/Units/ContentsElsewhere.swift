import Columnar
import Synchronization

/// What a row group of an archived file has in the place of pages of contents: where the contents of its rows are, and how to
/// know them.
final class ContentsElsewhere: Sendable {
  /// By row, the hash of the content.
  let hashes: [UInt64]
  /// By row, its place in the row group of the file; nil where the order is the same.
  let places: [UInt32]?
  /// Whether whoever has this goes through the rows, and so keeps what he read last.
  let keepsLast: Bool
  private let last = Mutex<UnitContents?>(nil)

  init(hashes: [UInt64], places: [UInt32]?, keepsLast: Bool = false) {
    self.hashes = hashes
    self.places = places
    self.keepsLast = keepsLast
  }

  /// The same for one who goes through the rows.
  var kept: ContentsElsewhere { ContentsElsewhere(hashes: hashes, places: places, keepsLast: true) }

  func place(_ row: Int) -> Int { places.map { Int($0[row]) } ?? row }

  /// What was read last, where a place is among it.
  func known(_ place: Int) -> UnitContents? {
    keepsLast ? last.withLock { $0.flatMap { $0.places.contains(place) ? $0 : nil } } : nil
  }

  func keep(_ contents: UnitContents) { if keepsLast { last.withLock { $0 = contents } } }
}

/// Contents that lie beside each other in an archived file, and were read together.
final class UnitContents: Sendable {
  /// Their places in the row group.
  let places: Range<Int>
  private let contents: [Bytes]

  init(places: Range<Int>, _ contents: [Bytes]) {
    self.places = places
    self.contents = contents
  }

  /// The content at a place that is among them.
  subscript(place: Int) -> Bytes { contents[place - places.lowerBound] }

  /// Bytes of memory, about.
  var memory: Int { contents.reduce(64) { $0 + $1.count + 48 } }
}
