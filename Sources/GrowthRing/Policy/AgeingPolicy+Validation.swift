import StoreEngine

extension AgeingPolicy {
  /// The most texts in one list of a rule.
  static let mostTexts = 10_000

  /// What contradicts itself in a policy whose single values are well formed; key paths as in the file, without lines.
  func problems() -> [ConfigurationError.Problem] {
    var found: [ConfigurationError.Problem] = []
    func report(_ keyPath: String, _ reason: String) {
      found.append(.init(line: nil, keyPath: keyPath, reason: reason))
    }
    if rules.count > Self.mostRules { report("rules", "at most \(Self.mostRules) rules, not \(rules.count)") }
    for (index, rule) in rules.enumerated() {
      let path = "rules[\(index)]"
      Self.check(rule, path, report)
      if rule.takesAll {
        report("\(path).match", "takes every event, so that no later rule ever counts; write it as \"default\"")
      }
    }
    if !rest.takesAll { report("default.match", "the default takes every event that no rule takes; it has no match") }
    Self.check(rest, "default", report)
    if !Self.warmLevels.contains(warmLevel) {
      report("warm_level", "must be from \(Self.warmLevels.lowerBound) to \(Self.warmLevels.upperBound)")
    }
    if let bytesPerSecond, bytesPerSecond < Self.leastBytesPerSecond {
      report("bytes_per_second", "must be at least \(Self.leastBytesPerSecond); leave it out for no limit")
    }
    for (key, age) in [("age_every", schedule.ageEvery), ("scrub_every", schedule.scrubEvery)]
    where age.microseconds < 60_000_000 {
      report("schedule.\(key)", "must be at least 1m")
    }
    if schedule.days?.isEmpty == true { report("schedule.days", "an empty list would never let it run; leave it out") }
    for (key, folder) in [("folder", archive.folder), ("units_folder", archive.unitsFolder)] {
      guard let folder, folder.isEmpty || folder.utf8.contains(0) || folder.utf8.count > 4_000 else { continue }
      report("archive.\(key)", "must be a path")
    }
    if archive.isOneFolder {
      let (key, others) = archive.unitsFolder == nil ? ("folder", "memory units") : ("units_folder", "events")
      report("archive.\(key)", "\(others) are archived there; each of both is a table of its own")
    }
    if let units { check(units, report) }
    for (index, month) in archive.heldMonths.enumerated() where ArchiveMonth(month) == nil {
      report("archive.held_months[\(index)]", "\"\(month)\" is no month; write 2026-11")
    }
    return found
  }

  static let leastBytesPerSecond = 1 << 16

  private static func check(_ rule: AgeingRule, _ path: String, _ report: (String, String) -> Void) {
    let conditions = [
      ("entity_type", rule.entityTypes, 255), ("dimension", rule.dimensions, 255), ("source", rule.sources, 255),
      ("scope", rule.scopes, 1023),
    ]
    for (key, texts, longest) in conditions {
      guard let texts else { continue }
      let place = "\(path).match.\(key)"
      if texts.isEmpty { report(place, "an empty list takes no event; leave it out to take any") }
      if texts.count > mostTexts { report(place, "at most \(mostTexts) texts, not \(texts.count)") }
      for text in texts where text.utf8.count > longest || text.utf8.contains(0) {
        report(place, "must have at most \(longest) bytes and no NUL")
      }
    }
    checkOrder(
      [("warm_after", rule.warmAfter), ("archive_after", rule.archiveAfter), ("expire_after", rule.expireAfter)],
      "events", path, report)
  }

  private func check(_ units: UnitPolicy, _ report: (String, String) -> Void) {
    if units.rules.count > Self.mostRules {
      report("units.rules", "at most \(Self.mostRules) rules, not \(units.rules.count)")
    }
    for (index, rule) in units.rules.enumerated() {
      let path = "units.rules[\(index)]"
      Self.check(rule, path, report)
      if rule.takesAll {
        report("\(path).match", "takes every unit, so that no later rule ever counts; write it as \"default\"")
      }
    }
    guard let rest = units.rest else { return }
    if !rest.takesAll {
      report("units.default.match", "the default takes every unit that no rule takes; it has no match")
    }
    Self.check(rest, "units.default", report)
  }

  private static func check(_ rule: UnitAgeingRule, _ path: String, _ report: (String, String) -> Void) {
    let conditions = [
      ("source_type", rule.sourceTypes, 0), ("content_type", rule.contentTypes, 1), ("status", rule.statuses, 1),
    ]
    for (key, texts, shortest) in conditions {
      guard let texts else { continue }
      let place = "\(path).match.\(key)"
      if texts.isEmpty { report(place, "an empty list takes no unit; leave it out to take any") }
      if texts.count > mostTexts { report(place, "at most \(mostTexts) texts, not \(texts.count)") }
      for text in texts {
        if !(shortest...UnitLimits.nameLength).contains(text.utf8.count) || text.utf8.contains(0) {
          report(place, "must have \(shortest) to \(UnitLimits.nameLength) bytes and no NUL")
        }
        if key == "source_type", text.hasPrefix(ReservedUnits.prefix) {
          report(place, "\"\(text)\" is of the store's own units, which never expire")
        }
      }
    }
    checkOrder(
      [("warm_after", rule.warmAfter), ("archive_after", rule.archiveAfter), ("expire_after", rule.expireAfter)],
      "units", path, report)
  }

  private static func checkOrder(
    _ ages: [(String, Age?)], _ what: String, _ path: String, _ report: (String, String) -> Void
  ) {
    for (index, (key, age)) in ages.enumerated() {
      guard let age else { continue }
      for (before, youngest) in ages[..<index] {
        if let youngest, age < youngest {
          report("\(path).\(key)", "\(age) is before the \(before) of \(youngest); \(what) only grow older")
        }
      }
    }
  }
}
