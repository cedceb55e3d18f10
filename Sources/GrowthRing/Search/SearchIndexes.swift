import StorageIO
import StoreEngine
import Synchronization
import TextSearch

/// The indexes of all partitions of a store, and how they are asked.
package struct SearchIndexes: Sendable {
  private let partitions: [PartitionIndex]
  /// What of a partition is kept of a query, in bytes of memory, while others are asked; what is more is asked for twice.
  var matchBytes = TextMatches.usualBytes

  /// In the folder of the store; on another disk than that of the machine, which SQLite knows nothing of, in memory.
  init(_ identity: StoreIdentity, layout: StoreLayout, disk: any Disk) {
    let store = StoreLayout.hex(identity.hashSeed, digits: 16) + " " + identity.createdAt.description
    let isOnDisk = disk is POSIXDisk
    partitions = (0..<identity.partitions).map { number in
      let file = isOnDisk ? IndexFile(folder: layout.searchFolder, partition: number, disk: disk) : nil
      return PartitionIndex(partition: number, file: file, store: store)
    }
  }

  /// The units that a query finds, ranked by statistics of all that is searched.
  func search<S: UnitSource>(
    _ query: SearchQuery, _ options: SearchOptions, in snapshot: S, fresh: @Sendable () throws(StoreError) -> S
  ) throws(StoreError) -> SearchResults {
    let wanted = options.user.map { [snapshot.partition(ofUser: $0)] } ?? Array(partitions.indices)
    let matcher = QueryMatcher(query)
    // An index that says what the store does not is made anew, and asked once more; another process may have had it meanwhile.
    for _ in 0..<3 {
      if let results = try searched(matcher, options, wanted, in: snapshot, fresh: fresh) { return results }
    }
    throw StoreError(.io, "the search indexes do not agree with the store")
  }

  /// Nil where an index was wrong.
  private func searched<S: UnitSource>(
    _ matcher: QueryMatcher, _ options: SearchOptions, _ wanted: [Int], in snapshot: S,
    fresh: @Sendable () throws(StoreError) -> S
  ) throws(StoreError) -> SearchResults? {
    let answers = try ParallelMap.run(wanted) { [matchBytes] (number) throws(StoreError) in
      try partitions[number].inStep(with: snapshot, fresh: fresh) { (index, tail, snapshot) throws(SearchFailure) in
        try Self.ask(matcher, options.user, matchBytes, index, tail, snapshot)
      }
    }
    var statistics = TextStatistics(leaves: matcher.query.leaves.count)
    for answer in answers { statistics.add(answer.statistics) }
    let ranking = Ranking(statistics)
    var limit = max(0, options.limit)
    while true {
      let found = try ParallelMap.run(Array(wanted.indices)) { [limit] (place) throws(StoreError) in
        if let found = answers[place].ranked(ranking, limit) { return found }
        // More than it was worth to keep is looked at once more.
        return try partitions[wanted[place]].inStep(with: snapshot, fresh: fresh) {
          (index, tail, snapshot) throws(SearchFailure) in
          try Self.find(matcher, options.user, ranking, limit, index, tail, snapshot)
        }
      }
      switch try show(found, matcher, options, limit) {
      case .all(let hits): return SearchResults(hits: hits, matched: found.reduce(0) { $0 + $1.matched })
      // Filters took away so much that too little is left.
      case .tooFew: limit *= 8
      case .wrong(let place):
        try partitions[wanted[place]].empty()
        return nil
      }
    }
  }

  /// What was found in one partition.
  private struct Found<S: UnitSource>: Sendable {
    var matched = 0
    /// The best, at most as many as were asked for.
    var ranked: [TextHit] = []
    /// The store as it was searched.
    let snapshot: S
  }

  /// What one partition says, before it is known what the others do.
  private struct Answer<S: UnitSource>: Sendable {
    let statistics: TextStatistics
    /// Nil where they are too many to be kept.
    let matches: TextMatches?
    let snapshot: S

    func ranked(_ ranking: Ranking, _ limit: Int) -> Found<S>? {
      guard let matches else { return nil }
      var best = BestHits(limit: limit)
      matches.rank(ranking, into: &best)
      return Found(matched: matches.count, ranked: best.best(), snapshot: snapshot)
    }
  }

  private static func ask<S: UnitSource>(
    _ matcher: QueryMatcher, _ user: String?, _ matchBytes: Int, _ index: TextIndex, _ tail: UnitTail, _ snapshot: S
  ) throws(SearchFailure) -> Answer<S> {
    var (matches, statistics) = try onIndex { () throws(SQLiteError) in
      try index.matches(
        of: matcher.query, user: user, most: matchBytes,
        isHidden: tail.isEmpty ? nil : { user, unit in tail.contains(user, unit) })
    }
    if matches != nil {
      try forEachOfTail(tail, matcher, user, snapshot) { unit, places, _ in
        matches?.add(places, unit: unit.muid, of: unit.user, version: unit.updatedAt.microseconds)
      }
    }
    return Answer(statistics: statistics, matches: matches, snapshot: snapshot)
  }

  private static func find<S: UnitSource>(
    _ matcher: QueryMatcher, _ user: String?, _ ranking: Ranking, _ limit: Int, _ index: TextIndex, _ tail: UnitTail,
    _ snapshot: S
  ) throws(SearchFailure) -> Found<S> {
    var found = Found(snapshot: snapshot)
    var best = BestHits(limit: limit)
    found.matched = try onIndex { () throws(SQLiteError) in
      try index.search(
        matcher.query, user: user, ranking, into: &best,
        isHidden: tail.isEmpty ? nil : { user, unit in tail.contains(user, unit) })
    }
    try forEachOfTail(tail, matcher, user, snapshot) { unit, places, leaves in
      found.matched += 1
      best.take(
        TextHit(
          user: unit.user, unit: unit.muid, version: unit.updatedAt.microseconds,
          score: ranking.score(leaves, size: places.sizes[0] + places.sizes[1]) { places.count($0, $1) }))
    }
    found.ranked = best.best()
    return found
  }

  /// Calls `body` with the units of the tail that a query finds, of one user or of all, with where it stands in them and the
  /// leaves that count for the rank.
  private static func forEachOfTail(
    _ tail: UnitTail, _ matcher: QueryMatcher, _ user: String?, _ snapshot: some UnitSource,
    _ body: (_ unit: MemoryUnit, _ places: QueryOccurrences, _ leaves: [Int]) -> Void
  ) throws(SearchFailure) {
    var leaves: [Int] = []
    for (owner, muid) in tail.units where user?.utf8.elementsEqual(owner.utf8) ?? true {
      let unit = try onStore { () throws(StoreError) in try snapshot.unit(muid, of: owner, content: true) }
      guard let unit, unit.isSearched else { continue }
      let places = matcher.occurrences(title: unit.title, content: unit.content)
      if places.holds(matcher.query, &leaves) { body(unit, places, leaves) }
    }
  }

  private enum Shown {
    case all([SearchHit])
    case tooFew
    /// What was found at that place is not what the store has.
    case wrong(Int)
  }

  /// The best of all that was found, as far as they are wanted.
  private func show<S: UnitSource>(
    _ found: [Found<S>], _ matcher: QueryMatcher, _ options: SearchOptions, _ limit: Int
  ) throws(StoreError) -> Shown {
    let ranked = found.indices.flatMap { place in found[place].ranked.map { (hit: $0, place: place) } }
      .sorted { TextHit.isBefore($0.hit, $1.hit) }
    // Where a list was cut there may be more behind its last.
    let lasts = found.compactMap { limit > 0 && $0.ranked.count == limit ? $0.ranked.last : nil }
    let horizon = options.hasFilters ? lasts.min(by: TextHit.isBefore) : nil
    var shown: [SearchHit] = []
    for (hit, place) in ranked {
      if shown.count == options.limit { break }
      if let horizon, TextHit.isBefore(horizon, hit) { return .tooFew }
      switch try Self.show(hit, matcher, options, found[place].snapshot) {
      case .hit(let hit): shown.append(hit)
      case .unwanted: continue
      case .wrong: return .wrong(place)
      }
    }
    return horizon != nil && shown.count < options.limit ? .tooFew : .all(shown)
  }

  private enum Look {
    case hit(SearchHit)
    case unwanted
    case wrong
  }

  /// A hit as the store has it, which has the last word.
  private static func show(
    _ hit: TextHit, _ matcher: QueryMatcher, _ options: SearchOptions, _ snapshot: some UnitSource
  ) throws(StoreError) -> Look {
    if options.hasFilters {
      guard let unit = try snapshot.unit(hit.unit, of: hit.user, content: false) else { return .wrong }
      if !options.wants(unit) { return .unwanted }
    }
    guard var unit = try snapshot.unit(hit.unit, of: hit.user, content: true), unit.isSearched,
      unit.updatedAt.microseconds == hit.version
    else { return .wrong }
    let places = matcher.occurrences(title: unit.title, content: unit.content)
    guard places.holds(matcher.query) else { return .wrong }
    let title = Snippet(
      of: unit.title, places.highlights(.title, of: matcher.query), length: max(1, unit.title.utf8.count))
    let snippet = Snippet(
      of: unit.content, places.highlights(.content, of: matcher.query), length: max(1, options.snippetLength))
    unit.content = ""
    return .hit(SearchHit(unit: unit, score: hit.score, title: title, snippet: snippet))
  }

  // MARK: Substrings

  /// The units in whose title or content a text stands byte for byte, the newest first.
  func scan<S: UnitSource>(
    _ text: String, _ options: SearchOptions, in snapshot: S
  ) throws(StoreError) -> SearchResults {
    let wanted = options.user.map { [snapshot.partition(ofUser: $0)] } ?? Array(partitions.indices)
    let pattern = BytePattern(text)
    let found = try ParallelMap.run(wanted) { (number) throws(StoreError) in
      var matched = 0
      var hits: [(hit: TextHit, shown: SearchHit)] = []
      var best = BestHits(limit: options.limit)
      try snapshot.forEachUnit(partition: number, of: options.user, containing: pattern) { unit in
        guard unit.isSearched, options.wants(unit) else { return true }
        matched += 1
        best.take(TextHit(user: unit.user, unit: unit.muid, version: unit.updatedAt.microseconds, score: 0))
        return true
      }
      for hit in best.best() {
        guard var unit = try snapshot.unit(hit.unit, of: hit.user, content: true) else { continue }
        let title = Snippet(
          of: unit.title, pattern.places(in: unit.title).map { (0, $0) }, length: max(1, unit.title.utf8.count))
        let snippet = Snippet(
          of: unit.content, pattern.places(in: unit.content).map { (0, $0) }, length: max(1, options.snippetLength))
        unit.content = ""
        hits.append((hit, SearchHit(unit: unit, score: 0, title: title, snippet: snippet)))
      }
      return (matched: matched, hits: hits)
    }
    let hits = found.flatMap(\.hits).sorted { TextHit.isBefore($0.hit, $1.hit) }
    return SearchResults(
      hits: hits.prefix(max(0, options.limit)).map(\.shown), matched: found.reduce(0) { $0 + $1.matched })
  }

  // MARK: Keeping

  /// Fills the indexes up to the snapshot, from nothing where `anew`; returns the texts in them.
  func build<S: UnitSource>(
    anew: Bool, from snapshot: S, fresh: @Sendable () throws(StoreError) -> S
  ) throws(StoreError) -> Int {
    let rows = try ParallelMap.run(Array(partitions.indices)) { (number) throws(StoreError) in
      if anew { try partitions[number].empty() }
      let rows = try partitions[number].inStep(with: snapshot, fresh: fresh) { (index, _, _) throws(SearchFailure) in
        try onIndex { () throws(SQLiteError) in
          let state = try index.state()
          return state.rows - state.dead
        }
      }
      if anew { partitions[number].tidy { true } }
      return rows
    }
    return rows.reduce(0, +)
  }

  /// Compares the indexes with the store, token by token; of partitions whose index has no file yet there is nothing to compare.
  func verify<S: UnitSource>(
    in snapshot: S, fresh: @Sendable () throws(StoreError) -> S
  ) throws(StoreError) -> SearchVerifyReport {
    let reports = try ParallelMap.run(partitions.filter(\.exists)) { (partition) throws(StoreError) in
      try partition.verify(in: snapshot, fresh: fresh)
    }
    return reports.reduce(into: SearchVerifyReport()) { $0.add($1) }
  }

  /// Gives up the files, which are opened again where somebody asks.
  func close() { for partition in partitions { partition.close() } }

  /// Whether there were ever files of indexes; without a look into any.
  var areUsed: Bool { partitions.first?.file?.hasFolder ?? false }

  /// Whether this process has written to indexes that nobody has tidied since.
  var areUntidy: Bool { partitions.contains { $0.isUntidy.load(ordering: .relaxed) } }

  /// Brings the indexes that have files up to date and tidies them, one after the other, while `goesOn`; returns how many
  /// versions of units they took in. It makes none: that is for the first search.
  ///
  /// - Parameter tidiesAll: also those that other processes wrote.
  func update<S: UnitSource>(
    from snapshot: () throws(StoreError) -> S, tidiesAll: Bool, while goesOn: () -> Bool
  ) throws(StoreError) -> Int {
    var taken = 0
    for partition in partitions where partition.file?.exists ?? false {
      if !goesOn() { break }
      taken += try partition.update(with: try snapshot(), fresh: snapshot, while: goesOn)
      if tidiesAll || partition.isUntidy.load(ordering: .relaxed) { partition.tidy(while: goesOn) }
    }
    return taken
  }

  /// Bytes of the files of the indexes.
  var bytes: Int { partitions.reduce(0) { $0 + ($1.file?.bytes ?? 0) } }
}
