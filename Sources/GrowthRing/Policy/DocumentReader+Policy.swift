import StoreEngine

/// The ageing policy out of a document. See Formats/policy.md.
extension DocumentReader {
  private static let policyKeys = [
    "version", "rules", "default", "warm_level", "bytes_per_second", "schedule", "archive", "units",
  ]

  mutating func policy(_ root: DocumentNode) -> AgeingPolicy {
    let fields = fields(root, "", Self.policyKeys)
    let version = self.version(fields["version"], root, newest: AgeingPolicy.formatVersion)
    if let node = fields["units"], version == 1 { report("units", node.line, "takes version 2 of the format") }
    var rules: [AgeingRule] = []
    if let node = fields["rules"] {
      for (index, element) in elements(node, "rules").enumerated() {
        rules.append(rule(element, "rules[\(index)]", AgeingRule()))
      }
    }
    let rest = fields["default"].map { rule($0, "default", AgeingRule()) } ?? AgeingPolicy.standardRest
    return AgeingPolicy(
      unchecked: rules, rest: rest,
      warmLevel: Int(count(fields["warm_level"], "warm_level", limit: 1_000) ?? Int64(AgeingPolicy.standardWarmLevel)),
      bytesPerSecond: count(fields["bytes_per_second"], "bytes_per_second", limit: 1 << 50).map { Int($0) },
      schedule: fields["schedule"].map { schedule($0, "schedule") } ?? MaintenanceSchedule(),
      archive: fields["archive"].map { archive($0, "archive", version: version) } ?? ArchiveSettings(),
      units: fields["units"].map { units($0, "units") })
  }

  private mutating func units(_ node: DocumentNode, _ path: String) -> UnitPolicy {
    let fields = fields(node, path, ["rules", "default"])
    var policy = UnitPolicy()
    if let node = fields["rules"] {
      for (index, element) in elements(node, "\(path).rules").enumerated() {
        policy.rules.append(unitRule(element, "\(path).rules[\(index)]"))
      }
    }
    policy.rest = fields["default"].map { unitRule($0, "\(path).default") }
    return policy
  }

  private static let unitRuleKeys = ["match", "warm_after", "archive_after", "expire_after", "expire_versions_after"]

  private mutating func unitRule(_ node: DocumentNode, _ path: String) -> UnitAgeingRule {
    let fields = fields(node, path, Self.unitRuleKeys)
    var rule = UnitAgeingRule()
    if let node = fields["match"] {
      let place = "\(path).match"
      let match = self.fields(node, place, ["source_type", "content_type", "status"])
      rule.sourceTypes = match["source_type"].map { texts($0, "\(place).source_type") }
      rule.contentTypes = match["content_type"].map { texts($0, "\(place).content_type") }
      rule.statuses = match["status"].map { texts($0, "\(place).status") }
    }
    rule.warmAfter = age(fields["warm_after"], "\(path).warm_after")
    rule.archiveAfter = age(fields["archive_after"], "\(path).archive_after")
    rule.expireAfter = age(fields["expire_after"], "\(path).expire_after")
    rule.expireVersionsAfter = age(fields["expire_versions_after"], "\(path).expire_versions_after")
    return rule
  }

  private mutating func archive(_ node: DocumentNode, _ path: String, version: Int?) -> ArchiveSettings {
    let fields = fields(node, path, ["profile", "folder", "units_folder", "held_months"])
    var settings = ArchiveSettings()
    if let node = fields["profile"] {
      settings.profile = choice(node, "\(path).profile", ParquetEventWriter.Profile.self) ?? .compatible
    }
    settings.folder = fields["folder"].flatMap { string($0, "\(path).folder") }
    if let node = fields["units_folder"] {
      if version == 1 { report("\(path).units_folder", node.line, "takes version 2 of the format") }
      settings.unitsFolder = string(node, "\(path).units_folder")
    }
    if let node = fields["held_months"] { settings.heldMonths = strings(node, "\(path).held_months") }
    return settings
  }

  private static let ruleKeys = ["match", "warm_after", "archive_after", "expire_after", "keep_summary"]

  private mutating func rule(_ node: DocumentNode, _ path: String, _ start: AgeingRule) -> AgeingRule {
    let fields = fields(node, path, Self.ruleKeys)
    var rule = start
    if let node = fields["match"] { match(node, "\(path).match", &rule) }
    rule.warmAfter = age(fields["warm_after"], "\(path).warm_after")
    rule.archiveAfter = age(fields["archive_after"], "\(path).archive_after")
    rule.expireAfter = age(fields["expire_after"], "\(path).expire_after")
    rule.keepsSummary = boolean(fields["keep_summary"], "\(path).keep_summary") ?? true
    return rule
  }

  private mutating func match(_ node: DocumentNode, _ path: String, _ rule: inout AgeingRule) {
    let fields = fields(node, path, ["entity_type", "dimension", "source", "scope"])
    rule.entityTypes = fields["entity_type"].map { texts($0, "\(path).entity_type") }
    rule.dimensions = fields["dimension"].map { texts($0, "\(path).dimension") }
    rule.sources = fields["source"].map { texts($0, "\(path).source") }
    rule.scopes = fields["scope"].map { texts($0, "\(path).scope") }
  }

  /// One text, or a list of them.
  private mutating func texts(_ node: DocumentNode, _ path: String) -> [String] {
    if case .string(let text) = node.value { return [text] }
    return strings(node, path)
  }

  /// An age; absent, null and `never` are none.
  private mutating func age(_ node: DocumentNode?, _ path: String) -> Age? {
    guard let node, node.value != .null else { return nil }
    guard let text = string(node, path), text != "never" else { return nil }
    if let age = Age(text) { return age }
    report(path, node.line, "\"\(text)\" is no age; write 12h, 90d, 2w, 1y or never")
    return nil
  }

  private static let scheduleKeys = ["age_every", "scrub_every", "window", "days", "jitter"]

  private mutating func schedule(_ node: DocumentNode, _ path: String) -> MaintenanceSchedule {
    let fields = fields(node, path, Self.scheduleKeys)
    var schedule = MaintenanceSchedule()
    if let age = age(fields["age_every"], "\(path).age_every") { schedule.ageEvery = age }
    if let age = age(fields["scrub_every"], "\(path).scrub_every") { schedule.scrubEvery = age }
    if let age = age(fields["jitter"], "\(path).jitter") { schedule.jitter = age }
    if let node = fields["window"], let text = string(node, "\(path).window") {
      schedule.window = MaintenanceSchedule.Window(text)
      if schedule.window == nil {
        report("\(path).window", node.line, "\"\(text)\" is no window; write 02:00-05:00, in UTC")
      }
    }
    if let node = fields["days"] {
      var days: [MaintenanceSchedule.Day] = []
      for (index, element) in elements(node, "\(path).days").enumerated() {
        if let day = choice(element, "\(path).days[\(index)]", MaintenanceSchedule.Day.self) { days.append(day) }
      }
      schedule.days = days
    }
    return schedule
  }
}
