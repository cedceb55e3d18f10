public import StoreEngine
@_exported public import TextSearch

/// Full-text search over memory units. Each search sees every unit that was acknowledged before it began, by this process or
/// another, and none that was deleted.
extension GrowthStore {
  /// The units that a query finds in title or content, the best first.
  ///
  /// Words are compared without case and diacritics; `"in quotes"` they must follow each other; `begin*` finds words that begin so;
  /// `AND`, `OR`, `NOT` and parentheses join; `title:` and `content:` restrict. Chinese, Japanese, Korean, Thai, Lao, Khmer and
  /// Burmese are found by any part of a text.
  ///
  /// - Throws: `invalidArgument` for a query that cannot be read, with the place in it.
  public func search(_ query: String, _ options: SearchOptions = SearchOptions()) async throws(StoreError)
    -> SearchResults
  {
    try checkOpen()
    let parsed = try Self.parsed(query)
    return try await readQueue.run { () throws(StoreError) in
      try self.searchIndexes.search(parsed, options, in: try self.searchSnapshot()) { () throws(StoreError) in
        try self.freshSearchSnapshot()
      }
    }
  }

  /// The units in whose title or content a text stands byte for byte, the newest first: a scan, without any index.
  public func searchSubstring(
    _ text: String, _ options: SearchOptions = SearchOptions()
  ) async throws(StoreError) -> SearchResults {
    try checkOpen()
    guard !text.isEmpty else { throw StoreError(.invalidArgument, "there is nothing to search for") }
    return try await readQueue.run { () throws(StoreError) in
      try self.searchIndexes.scan(text, options, in: try self.searchSnapshot())
    }
  }

  /// Brings the search indexes up to date, which every search does by itself, or makes them anew; returns the number of units in
  /// them.
  @discardableResult
  public func updateSearchIndex(anew: Bool = false) async throws(StoreError) -> Int {
    try checkOpen()
    return try await readQueue.run { () throws(StoreError) in
      try self.searchIndexes.build(anew: anew, from: try self.searchSnapshot()) { () throws(StoreError) in
        try self.freshSearchSnapshot()
      }
    }
  }

  /// Compares the search indexes with the units of the store, word by word.
  func verifySearchIndex() throws(StoreError) -> SearchVerifyReport {
    try searchIndexes.verify(in: try searchSnapshot()) { () throws(StoreError) in
      try self.freshSearchSnapshot()
    }
  }

  private func searchSnapshot() throws(StoreError) -> GrowthSnapshot {
    let (views, durable) = try engine.durableSnapshot()
    var snapshot = GrowthSnapshot(views: views, identity: engine.identity, model: model)
    snapshot.durableSequence = durable
    return snapshot
  }

  /// One that is at least as new as anything that another process has seen.
  private func freshSearchSnapshot() throws(StoreError) -> GrowthSnapshot {
    try engine.takeOverFiles()
    return try searchSnapshot()
  }

  private static func parsed(_ query: String) throws(StoreError) -> SearchQuery {
    do throws(SearchQueryError) {
      return try SearchQuery(query)
    } catch {
      throw StoreError(.invalidArgument, error.description)
    }
  }
}
