import Columnar

/// What a page of a segment holds, as far as a codec cares.
enum PageContent {
  /// Texts, and what else has repetitions in which a high level finds more.
  case texts
  /// Packed numbers: beside whole repetitions they have an entropy, and any level finds both.
  case numbers
  /// Numbers without repetitions. LZ4 finds nothing in them, Zstandard may still shorten them by their entropy.
  case random
  /// The same, where it has been tried.
  case noise

  /// What the next page of a column is, where this one was stored so.
  func next(after page: PageReference) -> PageContent {
    self == .random && page.codec == .none ? .noise : self
  }
}
