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
    defer { noteUseOfIndexes() }
    return try await readQueue.run { () throws(StoreError) in
      try self.searchIndexes.search(parsed, options, in: self.engine)
    }
  }

  /// The units in whose title or content a text stands byte for byte, the newest first: a scan, without any index.
  public func searchSubstring(
    _ text: String, _ options: SearchOptions = SearchOptions()
  ) async throws(StoreError) -> SearchResults {
    try checkOpen()
    guard !text.isEmpty else { throw StoreError(.invalidArgument, "there is nothing to search for") }
    return try await readQueue.run { () throws(StoreError) in
      try self.searchIndexes.scan(text, options, in: self.engine)
    }
  }

  /// Brings the search indexes up to date, which every search does by itself, or makes them anew; returns the number of units in
  /// them. A store at rest, and `maintain`, also make them smaller and quicker to search.
  @discardableResult
  public func updateSearchIndex(anew: Bool = false) async throws(StoreError) -> Int {
    try checkOpen()
    defer { noteUseOfIndexes() }
    return try await readQueue.run { () throws(StoreError) in
      try self.searchIndexes.build(anew: anew, from: self.engine)
    }
  }

  /// What was written to them is tidied when the store rests. Who only reads does so when he closes.
  private func noteUseOfIndexes() {
    if options.compactsInBackground, options.access == .readWrite { indexFiller.noteUse() }
  }

  /// Compares the search indexes with the units of the store, word by word.
  func verifySearchIndex() throws(StoreError) -> SearchVerifyReport {
    try searchIndexes.verify(in: engine)
  }

  private static func parsed(_ query: String) throws(StoreError) -> SearchQuery {
    do throws(SearchQueryError) {
      return try SearchQuery(query)
    } catch {
      throw StoreError(.invalidArgument, error.description)
    }
  }
}
