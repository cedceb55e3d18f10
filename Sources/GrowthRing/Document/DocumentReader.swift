import StoreEngine

/// Takes a document apart and gathers what is wrong with it, instead of stopping at the first problem.
///
/// A value that cannot be read is reported and replaced by its default, so that the rest is checked as well.
struct DocumentReader {
  private var problems: [ConfigurationError.Problem] = []
  /// The line on which the value of a key path was given.
  private var lines: [String: Int] = [:]

  init(root: DocumentNode) { lines[""] = root.line }

  /// The problems of the document and contradictions that were found afterwards, with lines and in order.
  ///
  /// A contradiction is left out where a value beside it could not be read, since it may come from the default that
  /// took that value's place.
  func allProblems(with contradictions: [ConfigurationError.Problem]) -> [ConfigurationError.Problem] {
    let broken = Set(problems.map { Self.parent(of: $0.keyPath) })
    let exact = Set(problems.map(\.keyPath))
    var all = problems
    for problem in contradictions {
      let parent = Self.parent(of: problem.keyPath)
      if exact.contains(problem.keyPath) { continue }
      if !problem.keyPath.isEmpty, broken.contains(problem.keyPath) { continue }
      if !parent.isEmpty, broken.contains(parent) || exact.contains(parent) { continue }
      all.append(.init(line: line(of: problem.keyPath), keyPath: problem.keyPath, reason: problem.reason))
    }
    return all.enumerated().sorted { a, b in
      (a.element.line ?? 0, a.offset) < (b.element.line ?? 0, b.offset)
    }.map(\.element)
  }

  private static func parent(of keyPath: String) -> String {
    guard let end = keyPath.lastIndex(where: { $0 == "." || $0 == "[" }) else { return "" }
    return String(keyPath[..<end])
  }

  /// The line of a key path, or of the nearest part of the document around it.
  private func line(of keyPath: String) -> Int? {
    var path = keyPath
    while lines[path] == nil, !path.isEmpty { path = Self.parent(of: path) }
    return lines[path]
  }

  mutating func report(_ keyPath: String, _ line: Int, _ reason: String) {
    problems.append(.init(line: line, keyPath: keyPath, reason: reason))
  }

  // MARK: Values

  mutating func entries(_ node: DocumentNode, _ path: String) -> [DocumentNode.Entry] {
    guard case .mapping(let entries) = node.value else {
      report(path, node.line, "must be a mapping of keys to values, not \(node.kind)")
      return []
    }
    for entry in entries { lines[Self.join(path, entry.key)] = entry.line }
    return entries
  }

  private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The values of a mapping whose keys are known; others are reported.
  mutating func fields(_ node: DocumentNode, _ path: String, _ known: [String]) -> [String: DocumentNode] {
    var fields: [String: DocumentNode] = [:]
    for entry in entries(node, path) {
      if known.contains(entry.key) {
        fields[entry.key] = entry.value
      } else {
        let nearest = NearestName.suggestion(for: entry.key, among: known)
        let hint = nearest.isEmpty ? "; known are \(known.joined(separator: ", "))" : nearest
        report(Self.join(path, entry.key), entry.line, "unknown key \"\(entry.key)\"\(hint)")
      }
    }
    return fields
  }

  mutating func elements(_ node: DocumentNode, _ path: String) -> [DocumentNode] {
    guard case .sequence(let elements) = node.value else {
      report(path, node.line, "must be a list, not \(node.kind)")
      return []
    }
    for (index, element) in elements.enumerated() { lines["\(path)[\(index)]"] = element.line }
    return elements
  }

  mutating func string(_ node: DocumentNode?, _ path: String) -> String? {
    guard let node else { return nil }
    if case .string(let text) = node.value { return text }
    report(path, node.line, "must be a string, not \(node.kind)")
    return nil
  }

  mutating func strings(_ node: DocumentNode, _ path: String) -> [String] {
    var texts: [String] = []
    for (index, element) in elements(node, path).enumerated() {
      if let text = string(element, "\(path)[\(index)]") { texts.append(text) }
    }
    return texts
  }

  mutating func boolean(_ node: DocumentNode?, _ path: String) -> Bool? {
    guard let node else { return nil }
    if case .boolean(let value) = node.value { return value }
    report(path, node.line, "must be true or false, not \(node.kind)")
    return nil
  }

  mutating func count(_ node: DocumentNode?, _ path: String, limit: Int64) -> Int64? {
    guard let node else { return nil }
    if case .number(let text) = node.value, let value = Int64(text), value >= 0, value <= limit { return value }
    var given = node.kind
    if case .number(let text) = node.value { given = text }
    report(path, node.line, "must be a whole number from 0 to \(limit), not \(given)")
    return nil
  }

  mutating func choice<T: RawRepresentable & CaseIterable>(
    _ node: DocumentNode?, _ path: String, _ type: T.Type
  ) -> T? where T.RawValue == String {
    guard let node, let text = string(node, path) else { return nil }
    if let value = T(rawValue: text) { return value }
    let known = T.allCases.map(\.rawValue)
    let hint = NearestName.suggestion(for: text, among: known)
    report(path, node.line, "must be one of \(known.joined(separator: ", ")), not \"\(text)\"\(hint)")
    return nil
  }

  /// The version of the document, which is required; nil where it is none that is known.
  @discardableResult
  mutating func version(_ node: DocumentNode?, _ root: DocumentNode, newest: Int) -> Int? {
    guard let node else {
      if case .mapping = root.value { report("version", root.line, "is required; the current version is \(newest)") }
      return nil
    }
    guard let version = count(node, "version", limit: Int64.max) else { return nil }
    guard version >= 1, version <= newest else {
      let read = newest == 1 ? "version 1" : "versions 1 to \(newest)"
      let reason = "version \(version) is not known; this program reads \(read)"
      problems.append(.init(line: node.line, keyPath: "version", reason: reason, isNewer: version > newest))
      return nil
    }
    return Int(version)
  }
}
