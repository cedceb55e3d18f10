import StorageIO
public import StoreEngine

/// What the ageing policy would move at this moment.
public struct AgeingForecast: Sendable, Hashable {
  public enum Step: String, Sendable, Hashable, CaseIterable {
    case warm, archive, expire
  }

  /// The events that one rule would bring to one stage.
  public struct Line: Sendable, Hashable {
    /// The index of the rule; nil for the default.
    public var rule: Int?
    public var step: Step
    public var events: Int
    /// What the events take now.
    public var bytes: Int
    /// How much less they would take, where that is known: measured on a sample for warm segments, not known of the archive;
    /// for events that expire, less what is kept of them, of which aggregates are estimated.
    public var saves: Int?
  }

  /// The versions of memory units that one rule would bring to one stage.
  public struct UnitLine: Sendable, Hashable {
    /// The index of the rule among those of memory units; nil for the default.
    public var rule: Int?
    public var step: Step
    public var versions: Int
    /// What they take now, about.
    public var bytes: Int
  }

  /// In the order of the rules; only rules and steps with events.
  public var lines: [Line] = []
  /// The same of memory units. What comes to the archive in one step comes to warm segments in one before.
  public var unitLines: [UnitLine] = []
  /// Events, and versions of memory units, that have come of age, but lie in segments of which less than half has; they move when
  /// that does, and to the archive within a month.
  public var waiting = 0
  /// Events, and versions of memory units, that only the log holds yet: nothing else counts them. They go to files first, which
  /// maintenance begins with.
  public var unwritten = 0
  /// Those of them that have come of age.
  public var unwrittenOfAge = 0
}

extension GrowthStore {
  /// What the given policy, or the one in force, would move now. Reads times, and the columns that rules ask for; changes
  /// nothing. Complexity: O(events in segments that a boundary of the policy goes through).
  public func forecast(_ policy: AgeingPolicy? = nil) async throws(StoreError) -> AgeingForecast {
    let inForce: AgeingPolicy
    if let policy { inForce = policy } else { inForce = try self.policy() }
    let snapshot = try await snapshot()
    return try await readQueue.run { () throws(StoreError) in
      let moment = AgeingMoment(inForce.engineRules, at: self.engine.environment.clock.now())
      var forecast = AgeingForecast()
      for rule in moment.rules.rules.indices {
        for step in AgeingForecast.Step.allCases {
          let place = rule < inForce.rules.count ? rule : nil
          forecast.lines.append(.init(rule: place, step: step, events: 0, bytes: 0, saves: step == .archive ? nil : 0))
        }
      }
      for view in snapshot.views {
        let manifest = view.files.manifest
        let rows = manifest.segments.reduce(0) { $0 + $1.rows }
        let runs = manifest.runs.reduce(0) { $0 + $1.length }
        for (entry, segment) in zip(manifest.segments, view.files.segments) {
          try forecast.add(entry, segment, moment, runBytesPerRow: Double(runs) / Double(max(1, rows)))
        }
        for ages in try view.unitAgeing(moment) { forecast.add(ages) }
        let unwritten = view.unwritten(moment)
        forecast.unwritten += unwritten.all
        forecast.unwrittenOfAge += unwritten.ofAge
      }
      forecast.unitLines.sort { a, b in
        a.rule != b.rule ? (a.rule ?? .max) < (b.rule ?? .max) : a.step == .warm && b.step != .warm
      }
      forecast.lines.removeAll { $0.events == 0 }
      return forecast
    }
  }
}

extension AgeingForecast {
  /// Adds a unit segment.
  fileprivate mutating func add(_ ages: PartitionView.UnitAges) {
    let (entry, counts) = (ages.entry, ages.counts)
    func sum(_ stage: AgeingStage) -> Int { counts.reduce(0) { $0 + $1[Int(stage.rawValue)] } }
    let rest = entry.rows - sum(.expired)
    let isWarmed = entry.tier == .hot && sum(.hot) * 2 <= rest
    // Half of it is of age, or something has been for a month.
    let isArchived = entry.tier != .archive && (sum(.archive) * 2 >= rest || ages.overdue > 0)
    if entry.tier == .hot, !isWarmed { waiting += rest - sum(.hot) - (isArchived ? sum(.archive) : 0) }
    if entry.tier == .warm, !isArchived { waiting += sum(.archive) }
    for (place, ofRule) in counts.enumerated() {
      // Those of no rule, and the store's own, are one line.
      let rule = place < counts.count - 2 ? place : nil
      let expired = ofRule[Int(AgeingStage.expired.rawValue)]
      let archived = isArchived ? ofRule[Int(AgeingStage.archive.rawValue)] : 0
      // A segment becomes warm as a whole.
      let warmed = isWarmed ? ofRule.reduce(0, +) - expired - archived : 0
      for (step, versions) in [(Step.warm, warmed), (.archive, archived), (.expire, expired)] where versions > 0 {
        let bytes = Int(Double(entry.length) * Double(versions) / Double(entry.rows))
        if let index = unitLines.firstIndex(where: { $0.rule == rule && $0.step == step }) {
          unitLines[index].versions += versions
          unitLines[index].bytes += bytes
        } else {
          unitLines.append(UnitLine(rule: rule, step: step, versions: versions, bytes: bytes))
        }
      }
    }
  }

  fileprivate mutating func add(
    _ entry: Manifest.SegmentEntry, _ segment: Segment, _ moment: AgeingMoment, runBytesPerRow: Double
  ) throws(StoreError) {
    let survey = try SegmentSurvey(segment, moment)
    guard survey.rows(from: .warm) > 0 else { return }
    // What expires goes first.
    let expired = survey.rows(from: .expired)
    let due = survey.rows(from: .warm) - expired
    let isWaiting = entry.tier == .hot && due * 2 < entry.rows - expired
    var saved = entry.tier == .hot ? try segment.savedByZstandard(level: moment.rules.warmLevel) : 0
    // Such a segment is not rewritten.
    if due == entry.rows - expired, saved < Segment.leastSaving { saved = 0 }
    // Half of what is left is of age, or something has been for a month.
    var isWaitingForArchive = survey.rows(at: .archive) * 2 < entry.rows - expired
    if isWaitingForArchive, entry.tier != .archive {
      isWaitingForArchive = try SegmentSurvey(segment, moment.overdue).rows(at: .archive) == 0
    }
    for (rule, counts) in survey.counts.enumerated() {
      for (index, step) in Step.allCases.enumerated() {
        let rows = counts[index + 1]
        guard rows > 0, step != .warm || entry.tier == .hot, step != .archive || entry.tier != .archive else {
          continue
        }
        if step == .warm && isWaiting || step == .archive && isWaitingForArchive {
          waiting += rows
          continue
        }
        let place = rule * Step.allCases.count + index
        let bytes = Int(Double(entry.length + segment.archivedLength) * Double(rows) / Double(entry.rows))
        lines[place].events += rows
        lines[place].bytes += bytes
        switch step {
        case .warm: lines[place].saves = (lines[place].saves ?? 0) + Int(Double(bytes) * saved)
        case .archive: break
        case .expire:
          // A key of each stays, and the sums of most in a sealed run like those of others in runs.
          let summary = moment.rules.rules[rule].keepsSummary ? runBytesPerRow : 0
          let kept = Int(Double(rows) * (ExpiredKey.bytesOfKey + summary))
          lines[place].saves = (lines[place].saves ?? 0) + max(0, bytes - kept)
        }
      }
    }
  }
}
