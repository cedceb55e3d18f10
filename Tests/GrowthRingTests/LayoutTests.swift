import Foundation
import Testing

/// The order of the house: which folders there are, who may mention whom, how long files are.
@Suite struct LayoutTests {
  /// The folders of each room, lowest first: code mentions only types of its own folder and of those before it. Folders
  /// in one group may mention each other.
  static let rooms: [String: [[String]]] = [
    "Columnar": [["Memory", "Codec", "Hash", "Text", "Encoding"]],
    "Parquet": [
      ["Thrift"], ["Schema", "Metadata", "Encoding", "Values", "Codec"], ["Filter"], ["Reader", "Writer"],
    ],
    "TextSearch": [["Tokens"], ["Query"], ["SQLite"], ["Index"]],
    "StorageIO": [["Disk"], ["POSIX"], ["Simulated"]],
    "StoreEngine": [
      ["Model"], ["Metadata"], ["Files"], ["Segment"], ["Units"], ["Archive"], ["Scan"], ["Rollup"], ["ExpiredKeys"],
      ["Summary"],
      ["Log"],
      ["Memtable"], ["Manifest"],
      ["Partition"], ["Compaction"], ["Ageing"], ["Recovery"], ["Engine"], ["Audit"], ["Inspect"],
    ],
    "GrowthRing": [
      ["Document"], ["GrowthModel"], ["Ingest"], ["Export"], ["UnitText"], ["Archive"], ["Policy"], ["Generator"],
      ["Concurrency"],
      ["Store", "Reading", "Search", "Units", "Verify", "Maintenance"],
    ],
  ]

  /// Where an upward mention is meant: the environment names its POSIX form.
  static let exceptions: Set<String> = ["StorageEnvironment"]

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func files(_ folder: String) throws -> [URL] {
    let url = root.appendingPathComponent(folder)
    let all = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
    return all.filter { $0.pathExtension == "swift" }
  }

  @Test(arguments: ["Columnar", "Parquet", "TextSearch", "StorageIO", "StoreEngine", "GrowthRing"])
  func foldersAreKnownAndPointDown(room: String) throws {
    let groups = try #require(Self.rooms[room])
    var rank: [String: Int] = [:]
    for (index, group) in groups.enumerated() { for folder in group { rank[folder] = index } }
    var home: [String: Int] = [:]
    var code: [(file: URL, rank: Int, text: String)] = []
    for file in try Self.files("Sources/\(room)") {
      let folder = file.deletingLastPathComponent().lastPathComponent
      let place = try #require(rank[folder], "\(file.lastPathComponent) lies in the unknown folder \(folder)")
      let text = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        .filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
      code.append((file, place, text))
      for match in text.matches(
        of: /(?m)^(?:@\w+ )?(?:package |public )?(?:final )?(?:struct|class|enum|protocol|actor) (\w+)/)
      {
        home[String(match.1)] = place
      }
    }
    #expect(code.count > 3 && home.count > 3)
    for (file, place, text) in code {
      let name = file.deletingPathExtension().lastPathComponent
      if Self.exceptions.contains(name) { continue }
      for word in Set(text.matches(of: /\b[A-Z]\w+\b/).map { String($0.0) }) {
        // A nested type may bear the name of one above.
        if let other = home[word], other > place, !text.contains("struct \(word)") {
          Issue.record(
            "\(room)/\(file.deletingLastPathComponent().lastPathComponent)/\(name) mentions \(word) above it")
        }
      }
    }
  }

  @Test func filesAreShort() throws {
    for file in try Self.files("Sources") + Self.files("Tests") {
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= 600, "\(file.lastPathComponent) has \(lines.count) lines")
    }
  }

  /// Time zones and the composition of characters are Foundation's.
  static let foundation: Set<String> = ["LocalZone.swift", "NormalizedText.swift"]

  @Test func onlyTheSeamTouchesTheSystem() throws {
    for room in ["Columnar", "Parquet", "TextSearch", "StoreEngine", "GrowthRing"] {
      for file in try Self.files("Sources/\(room)") where file.lastPathComponent != "MemoryCompare.swift" {
        let text = try String(contentsOf: file, encoding: .utf8)
        for banned in [
          "import Foundation", "import Glibc", "SystemRandomNumberGenerator", "ContinuousClock", ".random(",
        ] where banned != "import Foundation" || !Self.foundation.contains(file.lastPathComponent) {
          #expect(!text.contains(banned), "\(file.lastPathComponent) has \(banned)")
        }
      }
    }
  }

  /// The README shows the example that is compiled.
  @Test func exampleOfTheReadmeIsTheCompiledOne() throws {
    let readme = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
    let example = try String(
      contentsOf: Self.root.appendingPathComponent("Examples/Embedding/Embedding.swift"), encoding: .utf8)
    #expect(readme.contains("```swift\n" + example + "```"))
  }
}
