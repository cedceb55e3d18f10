import ArgumentParser
import GrowthRing

struct UnitsPut: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Store a unit, or a new version of it.",
    discussion: """
      EXAMPLES
        growthring units put lesson.md --user ada --title "First lesson"
        echo "Slept well." | growthring units put - --user ada --muid 2026-11-01 --source-type journal
        growthring units put --user ada --muid 2026-11-01 --status archived
        growthring units put --user ada --muid plan --text "Learn Swift" --metadata '{"tags":["plan"]}'

      Without --muid the name of the file is the muid. What is not given stays as it is where the unit is there already; a unit
      that would be the same gets no new version. `units import` takes in whole folders, with front matter.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: ArgumentHelp("The file with the content, byte for byte; - is standard input.", valueName: "file"))
  var file: String?

  @Option(help: "The user whose unit it is.")
  var user: String

  @Option(help: "The unit's id, unique to its user.")
  var muid: String?

  @Option(help: "The content, instead of a file.")
  var text: String?

  @Option(help: "The title.")
  var title: String?

  @Option(help: "Where the unit comes from, such as note or journal.")
  var sourceType: String?

  @Option(help: "What the content is; text for a new unit.")
  var contentType: String?

  @Option(help: "The status; active for a new unit.")
  var status: String?

  @Option(parsing: .unconditional, help: "How important it is: a decimal of up to six fractional digits.")
  var importance: String?

  @Option(help: ArgumentHelp("A JSON object, which replaces all metadata.", valueName: "json"))
  var metadata: String?

  @Option(help: ArgumentHelp("When it was created: \(TimeArgument.form). Now for a new unit.", valueName: "time"))
  var createdAt: TimeArgument?

  @Option(help: ArgumentHelp("When this version came to be; now otherwise.", valueName: "time"))
  var updatedAt: TimeArgument?

  @Flag(help: "Create the store where there is none.")
  var create = false

  @Flag(help: "One JSON object as the result.")
  var json = false

  func validate() throws {
    if file != nil, text != nil { throw ValidationError("Name a file or give --text, not both.") }
    if let importance, Delta(importance) == nil {
      throw ValidationError("--importance must be a decimal of up to six fractional digits.")
    }
    if muid == nil, file == nil || file == "-" { throw ValidationError("Give --muid, or name a file.") }
    if muid?.isEmpty ?? false { throw ValidationError("--muid must not be empty.") }
    if user.isEmpty { throw ValidationError("--user must not be empty.") }
  }

  func run() async throws {
    let muid = muid ?? file.map { String($0.split(separator: "/").last ?? "") } ?? ""
    let content = try self.content()
    var options = StoreOptions()
    options.createIfMissing = create
    let now = Timestamp(microseconds: Console.now)
    var stored = 0
    var version = now
    var isOld = false
    try await store.write(options) { store in
      let before = try await store.unit(muid, of: user)
      var unit = before ?? MemoryUnit(muid: muid, user: user, sourceType: "", createdAt: createdAt?.time() ?? now)
      if let content { unit.content = content }
      if let title { unit.title = title }
      if let sourceType { unit.sourceType = sourceType }
      if let contentType { unit.contentType = contentType }
      if let status { unit.status = status }
      if let importance { unit.importanceScore = Delta(importance) }
      if let metadata { unit.metadata = try Self.canonical(metadata) }
      if let createdAt { unit.createdAt = createdAt.time() }
      if let before {
        unit.updatedAt = updatedAt?.time() ?? before.updatedAt
        version = before.updatedAt
        if NoteFile.isSame(unit, before) { return }
      }
      let newest = try await store.unitHistory(muid, of: user, content: false).first?.updatedAt
      // A clock may run back.
      let next = newest.map { max(now, Timestamp(microseconds: $0.microseconds + 1)) } ?? now
      unit.updatedAt = updatedAt?.time() ?? next
      version = unit.updatedAt
      isOld = newest.map { $0 > version } ?? false
      let receipt: UnitReceipt
      do throws(StoreError) {
        receipt = try await store.append([unit])
      } catch {
        guard error.kind == .rejected, let first = error.unitRejections.first else { throw error }
        let detail = first.detail.isEmpty ? "" : ": \(first.detail)"
        throw CommandFailure(
          "the unit cannot be stored: \(first.field.map { $0.name + " " } ?? "")\(first.reason.text)\(detail)",
          "Give it another value; nothing was stored.")
      }
      if !receipt.rejections.isEmpty {
        throw CommandFailure(
          "\(TableText.printable(muid)) has another version of \(version) already", "Give another --updated-at.")
      }
      stored = receipt.stored
    }
    try report(muid, version, isStored: stored > 0, isOld: isOld)
  }

  private func report(_ muid: String, _ version: Timestamp, isStored: Bool, isOld: Bool) throws {
    let sink = OutputSink()
    if json {
      var object = JSONObject()
      object.put("muid", muid)
      object.put("user_id", user)
      object.put("updated_at", version.description)
      object.put("stored", isStored)
      sink.buffer.append(contentsOf: object.line)
    } else if isStored {
      let place = isOld ? ", behind a newer one" : ""
      sink.buffer.append("Stored \(TableText.printable(muid)), version \(version)\(place).\n")
    } else {
      sink.buffer.append("\(TableText.printable(muid)) is the same already, version \(version).\n")
    }
    try sink.flush()
  }

  private static func canonical(_ metadata: String) throws -> String {
    if metadata.isEmpty { return "" }
    do throws(EventRejection.Reason) {
      return try CanonicalJSON.canonicalize(metadata)
    } catch {
      throw CommandFailure(
        "--metadata \(error.text)", "Give a JSON object such as '{\"tags\":[\"plan\"]}'.", status: .wrongUsage)
    }
  }

  private func content() throws -> String? {
    guard let file else { return text }
    let bytes = try InputFile(path: file).readAll(limit: UnitLimits.contentLength)
    guard let content = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure("\(file) is not valid UTF-8", "Save the file as UTF-8.")
    }
    return content
  }
}
