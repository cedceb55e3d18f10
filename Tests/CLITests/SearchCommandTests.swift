import Foundation
import GrowthRing
import Testing

/// `search`.
struct SearchCommandTests {
  private let tool = CommandLineTool()

  @Test func findsShowsAndRefuses() async throws {
    var options = StoreOptions()
    options.createIfMissing = true
    let store = try await GrowthStore.open(tool.store, options: options)
    func note(_ muid: String, _ user: String, _ title: String, _ content: String, _ day: Int64) -> MemoryUnit {
      MemoryUnit(
        muid: muid, user: user, sourceType: day > 5 ? "blog" : "note", title: title, content: content,
        createdAt: Timestamp(microseconds: day * 86_400_000_000))
    }
    _ = try await store.append([
      note("1", "ada", "On async Rust", "A naïve\n\u{1B}[31m borrow checker.", 1),
      note("2", "ada", "", "Borrowing 手机", 2),
      note("3", "bob", "borrow*", "checker borrow", 9),
    ])
    try await store.close()

    let found = try tool.run("search", "naive", "BORROW", "--json")
    #expect(found.status == 0 && found.lines.count == 1, "\(found.errors)")
    #expect(found.output.hasPrefix(#"{"user_id":"ada","muid":"1","score":"#), "\(found.output)")
    #expect(found.output.contains(#""snippet_highlights":[[2,8],[15,21]]"#), "\(found.output)")
    let shown = try tool.run("search", "naive")
    #expect(shown.output.contains("A [naïve] ") && !shown.output.contains("\u{1B}"), "\(shown.output)")
    func muids(_ arguments: String...) throws -> Set<String> {
      let result = try tool.run(["search"] + arguments + ["--json"])
      #expect(result.status == 0, "\(result.errors)")
      return Set(
        result.lines.compactMap {
          (try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["muid"] as? String
        })
    }
    let title = try tool.run("search", "--title", "rust", "--json").output
    #expect(title.contains(#""title":"On async Rust","title_highlights":[[9,13]]"#), "\(title)")
    #expect(try tool.run("search", "--title", "rust").output.hasPrefix("1. On async [Rust]\n"))
    #expect(try muids("borrow*") == ["1", "2", "3"])
    #expect(try muids("borrow*", "--user", "bob") == ["3"])
    #expect(try muids("borrow", "--title") == ["3"])
    #expect(try muids("borrow", "--content") == ["1", "3"])
    #expect(try muids("\"borrow checker\"") == ["1"])
    #expect(try muids("机") == ["2"])
    #expect(try muids("borrow*", "--source-type", "note", "--since", "1970-01-03") == ["2"])
    #expect(try muids("--substring", "ve\n") == ["1"])
    #expect(try muids("--rebuild", "borrow*") == ["1", "2", "3"])
    #expect(try tool.run("search", "absent").errors.contains("Nothing was found."))
    #expect(try tool.run("search", "borrow*", "--limit", "1").errors.contains("3 units found, 1 shown."))
    let table = try tool.run("search", "naive", "--csv", "--time", "us")
    #expect(table.status == 0 && table.output.hasPrefix("user_id,muid,score,title,snippet,source_type,"))
    #expect(table.output.contains("ada,1,") && table.output.hasSuffix(",note,text,active,86400000000,86400000000\n"))
    #expect(try tool.run("search", "absent", "--csv").lines.count == 1)
    // How many a condition leaves is not known of those that are not shown.
    let some = try tool.run("search", "borrow*", "--limit", "1", "--source-type", "note")
    #expect(some.errors.contains("1 shown; there may be more."), "\(some.errors)")
    #expect(try tool.run("search", "borrow*", "--since", "1970-01-09").errors.isEmpty)
    #expect(try tool.run("search", "borrow*", "--limit", "0").errors.contains("3 units found, 0 shown."))
    // A query in one field cannot leave it.
    let outside = try tool.run("search", "--title", "rust) OR content:(checker")
    #expect(outside.status == 2 && outside.errors.contains("byte 4: there is no \"(\""), "\(outside.errors)")
    #expect(try muids("--title", "(rust OR checker)") == ["1"])
    #expect(try tool.run("search", "(open").status == 2)
    #expect(try tool.run("search").status == 2)
    #expect(try tool.run("verify").status == 0)
    #expect(FileManager.default.fileExists(atPath: tool.store + "/search"))
  }
}
