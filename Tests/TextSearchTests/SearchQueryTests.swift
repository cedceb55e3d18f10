import Testing
import TextSearch

@Suite struct SearchQueryTests {
  /// The query as it was understood.
  private func text(_ query: String) throws -> String {
    let query = try SearchQuery(query)
    func leaf(_ number: Int) -> String {
      let leaf = query.leaves[number]
      let tokens = leaf.tokens.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "+")
      return (leaf.field.map { $0.name + ":" } ?? "") + tokens + (leaf.isPrefix ? "*" : "")
    }
    func text(of node: SearchQuery.Node) -> String {
      switch node {
      case .leaf(let number): leaf(number)
      case .any(let nodes): "(" + nodes.map { text(of: $0) }.joined(separator: " | ") + ")"
      case .all(let nodes, let others):
        "(" + nodes.map { text(of: $0) }.joined(separator: " & ") + others.map { " - " + text(of: $0) }.joined() + ")"
      }
    }
    return text(of: query.root)
  }

  @Test(arguments: [
    ("Rust", "rust"),
    ("rust async", "(rust & async)"),
    ("rust AND async", "(rust & async)"),
    ("\"Borrow Checker\"", "borrow+checker"),
    ("compil*", "compil*"),
    ("\"borrow check\"*", "borrow+check*"),
    ("c++*", "c"),
    ("e-mail don't", "(e+mail & don+t)"),
    ("rust OR go AND fast", "(rust | (go & fast))"),
    ("(rust OR go) fast", "((rust | go) & fast)"),
    ("rust NOT go", "(rust - go)"),
    ("-go rust -\"to do\"", "(rust - go - to+do)"),
    ("title:rust content:\"to do\"", "(title:rust & content:to+do)"),
    ("title:(rust OR content:go)", "(title:rust | content:go)"),
    ("or and not", "(or & and & not)"),
    ("http://example.org", "http+example+org"),
    ("rust !!! OR ???", "rust"),
    ("手机", "手+机"),
    ("foo:bar", "foo+bar"),
    ("a -(b OR c)", "(a - (b | c))"),
  ])
  func isUnderstood(query: String, expected: String) throws {
    #expect(try text(query) == expected)
  }

  @Test(arguments: [
    ("", 0), ("   ", 3), ("!!!", 0), ("\"open", 0), ("(a", 2), ("a)", 1), ("NOT a", 0), ("a AND", 5), ("AND a", 0),
    ("a OR", 4), ("a OR NOT b", 5), ("NOT", 3), ("()", 1), ("a NOT NOT b", 6),
  ])
  func isRefused(query: String, offset: Int) {
    do {
      _ = try SearchQuery(query)
      Issue.record("\(query) was understood")
    } catch {
      #expect(error.offset == offset, "\(query): \(error)")
    }
  }

  @Test func limitsHold() {
    #expect(throws: SearchQueryError.self) { try SearchQuery(String(repeating: "a ", count: 257)) }
    #expect(throws: SearchQueryError.self) { try SearchQuery(String(repeating: "a", count: 70_000)) }
    #expect(throws: SearchQueryError.self) {
      try SearchQuery(String(repeating: "(", count: 40) + "a" + String(repeating: ")", count: 40))
    }
  }

  @Test func snippetsShowWhereMostIs() throws {
    let filler = String(repeating: "nothing of note here. ", count: 40)
    let text = filler + "A borrow. " + filler + "The Borrow Checker borrows." + filler
    let query = try SearchQuery("borrow* \"borrow checker\"")
    let places = QueryMatcher(query).occurrences(title: "", content: text)
    #expect(places.holds(query))
    #expect(places.count(0, .content) == 3 && places.count(1, .content) == 1)
    let snippet = Snippet(of: text, places.highlights(.content, of: query), length: 80)
    #expect(snippet.isCutBefore && snippet.isCutAfter)
    #expect(snippet.text.utf8.count <= 130)
    #expect(snippet.marked("[", "]").contains("The [Borrow Checker] [borrows]."))
    let whole = Snippet(of: "naïve 手机", [], length: 100)
    #expect(whole.marked("[", "]") == "naïve 手机" && !whole.isCutBefore && !whole.isCutAfter)
  }

  /// Wherever a text is cut, what comes out is text, and highlights are what was found.
  @Test func snippetsAreNeverTorn() throws {
    let text =
      "e\u{301}a\u{308}手机 👩‍👩‍👧‍👦 नमस्ते दुनिया กำลัง ไทย слово e\u{301}nd word ünïcödé tail " + String(repeating: "x", count: 90)
    let query = try SearchQuery("slovo OR слово OR word OR 机 OR กำ")
    let found = QueryMatcher(query).occurrences(title: "", content: text).highlights(.content, of: query)
    #expect(found.count == 4)
    for length in 1..<400 {
      let snippet = Snippet(of: text, found, length: length)
      // What is long enough for all of it, as for titles, shows all of it.
      if length >= text.utf8.count {
        #expect(snippet.text == text && snippet.highlights == found.map(\.source))
        #expect(!snippet.isCutBefore && !snippet.isCutAfter)
      }
      #expect(text.contains(snippet.text) || snippet.text.isEmpty)
      #expect(!snippet.text.unicodeScalars.contains("\u{FFFD}"))
      #expect(!snippet.highlights.isEmpty)
    }
  }
}
