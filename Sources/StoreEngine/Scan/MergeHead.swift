import Columnar

/// A text of a key in a form that is compared without touching memory elsewhere: its first 24 bytes, and its length.
struct KeyText {
  var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
  var length: UInt32 = 0

  static let exactLength = 24

  init() {}

  /// Of all strings of a dictionary.
  static func all(_ dictionary: ByteStringDictionary) -> [KeyText] {
    var texts: [KeyText] = []
    texts.reserveCapacity(dictionary.count)
    var start = 0
    for end in dictionary.ends {
      let end = Int(end)
      var text = KeyText()
      text.length = UInt32(end - start)
      text.words = (
        dictionary.word(start, end), dictionary.word(start + 8, end), dictionary.word(start + 16, end)
      )
      texts.append(text)
      start = end
    }
    return texts
  }

  /// The order of two texts; nil where they agree so far and are longer than what is kept here.
  @inline(__always)
  static func compare(_ a: KeyText, _ b: KeyText) -> Int? {
    if a.words.0 != b.words.0 { return a.words.0 < b.words.0 ? -1 : 1 }
    if a.words.1 != b.words.1 { return a.words.1 < b.words.1 ? -1 : 1 }
    if a.words.2 != b.words.2 { return a.words.2 < b.words.2 ? -1 : 1 }
    if a.length <= UInt32(exactLength) || b.length <= UInt32(exactLength) { return Int(a.length) - Int(b.length) }
    return nil
  }
}

/// One source of a merge with its current chunk.
///
/// A *series* is a stretch of rows of one key (user, entity, entity type, dimension). Heads are compared once per series,
/// not once per row; `equalsNext` remembers that the next head in order stands at the same series.
final class MergeHead {
  /// Rows of the chunk that were given to the output: from where, to where, how many.
  struct Run {
    var row: Int
    var place: Int
    var count: Int
  }

  private let source: any SortedSource
  private(set) var batch = EventBatch()
  private(set) var position = 0
  /// The end of the current series within the chunk.
  private(set) var seriesEnd = 0
  var equalsNext = false
  var runs: [Run] = []
  var recoder = BatchRecoder()
  private var seriesEnds: [Int] = []
  private var series = 0
  private var texts: [[KeyText]] = [[], [], [], []]
  private var current: (KeyText, KeyText, KeyText, KeyText) = (KeyText(), KeyText(), KeyText(), KeyText())

  init(_ source: any SortedSource) { self.source = source }

  var isChunkDone: Bool { position == batch.count }
  var isSeriesDone: Bool { position == seriesEnd }

  /// Takes the next chunk; false at the end of the source. Runs of the old chunk must have been settled.
  func load() throws(StoreError) -> Bool {
    assert(runs.isEmpty, "rows of the old chunk would be lost")
    guard let chunk = try source.next() else { return false }
    batch = chunk
    position = 0
    series = -1
    seriesEnd = 0
    findSeries()
    if !source.keepsTexts {
      recoder = BatchRecoder()
      texts = TextColumn.key.map { KeyText.all(chunk.dictionary($0)) }
    }
    beginSeries()
    return true
  }

  /// Moves to the next series of the chunk.
  func beginSeries() {
    series += 1
    seriesEnd = seriesEnds[series]
    current = (
      texts[0][Int(batch.user[position])], texts[1][Int(batch.entity[position])],
      texts[2][Int(batch.entityType[position])], texts[3][Int(batch.dimension[position])]
    )
  }

  /// Gives `count` rows of the series to the output, from its row `place` on.
  func take(_ count: Int, to place: Int) {
    if let last = runs.last, last.row + last.count == position, last.place + last.count == place {
      runs[runs.count - 1].count += count
    } else {
      runs.append(Run(row: position, place: place, count: count))
    }
    position += count
  }

  private func findSeries() {
    let (user, entity, type, dimension) = (batch.user, batch.entity, batch.entityType, batch.dimension)
    seriesEnds.removeAll(keepingCapacity: true)
    for row in 1..<max(1, user.count)
    where user[row] != user[row - 1] || entity[row] != entity[row - 1] || type[row] != type[row - 1]
      || dimension[row] != dimension[row - 1]
    {
      seriesEnds.append(row)
    }
    seriesEnds.append(user.count)
  }

  /// The order of the series at which two heads stand.
  static func compareSeries(_ a: MergeHead, _ b: MergeHead) -> Int {
    let user = KeyText.compare(a.current.0, b.current.0) ?? compareText(a, b, .user)
    if user != 0 { return user }
    let entity = KeyText.compare(a.current.1, b.current.1) ?? compareText(a, b, .entity)
    if entity != 0 { return entity }
    let type = KeyText.compare(a.current.2, b.current.2) ?? compareText(a, b, .entityType)
    if type != 0 { return type }
    return KeyText.compare(a.current.3, b.current.3) ?? compareText(a, b, .dimension)
  }

  private static func compareText(_ a: MergeHead, _ b: MergeHead, _ column: TextColumn) -> Int {
    ByteStringDictionary.compare(
      a.batch.codes(column)[a.position], of: a.batch.dictionary(column),
      b.batch.codes(column)[b.position], of: b.batch.dictionary(column))
  }

  /// Whether row `row` of one head comes before the current row of another at the same series.
  static func precedes(_ a: MergeHead, _ row: Int, _ b: MergeHead) -> Bool {
    let (timeA, timeB) = (a.batch.createdAt[row], b.batch.createdAt[b.position])
    if timeA != timeB { return timeA < timeB }
    let (highA, highB) = (a.batch.eventIDHigh[row], b.batch.eventIDHigh[b.position])
    return highA != highB ? highA < highB : a.batch.eventIDLow[row] < b.batch.eventIDLow[b.position]
  }
}
