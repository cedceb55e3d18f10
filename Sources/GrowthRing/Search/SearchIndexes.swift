import StorageIO
import StoreEngine
import TextSearch

/// The indexes of all partitions of a store, and how they are asked.
package struct SearchIndexes: Sendable {
  private let partitions: [PartitionIndex]

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
    if wanted.count == 1 {
      // In one step, which is what searches of one user are.
      return try inRounds(options) { (limit) throws(StoreError) in
        let found = try partitions[wanted[0]].inStep(with: snapshot, fresh: fresh) {
          (index, tail, snapshot) throws(SearchFailure) in
          let statistics = try onIndex { () throws(SQLiteError) in try index.statistics(of: query) }
          return try Self.find(
            matcher, options, Ranking(statistics), limit, index, tail, snapshot)
        }
        return [found]
      }
    }
    let all = try ParallelMap.run(wanted) { (number) throws(StoreError) in
      try partitions[number].inStep(with: snapshot, fresh: fresh) { (index, _, _) throws(SearchFailure) in
        try onIndex { () throws(SQLiteError) in try index.statistics(of: query) }
      }
    }
    let ranking = Ranking(all.reduce(into: TextStatistics(leaves: query.leaves.count)) { $0.add($1) })
    return try inRounds(options) { (limit) throws(StoreError) in
      try ParallelMap.run(wanted) { (number) throws(StoreError) in
        try partitions[number].inStep(with: snapshot, fresh: fresh) { (index, tail, snapshot) throws(SearchFailure) in
          try Self.find(matcher, options, ranking, limit, index, tail, snapshot)
        }
      }
    }
  }

  /// What was found in one partition.
  private struct Found: Sendable {
    var matched = 0
    /// The best by rank, how many of them there were before filters took some away.
    var ranked = 0
    var hits: [(hit: TextHit, shown: SearchHit)] = []
  }

  /// Asks for more where filters took away so much that too little is left.
  private func inRounds(
    _ options: SearchOptions, _ find: (_ limit: Int) throws(StoreError) -> [Found]
  ) throws(StoreError) -> SearchResults {
    var limit = max(0, options.limit)
    while true {
      let found = try find(limit)
      let hits = found.flatMap(\.hits).sorted { TextHit.isBefore($0.hit, $1.hit) }
      let mayBeMore =
        options.hasFilters && limit > 0 && found.contains { $0.ranked == limit && $0.hits.count < options.limit }
      if !mayBeMore {
        return SearchResults(
          hits: hits.prefix(options.limit).map(\.shown), matched: found.reduce(0) { $0 + $1.matched })
      }
      limit *= 8
    }
  }

  private static func find(
    _ matcher: QueryMatcher, _ options: SearchOptions, _ ranking: Ranking, _ limit: Int, _ index: TextIndex,
    _ tail: UnitTail, _ snapshot: some UnitSource
  ) throws(SearchFailure) -> Found {
    let query = matcher.query
    var found = Found()
    var best = BestHits(limit: limit)
    var leaves: [Int] = []
    found.matched = try onIndex { () throws(SQLiteError) in
      try index.search(
        query, user: options.user, ranking, into: &best,
        isHidden: tail.isEmpty ? nil : { user, unit in tail.contains(user, unit) })
    }
    for (user, muid) in tail.units where options.user?.utf8.elementsEqual(user.utf8) ?? true {
      let unit = try onStore { () throws(StoreError) in try snapshot.unit(muid, of: user, content: true) }
      guard let unit, unit.isSearched else { continue }
      let places = matcher.occurrences(title: unit.title, content: unit.content)
      guard places.holds(query, &leaves) else { continue }
      found.matched += 1
      best.take(
        TextHit(
          user: user, unit: muid, version: unit.updatedAt.microseconds,
          score: ranking.score(leaves, size: places.sizes[0] + places.sizes[1]) { places.count($0, $1) }))
    }
    let ranked = best.best()
    found.ranked = ranked.count
    for hit in ranked where found.hits.count < options.limit {
      if let shown = try show(hit, matcher, options, snapshot) { found.hits.append((hit, shown)) }
    }
    return found
  }

  /// A hit as the store has it; nil where it is not wanted.
  private static func show(
    _ hit: TextHit, _ matcher: QueryMatcher, _ options: SearchOptions, _ snapshot: some UnitSource
  ) throws(SearchFailure) -> SearchHit? {
    if options.hasFilters {
      let unit = try onStore { () throws(StoreError) in try snapshot.unit(hit.unit, of: hit.user, content: false) }
      guard let unit else { throw .wrong }
      if !options.wants(unit) { return nil }
    }
    // The store has the last word: an index that says something else is made anew.
    let unit = try onStore { () throws(StoreError) in try snapshot.unit(hit.unit, of: hit.user, content: true) }
    guard var unit, unit.isSearched, unit.updatedAt.microseconds == hit.version else { throw .wrong }
    let places = matcher.occurrences(title: unit.title, content: unit.content)
    guard places.holds(matcher.query) else { throw .wrong }
    let title = Snippet(
      of: unit.title, places.highlights(.title, of: matcher.query), length: max(1, unit.title.utf8.count))
    let snippet = Snippet(
      of: unit.content, places.highlights(.content, of: matcher.query), length: max(1, options.snippetLength))
    unit.content = ""
    return SearchHit(unit: unit, score: hit.score, title: title, snippet: snippet)
  }

  // MARK: Substrings

  /// The units in whose title or content a text stands byte for byte, the newest first.
  func scan<S: UnitSource>(
    _ text: String, _ options: SearchOptions, in snapshot: S
  ) throws(StoreError) -> SearchResults {
    let wanted = options.user.map { [snapshot.partition(ofUser: $0)] } ?? Array(partitions.indices)
    let pattern = BytePattern(text)
    let found = try ParallelMap.run(wanted) { (number) throws(StoreError) in
      var found = Found()
      var best = BestHits(limit: options.limit)
      try snapshot.forEachUnit(partition: number, of: options.user, content: true) { unit in
        guard unit.isSearched, options.wants(unit), pattern.isIn(unit.title) || pattern.isIn(unit.content) else {
          return true
        }
        found.matched += 1
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
        found.hits.append((hit, SearchHit(unit: unit, score: 0, title: title, snippet: snippet)))
      }
      return found
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
      return try partitions[number].inStep(with: snapshot, fresh: fresh) { (index, _, _) throws(SearchFailure) in
        try onIndex { () throws(SQLiteError) in
          let state = try index.state()
          return state.rows - state.dead
        }
      }
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

  /// Brings the indexes that have files up to date, one after the other, while `goesOn`; returns how many versions of units they
  /// took in. It makes none: that is for the first search.
  func update<S: UnitSource>(
    from snapshot: () throws(StoreError) -> S, while goesOn: () -> Bool
  ) throws(StoreError) -> Int {
    var taken = 0
    for partition in partitions where partition.file?.exists ?? false {
      if !goesOn() { break }
      taken += try partition.update(with: try snapshot(), fresh: snapshot, while: goesOn)
    }
    return taken
  }

  /// Bytes of the files of the indexes.
  var bytes: Int { partitions.reduce(0) { $0 + ($1.file?.bytes ?? 0) } }
}
