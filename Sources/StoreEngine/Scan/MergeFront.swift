import Columnar

/// Where several sorted sources stand, in the order of the series at which they do, and the merge itself.
///
/// While one alone stands at the smallest series, all of it is taken at once; heads at the same series are merged by created_at
/// and id. Texts are compared by their first bytes, once per series.
struct MergeFront {
  private let sources: [any SortedSource]
  private var heads: [MergeHead]
  private var rows: MergeRows
  /// Sources that were not asked yet.
  private var waiting: Int
  /// The numbers of the heads by their series.
  private var order: [Int] = []
  /// Places that were taken and are not in the output yet.
  private var picks: [UInt32] = []
  private var output = EventBatch()
  /// So many rows are taken before their texts are looked at.
  private var stride = Int.max
  private var metadataLimit = Int.max
  /// What the last chunk took, so that the next one need not grow.
  private var room = EventBatch.Room()

  init(_ sources: [any SortedSource]) {
    self.sources = sources
    heads = [MergeHead](repeating: MergeHead(), count: sources.count)
    rows = MergeRows(sources: sources.count)
    waiting = sources.count
  }

  /// Fills `chunk`, in whose memory something may have been before, with at most `limit` rows. It ends where its distinct
  /// metadata have outgrown `metadataLimit` bytes, and its texts are numbered by first appearance. False at the end.
  mutating func next(
    into chunk: inout EventBatch, limit: Int, metadataLimit: Int
  ) throws(StoreError) -> Bool {
    self.metadataLimit = metadataLimit
    while waiting > 0 {
      waiting -= 1
      if try load(waiting) { insert(waiting, from: 0) }
    }
    swap(&output, &chunk)
    output.removeAll(keepingCapacity: true)
    output.reserve(room)
    rows.beginOutput()
    while output.count + picks.count < limit, output.metadatas.arena.count <= metadataLimit, let first = order.first {
      let done: Int?
      if heads[first].equalsNext {
        done = mergeSeries(limit - output.count)
      } else {
        let left = heads[first].seriesEnd - heads[first].position
        take(min(left, limit - output.count - picks.count), of: first)
        done = heads[first].isSeriesDone ? 0 : nil
      }
      if let done { try advance(done) }
      if picks.count >= stride { settle() }
    }
    settle()
    output.measure(&room)
    swap(&output, &chunk)
    return !chunk.isEmpty
  }

  /// Carries the rows that were taken into the output.
  private mutating func settle() {
    guard !picks.isEmpty else { return }
    rows.append(picks, to: &output)
    picks.removeAll(keepingCapacity: true)
  }

  @inline(__always)
  private mutating func take(_ count: Int, of number: Int) {
    let from = heads[number].position
    for place in from..<from + count { picks.append(UInt32(truncatingIfNeeded: place)) }
    heads[number].position = from + count
  }

  /// Merges the heads that stand at the smallest series until one of them has left it, or there are `limit` picks or enough to
  /// settle; the place in order of the head that has left.
  private mutating func mergeSeries(_ limit: Int) -> Int? {
    var count = 1
    while heads[order[count - 1]].equalsNext { count += 1 }
    while picks.count < limit, picks.count < stride {
      var winner = 0
      for index in 1..<count where precedes(heads[order[index]].position, heads[order[winner]].position) {
        winner = index
      }
      // The rows of the winner that come before all other heads: compare with the best of the others only.
      var second = winner == 0 ? 1 : 0
      for index in 0..<count
      where index != winner && precedes(heads[order[index]].position, heads[order[second]].position) { second = index }
      let head = heads[order[winner]]
      let other = heads[order[second]].position
      let last = min(head.seriesEnd, head.position + limit - picks.count)
      var end = head.position + 1
      while end < last, precedes(end, other) { end += 1 }
      take(end - head.position, of: order[winner])
      if end == head.seriesEnd { return winner }
    }
    return nil
  }

  /// Whether the row at one place comes before that at another, which is of the same series.
  private func precedes(_ a: Int, _ b: Int) -> Bool {
    let (timeA, timeB) = (rows.createdAt[a], rows.createdAt[b])
    if timeA != timeB { return timeA < timeB }
    let (highA, highB) = (rows.eventIDHigh[a], rows.eventIDHigh[b])
    return highA != highB ? highA < highB : rows.eventIDLow[a] < rows.eventIDLow[b]
  }

  // MARK: Order

  /// Moves a head whose series is done to its next one, and to its place among the heads.
  private mutating func advance(_ index: Int) throws(StoreError) {
    let number = order[index]
    if heads[number].isChunkDone {
      settle()
      guard try load(number) else {
        remove(index)
        return
      }
    } else {
      beginSeries(number, isFirst: false)
      // Most often it is still the first, or follows the second.
      if index == 0 {
        if order.count == 1 { return }
        if !heads[number].equalsNext, compareSeries(number, order[1]) < 0 { return }
      }
    }
    remove(index)
    insert(number, from: index)
  }

  /// Takes the next chunk of a source; false at its end. What its metadata are long decides how often texts are looked at, so
  /// that a chunk outgrows its limit by a quarter only.
  private mutating func load(_ number: Int) throws(StoreError) -> Bool {
    assert(picks.isEmpty, "rows of the old chunk would be lost")
    guard let chunk = try sources[number].next() else {
      rows.end(number)
      return false
    }
    let length = chunk.metadatas.arena.count / max(1, chunk.metadatas.count) + 1
    stride = min(stride, max(256, metadataLimit / 4 / length))
    let places = rows.take(chunk, of: number, keepsTexts: sources[number].keepsTexts)
    heads[number].position = places.lowerBound
    heads[number].chunkEnd = places.upperBound
    heads[number].nextSeries = places.lowerBound
    beginSeries(number, isFirst: true)
    return true
  }

  /// Moves to the next series of the chunk.
  private mutating func beginSeries(_ number: Int, isFirst: Bool) {
    let place = heads[number].position
    let series = rows.series[heads[number].nextSeries]
    heads[number].nextSeries += 1
    heads[number].seriesEnd = series.end
    heads[number].entity = series.entity
    heads[number].entityType = rows.typeKeys[Int(rows.entityType[place])]
    heads[number].dimension = rows.dimensionKeys[Int(rows.dimension[place])]
    if isFirst || rows.user[place] != rows.user[place - 1] {
      heads[number].user = rows.userKeys[Int(rows.user[place])]
    }
  }

  /// The order of the series at which two heads stand.
  ///
  /// Changes nothing, and says that it might: else whoever calls it hands it a copy of all this, with a reference more for every
  /// array. For the same reason no `??`, `&&` or `||` stands before a call here.
  private mutating func compareSeries(_ a: Int, _ b: Int) -> Int {
    guard let user = KeyText.compare(heads[a].user, heads[b].user) else { return compareTexts(a, b) }
    if user != 0 { return user }
    guard let entity = KeyText.compare(heads[a].entity, heads[b].entity) else { return compareTexts(a, b) }
    if entity != 0 { return entity }
    guard let type = KeyText.compare(heads[a].entityType, heads[b].entityType) else { return compareTexts(a, b) }
    if type != 0 { return type }
    guard let dimension = KeyText.compare(heads[a].dimension, heads[b].dimension) else { return compareTexts(a, b) }
    return dimension
  }

  /// The same by the texts where they lie.
  @inline(never)
  private mutating func compareTexts(_ a: Int, _ b: Int) -> Int {
    for column in TextColumn.key {
      let order = rows.compareText(column, heads[a].position, heads[b].position)
      if order != 0 { return order }
    }
    return 0
  }

  private mutating func remove(_ index: Int) {
    let number = order.remove(at: index)
    // What equals this head equals what this head equals.
    if index > 0, heads[order[index - 1]].equalsNext { heads[order[index - 1]].equalsNext = heads[number].equalsNext }
    heads[number].equalsNext = false
  }

  /// Inserts a head whose series is not smaller than those of the heads before `start`.
  private mutating func insert(_ number: Int, from start: Int) {
    var lower = start
    var upper = order.count
    var equalsBefore = false
    if start > 0 { equalsBefore = compareSeries(order[start - 1], number) == 0 }
    while lower < upper {
      let middle = (lower + upper) / 2
      let compared = compareSeries(order[middle], number)
      if compared <= 0 {
        lower = middle + 1
        equalsBefore = compared == 0
      } else {
        upper = middle
      }
    }
    order.insert(number, at: lower)
    heads[number].equalsNext = false
    if lower > 0 { heads[order[lower - 1]].equalsNext = equalsBefore }
  }
}
