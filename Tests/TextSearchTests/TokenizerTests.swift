import Testing
import TextSearch

@Suite struct TokenizerTests {
  private func tokens(_ text: String) -> [String] {
    var tokens: [String] = []
    Tokenizer().forEachToken(in: text) { token, _ in tokens.append(String(decoding: token, as: UTF8.self)) }
    return tokens
  }

  private func scalars(_ texts: [String]) -> [[UInt32]] { texts.map { $0.unicodeScalars.map(\.value) } }

  @Test(arguments: [
    ("Hello, World!", ["hello", "world"]),
    ("", []),
    ("  …—!? ", []),
    ("don't l'école e-mail 3.14 git_rebase", ["don", "t", "l", "ecole", "e", "mail", "3", "14", "git", "rebase"]),
    ("C3PO r2d2 ½ x²", ["c3po", "r2d2", "1", "2", "x2"]),
    (
      "Éléphant Łódź Ørsted STRASSE Straße Œuvre İstanbul ısı",
      [
        "elephant", "lodz", "orsted", "strasse", "strasse", "oeuvre", "istanbul", "isi",
      ]
    ),
    (
      "cafe\u{301} caf\u{E9} so\u{AD}ft zero\u{200B}width jo\u{200D}in",
      ["cafe", "cafe", "soft", "zero", "width", "join"]
    ),
    ("ﬁne ＦＵＬＬ ①② ٣٤ ४५", ["fine", "full", "12", "34", "45"]),
    ("Всё ещё", ["все", "еще"]),
    ("ΟΔΥΣΣΕΎΣ", ["οδυσσευσ"]),
    ("שָׁלוֹם مَرْحَبًا", ["שלום", "مرحبا"]),
    ("iPhone手机", ["iphone", "手", "机"]),
    ("日本語ﾃｽﾄ", ["日", "本", "語", "テ", "ス", "ト"]),
    ("party 🎉🎉👍🏽", ["party", "🎉", "🎉", "👍"]),
  ])
  func folds(text: String, expected: [String]) {
    #expect(scalars(tokens(text)) == scalars(expected))
  }

  /// Marks that tell words apart stay with their letters, composed or not.
  @Test func keepsVowelSigns() {
    #expect(scalars(tokens("कि की")) == scalars(["कि", "की"]))
    #expect(tokens("が") == tokens("か\u{3099}"))
    #expect(tokens("が") != tokens("か"))
    #expect(tokens("ｶﾞ") == tokens("ガ"))
    #expect(tokens("한국어").count == 3)
    #expect(tokens("한국어") == tokens("\u{1112}\u{1161}\u{11AB}\u{1100}\u{116E}\u{11A8}\u{110B}\u{1165}"))
    #expect(tokens("น้ำ").count == 2)
    #expect(tokens("กี่") == tokens("ก\u{0E35}\u{0E48}"))
    // Canonical order: the nukta comes before the virama.
    #expect(tokens("क\u{94D}\u{93C}") == tokens("क\u{93C}\u{94D}"))
  }

  @Test func tellsWhereTokensStand() {
    var found: [String] = []
    let text = "Ça va: e\u{301}te\u{301}, 手机!"
    let bytes = Array(text.utf8)
    Tokenizer().forEachToken(in: text) { _, source in found.append(String(decoding: bytes[source], as: UTF8.self)) }
    #expect(scalars(found) == scalars(["Ça", "va", "e\u{301}te\u{301}", "手", "机"]))
  }

  @Test func cutsWhatIsTooLong() {
    #expect(tokens(String(repeating: "a", count: 150)).map(\.utf8.count) == [64, 64, 22])
  }

  /// Nothing that a text may hold breaks it, and folding what is folded changes nothing.
  @Test func foldsEveryCodePoint() {
    var text = ""
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      text.unicodeScalars.append(scalar)
      if value % 7 == 0 { text += " " }
    }
    let once = Tokenizer().folded(text)
    let again = Tokenizer().folded(String(decoding: once.text, as: UTF8.self))
    #expect(once.count > 100_000)
    #expect(once.text == again.text)
  }
}
