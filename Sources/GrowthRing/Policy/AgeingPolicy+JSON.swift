import StoreEngine

extension AgeingPolicy {
  /// The policy as JSON: indented by two spaces, keys in a fixed order, a newline at the end.
  ///
  /// The same policy always gives the same text, and reading it gives the same policy.
  public func json() -> String {
    var writer = PrettyJSON()
    writer.object { root in
      root.field("version", number: "\(units == nil && archive.unitsFolder == nil ? 1 : Self.formatVersion)")
      if !rules.isEmpty { root.field("rules", objects: rules) { $0.write($1) } }
      root.field("default", object: { $0.write(rest) })
      root.field("warm_level", number: "\(warmLevel)")
      if let bytesPerSecond { root.field("bytes_per_second", number: "\(bytesPerSecond)") }
      root.field("schedule", object: { $0.write(schedule) })
      if archive != ArchiveSettings() { root.field("archive", object: { $0.write(archive) }) }
      if let units {
        root.field("units") { writer in
          if !units.rules.isEmpty { writer.field("rules", objects: units.rules) { $0.write($1) } }
          if let rest = units.rest { writer.field("default", object: { $0.write(rest) }) }
        }
      }
    }
    return writer.text + "\n"
  }
}

extension PrettyJSON {
  fileprivate mutating func write(_ rule: AgeingRule) {
    if !rule.takesAll {
      field("match") { writer in
        for (key, texts) in [
          ("entity_type", rule.entityTypes), ("dimension", rule.dimensions), ("source", rule.sources),
          ("scope", rule.scopes),
        ] {
          if let texts { writer.field(key, inline: texts.map(JSONEscape.quoted)) }
        }
      }
    }
    field("warm_after", string: rule.warmAfter?.description ?? "never")
    field("archive_after", string: rule.archiveAfter?.description ?? "never")
    field("expire_after", string: rule.expireAfter?.description ?? "never")
    field("keep_summary", number: rule.keepsSummary ? "true" : "false")
  }

  fileprivate mutating func write(_ rule: UnitAgeingRule) {
    if !rule.takesAll {
      field("match") { writer in
        for (key, texts) in [
          ("source_type", rule.sourceTypes), ("content_type", rule.contentTypes), ("status", rule.statuses),
        ] {
          if let texts { writer.field(key, inline: texts.map(JSONEscape.quoted)) }
        }
      }
    }
    field("warm_after", string: rule.warmAfter?.description ?? "never")
    field("archive_after", string: rule.archiveAfter?.description ?? "never")
    field("expire_after", string: rule.expireAfter?.description ?? "never")
    field("expire_versions_after", string: rule.expireVersionsAfter?.description ?? "never")
  }

  fileprivate mutating func write(_ archive: ArchiveSettings) {
    field("profile", string: archive.profile.rawValue)
    if let folder = archive.folder { field("folder", string: folder) }
    if let folder = archive.unitsFolder { field("units_folder", string: folder) }
    if !archive.heldMonths.isEmpty { field("held_months", inline: archive.heldMonths.map(JSONEscape.quoted)) }
  }

  fileprivate mutating func write(_ schedule: MaintenanceSchedule) {
    field("age_every", string: schedule.ageEvery.description)
    field("scrub_every", string: schedule.scrubEvery.description)
    if let window = schedule.window { field("window", string: window.description) }
    if let days = schedule.days { field("days", inline: days.map { JSONEscape.quoted($0.rawValue) }) }
    field("jitter", string: schedule.jitter.description)
  }
}
