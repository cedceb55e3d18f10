import ArgumentParser
import GrowthRing

struct UnitsImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Store the Markdown and text files of a folder as units of a user.",
    discussion: """
      EXAMPLES
        growthring units import ~/notes --user ada --create
        growthring units import vault --user ada --prefix vault/ --source-type obsidian
        growthring units import texts --user ada --ending .rst --quarantine bad.ndjson
        growthring units import vault --user ada --prefix vault/ --delete-missing --dry-run

      A file's muid is its path within the folder, with --prefix before it. Front matter (YAML between two lines of ---) gives
      muid, title, source_type, content_type, status, importance_score and the times (created_at, created or date; updated_at,
      updated, modified or lastmod); all its other keys are metadata, and so is the path. Without it the title is the first
      heading or the file's name, and the times are the file's. The content is what stands behind the front matter, byte for
      byte.

      Importing again stores new versions of files that were changed, and nothing else. Hidden files and folders are left out. Of
      files whose front matter gives the same muid the first is stored, by their paths; the others are refused, as is
      what has a name that is no UTF-8.

      Units whose files are gone stay, but with --delete-missing: then those of the user are deleted whose muid is --prefix and
      the path in their metadata, where no file is any more. What was imported from another folder without a prefix looks the
      same, so give each folder its own. Units whose muid came from front matter stay.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: "The folder.")
  var folder: String

  @Option(help: "The user whose units they become.")
  var user: String

  @Option(help: "What stands before the path in each muid.")
  var prefix = ""

  @Option(help: "The source type; markdown or text otherwise, as the file is.")
  var sourceType: String?

  @Option(help: "The content type; markdown or text otherwise, as the file is.")
  var contentType: String?

  @Option(
    help: ArgumentHelp(
      "Files with this ending. May be given several times; otherwise .md, .markdown, .mdown, .mkd, .txt and .text.",
      valueName: "ending"))
  var ending: [String] = []

  @Flag(help: "Delete units whose files are gone.")
  var deleteMissing = false

  @Flag(help: "Store and delete nothing; tell what would be.")
  var dryRun = false

  @OptionGroup var door: UnitDoorArguments

  private static let batchSize = 256
  private static let batchText = 8 << 20
  /// Content and front matter.
  private static let longestFile = UnitLimits.contentLength + (2 << 20)

  func validate() throws {
    if user.isEmpty { throw ValidationError("--user must not be empty.") }
  }

  func run() async throws {
    let endings = ending.isEmpty ? [".md", ".markdown", ".mdown", ".mkd", ".txt", ".text"] : ending
    let root = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let found = try FolderWalk.files(below: root) { name in
      let name = name.lowercased()
      return endings.contains { name.hasSuffix($0.lowercased()) }
    }
    let files = found.files
    if deleteMissing, files.isEmpty {
      throw CommandFailure(
        "no file below \(root) ends with \(endings.joined(separator: ", ")), so that all would be missing",
        "Look whether the folder is the right one, and is there.")
    }
    let defaults = NoteFile.Defaults(user: user, sourceType: sourceType, contentType: contentType, prefix: prefix)
    try await door.run(store, isDry: dryRun) { door in
      var batch = Batch()
      // Whose file each is.
      var muids: [[UInt8]: String] = [:]
      for (index, path) in files.enumerated() {
        do {
          let file = try InputFile(path: root + "/" + path)
          if let length = file.length, length > Self.longestFile {
            throw NoteFile.Fault(field: .content, reason: .tooLong, detail: "")
          }
          let bytes = try file.readAll(limit: Self.longestFile)
          door.read(bytes: bytes.count)
          let changed = FolderWalk.changed(root + "/" + path) ?? Console.now
          let note = try NoteFile(bytes, path: path, changed: changed, defaults)
          let muid = Array(note.unit.muid.utf8)
          // Each import would have them replace each other.
          if let other = muids[muid] {
            throw NoteFile.Fault(
              field: .muid, reason: .malformed, detail: "\"\(note.unit.muid)\" is that of \(root)/\(other) already")
          }
          muids[muid] = path
          if let stored = try await door.store.unit(note.unit.muid, of: user) {
            if let next = note.next(after: stored, now: Console.now) {
              batch.add(next, path, index)
            } else {
              door.skip(unchanged: 1)
            }
          } else {
            batch.add(try await revived(note, door.store), path, index)
          }
        } catch let fault as NoteFile.Fault {
          let rejection = UnitRejection(row: index, field: fault.field, reason: fault.reason, detail: fault.detail)
          batch.bad.append(
            BadRow(rejection, file: "\(root)/\(path)", line: 1, record: index, raw: [], isTruncated: true))
        }
        if batch.units.count >= Self.batchSize || batch.text >= Self.batchText {
          try await batch.send(to: &door, root: root)
        }
      }
      for (record, path) in zip(files.count..., found.unnamed) {
        let rejection = UnitRejection(
          row: record, field: .muid, reason: .invalidUTF8, detail: "the file or folder needs another name")
        batch.bad.append(
          BadRow(rejection, file: "\(root)/\(path)", line: nil, record: record, raw: [], isTruncated: true))
      }
      try await batch.send(to: &door, root: root)
      if deleteMissing {
        let paths = Set(files.map { Array($0.utf8) })
        let missing = try await missing(from: door.store, files: paths, muids: Set(muids.keys), endings)
        try await door.delete(missing, of: user, because: "its file is gone")
      }
      if files.isEmpty, found.unnamed.isEmpty {
        Console.error("No file below \(root) ends with \(endings.joined(separator: ", ")).")
      }
    }
  }

  /// The units that were imported from files of such a folder, which are there no more; in the order of their muids.
  private func missing(
    from store: GrowthStore, files: Set<[UInt8]>, muids: Set<[UInt8]>, _ endings: [String]
  ) async throws -> [String] {
    let place = MetadataPath("path")
    var missing: [String] = []
    for try await chunk in try await store.units(of: user, content: false) {
      for unit in chunk {
        guard let path = place.string(in: unit.metadata), (prefix + path).utf8.elementsEqual(unit.muid.utf8) else {
          continue
        }
        let isWanted = endings.contains { path.lowercased().hasSuffix($0.lowercased()) }
        let isThere = files.contains(Array(path.utf8)) || muids.contains(Array(unit.muid.utf8))
        if isWanted, !isThere { missing.append(unit.muid) }
      }
    }
    return missing
  }

  /// A note whose unit is not there, or no more: then its version has to be newer than the deletion.
  private func revived(_ note: NoteFile, _ store: GrowthStore) async throws -> MemoryUnit {
    var unit = note.unit
    if let newest = try await store.unitHistory(unit.muid, of: user, content: false).first,
      newest.updatedAt >= unit.updatedAt
    {
      unit.updatedAt = Timestamp(microseconds: max(Console.now, newest.updatedAt.microseconds + 1))
    }
    return unit
  }

  /// Units on their way to the door.
  private struct Batch {
    var units: [MemoryUnit] = []
    var bad: [BadRow] = []
    var text = 0
    private var paths: [String] = []
    private var records: [Int] = []

    mutating func add(_ unit: MemoryUnit, _ path: String, _ record: Int) {
      units.append(unit)
      paths.append(path)
      records.append(record)
      text += unit.content.utf8.count
    }

    mutating func send(to door: inout UnitDoor, root: String) async throws {
      let (paths, records) = (paths, records)
      let origin = UnitDoor.Origin(
        file: { "\(root)/\(paths[$0])" }, record: { records[$0] }, line: { _ in 1 })
      try await door.take(units, from: origin, unreadable: bad)
      self = Batch()
    }
  }
}
