import Foundation
import Testing

/// What becomes of files and folders when commands fail, or several of them run at once.
struct ReplacedFileTests {
  private let tool = CommandLineTool()

  private func filled() throws {
    let file = try tool.folder.write("events.ndjson", Sample.three)
    let result = try tool.run("ingest", file, "--create")
    try #require(result.status == 0, "\(result.errors)")
  }

  private func segment() throws -> String {
    let files = try #require(FileManager.default.enumerator(atPath: tool.store)).compactMap { $0 as? String }
    return tool.store + "/" + (try #require(files.first { $0.hasSuffix(".seg") }))
  }

  /// An export that fails leaves the file of the last one, and nothing else.
  @Test(arguments: ["ndjson", "csv", "parquet"]) func failedExportsReplaceNothing(format: String) throws {
    try filled()
    let name = "out." + format
    let file = tool.folder.file(name)
    #expect(try tool.run("export", "--output", file).status == 0)
    let before = try tool.folder.text(name)
    #expect(!before.isEmpty)
    let segment = try segment()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
    var damaged = bytes
    damaged[damaged.count / 2] ^= 0xFF
    damaged[100] ^= 0xFF
    try damaged.write(to: URL(fileURLWithPath: segment))
    #expect(try tool.run("export", "--output", file).status == 4)
    #expect(try tool.folder.text(name) == before)
    #expect(try tool.run("export", "--output", tool.folder.file("new." + format)).status == 4)
    let names = try FileManager.default.contentsOfDirectory(atPath: tool.folder.path)
    #expect(!names.contains("new." + format) && !names.contains { $0.hasSuffix(".partial") })
    try bytes.write(to: URL(fileURLWithPath: segment))
    #expect(try tool.run("export", "--output", file).status == 0)
    #expect(try tool.folder.text(name) == before)
  }

  /// Links stay links, rights stay rights, and pipes and devices are written to as they are.
  @Test func whatIsReplacedStaysWhatItWas() throws {
    try filled()
    let file = try tool.folder.write("real.ndjson", "old")
    let script = """
      cd \(tool.folder.path) && chmod 600 real.ndjson && ln -s real.ndjson link.ndjson \
      && $growthring export --output link.ndjson --quiet && test -L link.ndjson && stat -c %a real.ndjson \
      && mkfifo pipe && { $growthring export --output pipe --format ndjson --quiet & cat pipe | wc -l; } \
      && $growthring export --output /dev/null --quiet && test -c /dev/null && ls
      """
    let result = try tool.run("sh", script)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.lines.prefix(2).map { $0.trimmingCharacters(in: .whitespaces) } == ["600", "3"])
    #expect(!result.output.contains("partial"))
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.split(separator: "\n").count == 3)
    let full = try tool.run("export", "--output", "/dev/full", "--format", "ndjson")
    #expect(full.status == 1 && full.errors.contains("cannot write /dev/full"))
  }

  /// No result of a command lands among the files of a store or of an archive, whatever links lead there.
  @Test func resultsStayOutOfStores() throws {
    try filled()
    let identity = tool.store + "/store.json"
    let before = try Data(contentsOf: URL(fileURLWithPath: identity))
    let segment = try segment()
    let inside = tool.store + "/partitions/new.ndjson"
    let link = tool.folder.file("link.ndjson")
    #expect(try tool.run("sh", "ln -s \(identity) \(link)").status == 0)
    let input = try tool.folder.write("more.ndjson", Sample.event(9) + "x\n")
    for target in [identity, segment, inside, link] {
      for command in [
        ["export", "--output", target], ["units", "export", "--output", target], ["generate", "--output", target],
        ["ingest", input, "--quarantine", target],
      ] {
        let result = try tool.run(command + (command[0] == "ingest" ? [] : ["--format", "ndjson"]))
        #expect(result.status == 2 && result.errors.contains("are those of a store"), "\(command) \(result.errors)")
      }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: identity)) == before)
    #expect(!FileManager.default.fileExists(atPath: inside))
    #expect(try tool.run("verify").output.contains("sound: 3 events"))
    let archive = tool.folder.file("elsewhere")
    let script = "mkdir -p \(archive)/_delta_log \(archive)/month=2026-01 && touch \(archive)/_store"
    #expect(try tool.run("sh", script).status == 0)
    #expect(try tool.run("export", "--output", archive + "/month=2026-01/x.parquet").status == 2)
    #expect(try tool.run("export", "--output", tool.folder.file("beside.parquet")).status == 0)
  }

  /// A name that promises another content is refused before anything is written.
  @Test func namesSayWhatIsInFiles() throws {
    try filled()
    for (name, more, reason) in [
      ("x.ndjson.zst", [String](), "not compressed"), ("x.csv.gz", ["--format", "csv"], "not compressed"),
      ("x.tsv", [], "tabs"), ("x.parquet", ["--format", "csv"], "--format is csv"),
      ("x.ndjson", ["--format", "parquet"], "--format is parquet"),
    ] {
      let file = tool.folder.file(name)
      for command in [["export"], ["units", "export"]] {
        let result = try tool.run(command + ["--output", file] + more)
        #expect(result.status == 2 && result.errors.contains(reason), "\(name) \(result.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: file))
    }
    #expect(try tool.run("export", "--scope-column", "--output", tool.folder.file("x.ndjson")).status == 2)
    #expect(try tool.run("export", "--profile", "compact").status == 2)
    #expect(try tool.run("export", "--output", tool.folder.file("x.txt")).status == 0)
    let wrong = try tool.run("verify", "--store", tool.folder.file("x.txt"))
    #expect(wrong.status == 2 && wrong.errors.contains("is no folder"), "\(wrong.errors)")
    #expect(try tool.run("inspect", tool.store).errors.contains("it is a folder"))
  }

  /// A file that is missing is part of the report, not the end of it.
  @Test func missingFilesAreReported() throws {
    try filled()
    try FileManager.default.removeItem(atPath: segment())
    let table = try tool.run("verify")
    #expect(table.status == 4)
    #expect(table.output.hasPrefix("NOT SOUND") && table.output.contains(".seg"))
    let json = try tool.run("verify", "--json")
    #expect(json.status == 4)
    #expect(json.output.hasPrefix(#"{"sound":false,"#) && json.output.contains(#""damaged_files":1"#))
  }

  /// One of several that create the same store does, and all that was taken in is there.
  @Test func createdByOne() throws {
    for part in 0..<4 {
      let events = (0..<50).map { Sample.event(part * 50 + $0, user: "u\($0)", entity: "e\(part)") }
      try tool.folder.write("part\(part).ndjson", events.joined())
    }
    // A shell that is started here blocks the signal for which `wait` would wait.
    for round in 0..<3 {
      let script = """
        cd \(tool.folder.path) && rm -f rc? && for part in 0 1 2 3; do
          { $growthring ingest part$part.ndjson --store s\(round) --create --quiet > /dev/null 2>&1; echo $? > rc$part; } &
        done
        until test -s rc0 -a -s rc1 -a -s rc2 -a -s rc3; do sleep 0.05; done
        for part in 0 1 2 3; do
          test $(cat rc$part) = 0 && $growthring ingest part$part.ndjson --store s\(round) --quiet --json
        done; $growthring verify --store s\(round)
        """
      let result = try tool.run("sh", script)
      #expect(result.status == 0, "\(result)")
      // Whoever came through has stored for good.
      #expect(result.lines.dropLast().allSatisfy { $0.contains(#""stored":0,"duplicates":50"#) }, "\(result)")
      #expect(result.lines.count > 1 && result.lines.last?.hasPrefix("sound: ") == true, "\(result)")
    }
  }

  /// Whoever may only read is shown jobs all the same, also where one has no end.
  @Test func jobsForThoseWhoMayOnlyRead() throws {
    try filled()
    #expect(try tool.run("maintain").status == 0)
    let started = "2099-01-01T00:00:00Z"
    try tool.folder.write(
      "store/jobs/job-000f2fa6a1000000-00000000.json",
      #"{"version": 1, "cause": "command", "started_at": "\#(started)", "steps": []}"#)
    #expect(try tool.run("jobs", "--limit", "1").output.contains("died"))
    let script = """
      chmod 444 \(tool.store)/jobs/maintenance.lock
      if [ $(id -u) = 0 ]; then as="setpriv --reuid=65534 --regid=65534 --clear-groups"; fi
      $as test -x $growthring -a -r \(tool.store)/store.json || exit 77
      $as $growthring jobs --limit 1
      """
    let result = try tool.run("sh", script)
    // Where another user cannot even start the tool, there is nothing to see.
    if result.status == 77 || result.status == 127 { return }
    #expect(result.status == 0, "\(result)")
    #expect(result.output.contains("running"))
  }
}
