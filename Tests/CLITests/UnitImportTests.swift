import Foundation
import Testing

/// `growthring units import` on folders of notes.
struct UnitImportTests {
  private let tool = CommandLineTool()

  private var notes: String { tool.folder.file("notes") }

  private func write(_ path: String, _ text: String, changed: String = "2026-01-05T06:07:08Z") throws {
    let url = URL(fileURLWithPath: notes + "/" + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    let date = try #require(try? Date(changed, strategy: .iso8601))
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: url.path)
  }

  private func get(_ muid: String) throws -> [String: Any] {
    let result = try tool.run("units", "get", muid, "--user", "ada", "--json")
    #expect(result.status == 0, "\(result.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  private func counts(_ arguments: String...) throws -> [String: Int] {
    let result = try tool.run(["units", "import", notes, "--user", "ada", "--create", "--json"] + arguments)
    #expect(result.status == 0 || result.status == 3, "\(result.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    return object.compactMapValues { $0 as? Int }
  }

  @Test func frontMatterGivesFieldsAndMetadata() throws {
    try write(
      "a.md",
      """
      ---
      title: "Slow: mornings"
      date: 2020-02-03 04:05:06 +0200
      updated: 2021-01-01
      tags: sleep, habits
      importance_score: 0.75
      status: draft
      created_by: ada
      version: 1.10
      deep: {b: [1, two, true], a: null}
      ---
      # Not the title

      Text.
      """)
    #expect(try counts()["stored"] == 1)
    let unit = try get("a.md")
    #expect(unit["title"] as? String == "Slow: mornings")
    #expect(unit["content"] as? String == "# Not the title\n\nText.")
    #expect(unit["created_at"] as? String == "2020-02-03T02:05:06Z")
    #expect(unit["updated_at"] as? String == "2021-01-01T00:00:00Z")
    #expect(unit["importance_score"] as? String == "0.75")
    #expect(unit["status"] as? String == "draft" && unit["source_type"] as? String == "markdown")
    let line = try tool.run("units", "get", "a.md", "--user", "ada", "--json").output
    #expect(
      line.contains(
        #""metadata":{"created_by":"ada","deep":{"a":null,"b":[1,"two",true]},"path":"a.md","tags":["sleep","habits"],"#
          + #""version":1.10}"#), "\(line)")
  }

  @Test func titlesAndTimesWithoutFrontMatter() throws {
    try write("sub/dir/One note.md", "\u{FEFF}Intro\r\n\r\n## The *second* ##\r\ntext\r\n")
    try write("two.markdown", "Underlined\n==========\nx")
    try write("three.txt", "# no heading in plain text")
    try write("four.md", "#tag only\n\n---\nrule")
    try write("five.md", "---\nonly a rule at the start\n")
    try write("six.md", "---\n---\nempty front matter")
    try write("empty.md", "")
    try write(".hidden.md", "x")
    try write(".git/x.md", "x")
    try write("image.png", "x")
    #expect(try counts()["stored"] == 7)
    let one = try get("sub/dir/One note.md")
    #expect(one["title"] as? String == "The *second*")
    #expect(one["content"] as? String == "Intro\r\n\r\n## The *second* ##\r\ntext\r\n")
    #expect(
      one["created_at"] as? String == "2026-01-05T06:07:08Z" && one["updated_at"] as? String == "2026-01-05T06:07:08Z")
    #expect(try get("two.markdown")["title"] as? String == "Underlined")
    let three = try get("three.txt")
    #expect(three["title"] as? String == "three" && three["source_type"] as? String == "text")
    #expect(try get("four.md")["title"] as? String == "four")
    #expect(try get("five.md")["content"] as? String == "---\nonly a rule at the start\n")
    #expect(try get("six.md")["content"] as? String == "empty front matter")
    #expect(try get("empty.md")["content"] as? String == "")
  }

  @Test func onlyChangedFilesGetNewVersions() throws {
    try write("a.md", "# A\none")
    try write("b.md", "---\nupdated: 2026-01-01\n---\ntwo")
    try write("c.md", "three")
    #expect(try counts()["stored"] == 3)
    // Touched, but the same.
    try write("a.md", "# A\none", changed: "2026-02-01T00:00:00Z")
    var found = try counts()
    #expect(found["stored"] == 0 && found["duplicates"] == 3)
    // Changed: with a newer time, with an older one, and with the time in the front matter as it was.
    try write("a.md", "# A\nuno", changed: "2026-03-01T00:00:00Z")
    try write("b.md", "---\nupdated: 2026-01-01\n---\ndos")
    try write("c.md", "tres", changed: "2025-01-01T00:00:00Z")
    found = try counts()
    #expect(found["stored"] == 3 && found["duplicates"] == 0)
    #expect(try get("a.md")["content"] as? String == "# A\nuno")
    #expect(try get("a.md")["updated_at"] as? String == "2026-03-01T00:00:00Z")
    #expect(try get("a.md")["created_at"] as? String == "2026-01-05T06:07:08Z")
    #expect(try get("b.md")["content"] as? String == "dos")
    #expect(try get("c.md")["content"] as? String == "tres")
    #expect(try counts()["duplicates"] == 3)
    #expect(try tool.run("units", "history", "c.md", "--user", "ada", "--json").lines.count == 2)
    // A deleted unit whose file is there comes back.
    #expect(try tool.run("units", "delete", "c.md", "--user", "ada").status == 0)
    #expect(try counts()["stored"] == 1)
    #expect(try get("c.md")["content"] as? String == "tres")
  }

  @Test func unitsOfMissingFilesAreDeletedWhereAsked() throws {
    for name in ["a.md", "sub/b.md", "c.txt"] { try write(name, "text of \(name)") }
    try write("own.md", "---\nmuid: own\n---\nx")
    #expect(try counts("--prefix", "v/")["stored"] == 4)
    #expect(try tool.run("units", "put", "--muid", "v/by-hand.md", "--user", "ada", "--text", "kept").status == 0)
    #expect(try tool.run("units", "import", notes, "--user", "bob", "--prefix", "v/", "--quiet").status == 0)
    for name in ["sub/b.md", "c.txt", "own.md"] { try FileManager.default.removeItem(atPath: notes + "/" + name) }
    try write("a.md", "changed")
    // Not without being asked.
    #expect(try counts("--prefix", "v/", "--dry-run")["deleted"] == nil)
    let dry = try counts("--prefix", "v/", "--delete-missing", "--dry-run")
    #expect(dry["stored"] == 1 && dry["deleted"] == 2)
    #expect(try get("v/sub/b.md")["content"] as? String == "text of sub/b.md")
    #expect(try get("v/a.md")["content"] as? String == "text of a.md")
    // Of other endings, and under another prefix, nothing is missing.
    #expect(try counts("--prefix", "v/", "--ending", ".md", "--delete-missing", "--dry-run")["deleted"] == 1)
    #expect(try counts("--delete-missing", "--dry-run")["deleted"] == 0)
    let told = try tool.run("units", "import", notes, "--user", "ada", "--prefix", "v/", "--delete-missing")
    #expect(
      told.status == 0 && told.errors.contains("the unit v/sub/b.md is deleted: its file is gone"), "\(told.errors)")
    #expect(told.output.contains("deleted     2"), "\(told.output)")
    for gone in ["v/sub/b.md", "v/c.txt"] { #expect(try tool.run("units", "get", gone, "--user", "ada").status == 1) }
    for kept in ["v/a.md", "own", "v/by-hand.md"] { _ = try get(kept) }
    #expect(try tool.run("units", "get", "v/c.txt", "--user", "bob").status == 0)
    #expect(try counts("--prefix", "v/", "--delete-missing")["deleted"] == 0)
    // A file that is back brings its unit back.
    try write("c.txt", "again")
    #expect(try counts("--prefix", "v/", "--delete-missing")["stored"] == 1)
    #expect(try get("v/c.txt")["content"] as? String == "again")
    // An empty folder is no reason to delete all.
    let empty = tool.folder.file("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    let refused = try tool.run("units", "import", empty, "--user", "ada", "--prefix", "v/", "--delete-missing")
    #expect(refused.status == 1 && refused.errors.contains("all would be missing"), "\(refused.errors)")
    _ = try get("v/a.md")
  }

  @Test func badFilesAreNamed() throws {
    try write("a.md", "good")
    try write("b.md", "---\ntitle: [unclosed\n---\nx")
    try write("c.md", "---\ndate: yesterday\n---\nx")
    try FileManager.default.createDirectory(atPath: notes, withIntermediateDirectories: true)
    try Data([0x66, 0xFF]).write(to: URL(fileURLWithPath: notes + "/d.md"))
    let strict = try tool.run("units", "import", notes, "--user", "ada", "--create")
    #expect(strict.status == 1)
    #expect(strict.errors.contains("notes/c.md") && strict.errors.contains("is no time such as"), "\(strict.errors)")
    #expect(strict.errors.contains("notes/b.md") && strict.errors.contains("the front matter"), "\(strict.errors)")
    let found = try counts("--quarantine", tool.folder.file("bad"))
    #expect(found["stored"] == 1 && found["rejected"] == 3)
    let bad = try tool.folder.text("bad")
    #expect(bad.contains(#""field":"content","reason":"invalidUTF8""#), "\(bad)")
  }

  @Test func muidsUsersAndEndings() throws {
    try write("a.md", "---\nmuid: own\n---\nx")
    try write("b.rst", "y")
    #expect(try counts("--prefix", "vault/", "--ending", ".rst", "--source-type", "sphinx")["stored"] == 1)
    #expect(try get("vault/b.rst")["source_type"] as? String == "sphinx")
    #expect(try counts()["stored"] == 1)
    #expect(try get("own")["content"] as? String == "x")
    let none = try tool.run("units", "import", notes, "--user", "ada", "--ending", ".org")
    #expect(none.status == 0 && none.errors.contains("No file below"))
    #expect(try tool.run("units", "import", notes + "/nowhere", "--user", "ada").status == 1)
    #expect(try tool.run("units", "import", notes).status == 2)
  }

  /// Two files of one muid would replace each other at every import.
  @Test func oneMuidIsOfOneFile() throws {
    try write("a.md", "---\nmuid: same\n---\none")
    try write("b.md", "---\nmuid: same\n---\ntwo")
    try write("c.md", "---\nmuid: d.md\n---\nthree")
    try write("d.md", "four")
    let strict = try tool.run("units", "import", notes, "--user", "ada", "--create")
    #expect(strict.status == 1, "\(strict.errors)")
    #expect(strict.errors.contains("\"same\" is that of \(notes)/a.md already"), "\(strict.errors)")
    for stored in [2, 0, 0] {
      let found = try counts("--quarantine", tool.folder.file("bad"))
      #expect(found["stored"] == stored && found["rejected"] == 2)
      #expect(try get("same")["content"] as? String == "one")
      #expect(try get("d.md")["content"] as? String == "three")
    }
    #expect(try tool.run("units", "history", "same", "--user", "ada", "--json").lines.count == 1)
  }

  /// What has a name that is no UTF-8 is named as bad, not passed over.
  @Test func namesThatAreNoTextAreRefused() throws {
    try write("a.md", "one")
    let script = """
      cd \(notes) && printf two > "$(printf 'b\\377.md')" && printf x > "$(printf '.c\\377.md')" \
      && printf x > "$(printf 'd\\377.png')" && mkdir "$(printf 'e\\377')" && printf x > "$(printf 'e\\377')/f.md"
      """
    #expect(try tool.run("sh", script).status == 0)
    let strict = try tool.run("units", "import", notes, "--user", "ada", "--create")
    #expect(strict.status == 1 && strict.errors.contains("needs another name"), "\(strict.errors)")
    let found = try counts("--quarantine", tool.folder.file("bad"))
    #expect(found["stored"] == 1 && found["rejected"] == 2)
    let bad = try tool.folder.text("bad")
    #expect(bad.contains("/b\u{FFFD}.md") && bad.contains("/e\u{FFFD}\"") && bad.contains("invalidUTF8"), "\(bad)")
  }

  /// A file that cannot be looked at is not one that is gone.
  @Test func whatCannotBeReadIsNotMissing() throws {
    try write("a.md", "one")
    #expect(try counts()["stored"] == 1)
    let deep = """
      cd \(notes) && name=$(printf '%240s' | tr ' ' d) && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        mkdir $name && cd $name || exit 1
      done; echo two > $(printf '%250s' | tr ' ' f).md
      """
    #expect(try tool.run("sh", deep).status == 0)
    let result = try tool.run("units", "import", notes, "--user", "ada", "--delete-missing")
    #expect(result.status == 1 && result.errors.contains("File name too long"), "\(result.errors.suffix(200))")
    #expect(try get("a.md")["content"] as? String == "one")
    #expect(try tool.run("sh", "rm -rf \(notes)").status == 0)
  }
}
