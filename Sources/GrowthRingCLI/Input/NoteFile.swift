import GrowthRing

/// A Markdown or text file as a memory unit: its front matter (YAML between lines of `---` at its beginning) gives
/// fields and metadata, everything behind it is the content, byte for byte.
struct NoteFile {
  /// Why a file is no unit.
  struct Fault: Error {
    var field: UnitField?
    var reason: EventRejection.Reason
    var detail: String
  }

  /// The unit; its times are those of the front matter, or of the file.
  private(set) var unit: MemoryUnit
  /// Whether the front matter says when the note was made and changed.
  private(set) var saysCreated = false
  private(set) var saysUpdated = false

  private static let createdKeys = ["created_at", "created", "date"]
  private static let updatedKeys = ["updated_at", "updated", "modified", "lastmod"]

  /// - Parameters:
  ///   - path: within the folder, from which the muid comes.
  ///   - changed: when the file was changed, in microseconds since 1970.
  ///   - defaults: the user, the types, and what stands before the path in the muid.
  init(_ bytes: [UInt8], path: String, changed: Int64, _ defaults: Defaults) throws(Fault) {
    var bytes = bytes[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    let parts = Self.split(bytes)
    guard let content = String(validating: parts.body, as: UTF8.self) else {
      throw Fault(field: .content, reason: .invalidUTF8, detail: "")
    }
    var entries: [DocumentNode.Entry] = []
    if let header = parts.header { entries = try Self.entries(header) }
    let isMarkdown = Self.isMarkdown(path)
    let time = Timestamp(microseconds: changed)
    unit = MemoryUnit(
      muid: defaults.prefix + path, user: defaults.user,
      sourceType: defaults.sourceType ?? (isMarkdown ? "markdown" : "text"), content: content,
      contentType: defaults.contentType ?? (isMarkdown ? "markdown" : "text"), createdAt: time, updatedAt: time)
    var metadata: [(key: String, json: String)] = []
    var created: Timestamp?
    var updated: Timestamp?
    for entry in entries {
      if entry.value.value == .null { continue }
      switch entry.key {
      case "muid": unit.muid = try Self.text(entry, .muid)
      case "title": unit.title = try Self.text(entry, .title)
      case "source_type": unit.sourceType = try Self.text(entry, .sourceType)
      case "content_type": unit.contentType = try Self.text(entry, .contentType)
      case "status": unit.status = try Self.text(entry, .status)
      case "importance_score":
        let given = try Self.text(entry, .importanceScore)
        guard let score = Delta(given) else {
          throw Fault(
            field: .importanceScore, reason: .malformed,
            detail: "\"\(entry.key): \(given)\" in line \(entry.line + 1) is no decimal of up to six fractional digits")
        }
        unit.importanceScore = score
      case let key where Self.createdKeys.contains(key):
        let time = try Self.time(entry, .createdAt)
        // The first of them counts; the others are metadata like any.
        if created == nil { created = time } else { metadata.append((key, Self.json(entry.value))) }
      case let key where Self.updatedKeys.contains(key):
        let time = try Self.time(entry, .updatedAt)
        if updated == nil { updated = time } else { metadata.append((key, Self.json(entry.value))) }
      case "tags": metadata.append(("tags", Self.json(Self.tags(entry.value))))
      case let key: metadata.append((key, Self.json(entry.value)))
      }
    }
    if !metadata.contains(where: { $0.key == "path" }) { metadata.append(("path", JSONEscape.quoted(path))) }
    let fields = metadata.map { JSONEscape.quoted($0.key) + ":" + $0.json }.joined(separator: ",")
    do throws(EventRejection.Reason) {
      unit.metadata = try CanonicalJSON.canonicalize("{\(fields)}")
    } catch {
      throw Fault(field: .metadata, reason: error, detail: "in the front matter")
    }
    saysCreated = created != nil
    saysUpdated = updated != nil
    unit.createdAt = created ?? updated.map { min($0, time) } ?? time
    unit.updatedAt = updated ?? max(time, unit.createdAt)
    if unit.title.isEmpty { unit.title = Self.heading(content, isMarkdown) ?? Self.name(path) }
  }

  struct Defaults {
    var user: String
    /// Nil for `markdown` or `text`, as the file is.
    var sourceType: String?
    var contentType: String?
    var prefix = ""
  }

  /// Gives the note the muid and the beginning of the unit that is stored already, and a time after it where it differs
  /// from it; nil where it says the same.
  func next(after stored: MemoryUnit, now: Int64) -> MemoryUnit? {
    var next = unit
    if !saysCreated { next.createdAt = stored.createdAt }
    var same = next
    same.updatedAt = stored.updatedAt
    if Self.isSame(same, stored), !saysUpdated || next.updatedAt <= stored.updatedAt { return nil }
    if next.updatedAt <= stored.updatedAt {
      // The file was changed, whatever its times say.
      next.updatedAt = Timestamp(microseconds: max(now, stored.updatedAt.microseconds + 1))
    }
    return next
  }

  /// Whether two units are the same to the byte; strings are equal by meaning.
  static func isSame(_ a: MemoryUnit, _ b: MemoryUnit) -> Bool {
    var (first, second): ([UInt8], [UInt8]) = ([], [])
    NDJSONUnitEncoder().encode(a, into: &first)
    NDJSONUnitEncoder().encode(b, into: &second)
    return first == second
  }

  // MARK: Parts

  static func isMarkdown(_ path: String) -> Bool {
    let name = path.lowercased()
    return [".md", ".markdown", ".mdown", ".mkd"].contains { name.hasSuffix($0) }
  }

  /// The front matter without the lines around it, nil where there is none, and what comes behind it.
  private static func split(_ bytes: ArraySlice<UInt8>) -> (header: ArraySlice<UInt8>?, body: ArraySlice<UInt8>) {
    guard let first = lineEnd(bytes, bytes.startIndex), isMark(bytes[bytes.startIndex..<first], ["---"]) else {
      return (nil, bytes)
    }
    let start = first + 1
    var line = start
    while line < bytes.endIndex {
      let end = lineEnd(bytes, line) ?? bytes.endIndex
      if isMark(bytes[line..<end], ["---", "..."]) {
        return (bytes[start..<line], bytes[min(end + 1, bytes.endIndex)...])
      }
      line = end + 1
    }
    // A rule at the beginning of a text, and no second one.
    return (nil, bytes)
  }

  private static func lineEnd(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int? {
    bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
  }

  private static func isMark(_ line: ArraySlice<UInt8>, _ marks: [String]) -> Bool {
    var line = line
    while let last = line.last, last == 0x20 || last == 0x09 || last == 0x0D { line.removeLast() }
    return marks.contains { $0.utf8.elementsEqual(line) }
  }

  private static func entries(_ header: ArraySlice<UInt8>) throws(Fault) -> [DocumentNode.Entry] {
    guard let text = String(validating: header, as: UTF8.self) else {
      throw Fault(field: nil, reason: .invalidUTF8, detail: "in the front matter")
    }
    let isBlank = text.split(whereSeparator: \.isNewline).allSatisfy { line in
      line.first { !$0.isWhitespace }.map { $0 == "#" } ?? true
    }
    if isBlank { return [] }
    do throws(ConfigurationError) {
      guard case .mapping(let entries) = try YAMLDocument.parse(text, file: "").value else {
        throw ConfigurationError(file: "", problems: [.init(line: nil, keyPath: "", reason: "it is no list of keys")])
      }
      return entries
    } catch {
      let problem = error.problems.first
      let place = problem?.line.map { "line \($0 + 1): " } ?? ""
      throw Fault(field: nil, reason: .malformed, detail: "the front matter, \(place)\(problem?.reason ?? "")")
    }
  }

  private static func text(_ entry: DocumentNode.Entry, _ field: UnitField) throws(Fault) -> String {
    switch entry.value.value {
    case .string(let text), .number(let text): return text
    case .boolean(let value): return value ? "true" : "false"
    default:
      throw Fault(
        field: field, reason: .malformed, detail: "\"\(entry.key)\" in line \(entry.line + 1) is no single value")
    }
  }

  /// ISO 8601, also with a blank before the zone, as `git log` and Jekyll write it.
  private static func time(_ entry: DocumentNode.Entry, _ field: UnitField) throws(Fault) -> Timestamp {
    let given = try text(entry, field)
    var text = given
    if let blank = text.lastIndex(of: " "), let sign = text[blank...].dropFirst().first, "+-Z".contains(sign) {
      text.remove(at: blank)
    }
    guard let time = Timestamp(text) else {
      throw Fault(
        field: field, reason: .malformed,
        detail: "\"\(entry.key): \(given)\" in line \(entry.line + 1) is no time such as 2026-11-01T12:30:00Z")
    }
    return time
  }

  /// Tags that are one text are those between its commas.
  private static func tags(_ node: DocumentNode) -> DocumentNode {
    guard case .string(let text) = node.value else { return node }
    let tags = text.split(separator: ",").map { tag in
      var tag = tag
      while tag.first == " " { tag.removeFirst() }
      while tag.last == " " { tag.removeLast() }
      return tag
    }
    return DocumentNode(
      .sequence(tags.filter { !$0.isEmpty }.map { DocumentNode(.string(String($0)), line: node.line) }),
      line: node.line)
  }

  private static func json(_ node: DocumentNode) -> String {
    switch node.value {
    case .mapping(let entries):
      "{" + entries.map { JSONEscape.quoted($0.key) + ":" + json($0.value) }.joined(separator: ",") + "}"
    case .sequence(let elements): "[" + elements.map { json($0) }.joined(separator: ",") + "]"
    case .string(let text): JSONEscape.quoted(text)
    case .number(let text): text
    case .boolean(let value): value ? "true" : "false"
    case .null: "null"
    }
  }

  /// The text of the first heading of Markdown (`# Title`, or underlined with `=`); nil where code comes first.
  private static func heading(_ content: String, _ isMarkdown: Bool) -> String? {
    guard isMarkdown else { return nil }
    var previous: Substring?
    let lines = content.split(maxSplits: 50, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for line in lines.prefix(50) {
      let text = trimmed(line)
      if text.isEmpty {
        previous = nil
        continue
      }
      if text.hasPrefix("```") || text.hasPrefix("~~~") { return nil }
      let level = text.prefix { $0 == "#" }.count
      let title = trimmed(text.dropFirst(level))
      if (1...6).contains(level), text.dropFirst(level).first == " ", !title.isEmpty {
        var end = title
        while end.last == "#" { end.removeLast() }
        // Marks at the end are none of the title where a blank stands before them.
        return String(end.last == " " ? trimmed(end) : title)
      }
      if let previous, text.allSatisfy({ $0 == "=" }) { return String(previous) }
      previous = text
    }
    return nil
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }

  /// The file's name without its ending.
  private static func name(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    guard let point = name.lastIndex(of: "."), point > name.startIndex else { return String(name) }
    return String(name[..<point])
  }
}
