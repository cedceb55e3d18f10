import ArgumentParser
import GrowthRing

struct SearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Memory units that hold words or phrases, the best first.",
    discussion: """
      EXAMPLES
        growthring search rust async --user ada
        growthring search '"borrow checker" OR lifetime*' --limit 5
        growthring search 'title:release NOT beta' --source-type blog --since 2024-01-01
        growthring search deadlock --where "metadata.tags contains 'postmortem'"
        growthring search --substring 'git rebase -i' --json
        growthring search --rebuild

      Words are found without regard to case and diacritics. "In quotes" they follow each other, begin* finds what begins so, AND,
      OR, NOT and parentheses join, title: and content: restrict. Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese are
      found by any part of a text. --substring finds bytes as they are, by a scan, the newest units first.
      In JSON, highlights are ranges of bytes of UTF-8.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: "What to search for. Several arguments are words of one query.")
  var query: [String] = []

  @Flag(help: "Look for the text byte for byte, in all units.")
  var substring = false

  @Flag(name: .customLong("title"), help: "Only in titles.")
  var titleOnly = false

  @Flag(name: .customLong("content"), help: "Only in contents.")
  var contentOnly = false

  @Option(help: "Only units of this user.")
  var user: String?

  @Option(help: "Only units of this source type. May be given several times.")
  var sourceType: [String] = []

  @Option(help: "Only units of this content type. May be given several times.")
  var contentType: [String] = []

  @Option(help: "Only units in this state, such as active. May be given several times.")
  var status: [String] = []

  @OptionGroup var metadata: WhereArguments

  @OptionGroup(title: "Time of creation") var times: TimeRangeArguments

  @Option(help: "How many units.")
  var limit = 20

  @Option(help: ArgumentHelp("How much of a content is shown, about.", valueName: "bytes"))
  var snippet = 200

  @OptionGroup var rows: RowArguments

  @Flag(help: "Make the search index anew first. It is derived, and never has to be made by hand.")
  var rebuild = false

  func validate() throws {
    if query.isEmpty, !rebuild { throw ValidationError("Say what to search for.") }
    if limit < 0 { throw ValidationError("--limit must not be negative.") }
    if snippet < 1 { throw ValidationError("--snippet must be positive.") }
    if titleOnly, contentOnly { throw ValidationError("Give --title or --content; without them both are searched.") }
    if substring, titleOnly || contentOnly { throw ValidationError("--substring looks in titles and contents.") }
  }

  func run() async throws {
    let sink = OutputSink()
    let options = try options()
    try await store.read { store in
      if rebuild {
        let count = try await store.updateSearchIndex(anew: true)
        Console.error("The search index was made anew from \(NumberText.counted(count, "unit")).")
        if query.isEmpty { return }
      }
      let text = query.joined(separator: " ")
      let results: SearchResults
      if substring {
        results = try await store.searchSubstring(text, options)
      } else {
        results = try await store.search(try restricted(text), options)
      }
      try write(results.hits, to: sink)
      if rows.rowFormat != .table { return }
      if results.hits.isEmpty, limit > 0 || results.matched == 0 {
        Console.error("Nothing was found.")
      } else if options.hasFilters, !substring {
        // What the conditions take away of the rest was not looked at.
        if results.hits.count == limit, results.matched > limit { Console.error("\(limit) shown; there may be more.") }
      } else if results.matched > results.hits.count {
        Console.error("\(NumberText.counted(results.matched, "unit")) found, \(results.hits.count) shown.")
      }
    }
  }

  /// The query in one field, where only that is wanted. It has to be a query by itself, so that none of its parentheses ends
  /// those around it.
  private func restricted(_ text: String) throws -> String {
    guard titleOnly || contentOnly else { return text }
    do throws(SearchQueryError) {
      _ = try SearchQuery(text)
    } catch {
      throw CommandFailure("\(error)", status: .wrongUsage)
    }
    return titleOnly ? "title:(\(text))" : "content:(\(text))"
  }

  private func options() throws -> SearchOptions {
    let range = try times.range()
    var options = SearchOptions(user: user, limit: limit)
    options.sourceTypes = sourceType.isEmpty ? nil : sourceType
    options.contentTypes = contentType.isEmpty ? nil : contentType
    options.statuses = status.isEmpty ? nil : status
    options.metadata = metadata.condition
    options.from = range.from
    options.to = range.to
    options.snippetLength = snippet
    return options
  }

  private func write(_ hits: [SearchHit], to sink: OutputSink) throws {
    if rows.rowFormat == .csv {
      var writer = rows.writer(Self.columns.map { RowWriter.Column($0, nil) }, to: sink)
      for hit in hits { try write(hit, &writer) }
      return try writer.finish()
    }
    for (index, hit) in hits.enumerated() {
      if rows.rowFormat == .json { write(hit, to: sink) } else { write(hit, number: index + 1, to: sink) }
      try sink.drain()
    }
    try sink.flush()
  }

  private static let columns = [
    "user_id", "muid", "score", "title", "snippet", "source_type", "content_type", "status", "created_at", "updated_at",
  ]

  private func write(_ hit: SearchHit, _ writer: inout RowWriter) throws {
    writer.put(text: hit.unit.user)
    writer.put(text: hit.unit.muid)
    writer.put(text: NumberText.fixed(hit.score, 6))
    for text in [hit.unit.title, hit.snippet.text, hit.unit.sourceType, hit.unit.contentType, hit.unit.status] {
      writer.put(text: text)
    }
    writer.put(time: hit.unit.createdAt)
    writer.put(time: hit.unit.updatedAt)
    try writer.endRow()
  }

  private func write(_ hit: SearchHit, to sink: OutputSink) {
    var object = JSONObject()
    object.put("user_id", hit.unit.user)
    object.put("muid", hit.unit.muid)
    object.put("score", measured: hit.score, digits: 6)
    object.put("title", hit.unit.title)
    object.put("title_highlights", hit.title.highlights)
    object.put("snippet", hit.snippet.text)
    object.put("snippet_highlights", hit.snippet.highlights)
    object.put("source_type", hit.unit.sourceType)
    object.put("content_type", hit.unit.contentType)
    object.put("status", hit.unit.status)
    for (name, value) in [("created_at", hit.unit.createdAt), ("updated_at", hit.unit.updatedAt)] {
      switch rows.time {
      case .iso: object.put(name, rows.time.text(value))
      case .us: object.put(name, value.microseconds)
      }
    }
    sink.buffer.append(contentsOf: object.line)
  }

  private func write(_ hit: SearchHit, number: Int, to sink: OutputSink) {
    let title = hit.unit.title.isEmpty ? hit.unit.muid : marked(hit.title)
    let about = [hit.unit.user, hit.unit.muid, rows.time.shortText(hit.unit.createdAt)].map(TableText.printable)
    sink.buffer.append("\(number). \(title)\n   \(about.joined(separator: "  "))\n")
    if !hit.snippet.text.isEmpty { sink.buffer.append("   \(marked(hit.snippet))\n") }
  }

  /// On one line, with what was found in bold on a terminal.
  private func marked(_ snippet: Snippet) -> String {
    let (before, after) = Console.outputIsTerminal ? ("\u{1}", "\u{2}") : ("[", "]")
    var text = ""
    var isSpace = false
    // White space of all kinds becomes one space; the signs of marks are not white space.
    for character in snippet.marked(before, after) {
      if character.isWhitespace {
        isSpace = true
        continue
      }
      if isSpace, !text.isEmpty { text += " " }
      isSpace = false
      switch character {
      case "\u{1}": text += "\u{1B}[1m"
      case "\u{2}": text += "\u{1B}[0m"
      default: text += TableText.printable(String(character))
      }
    }
    return text
  }
}
