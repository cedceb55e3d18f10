public import StoreEngine

/// How the events and memory units of a store age: when they move to warm segments and to the archive, and when they expire.
///
/// Configuration, like the growth model; its file is specified in Formats/policy.md. The first rule that takes an event
/// decides, and `rest` takes what no rule takes. Every value of this type is valid: all ways to make one check it, and
/// throw a ``ConfigurationError`` that names every problem.
public struct AgeingPolicy: Sendable, Hashable {
  /// The newest version of the file format; a policy that says nothing of memory units is written in version 1.
  public static let formatVersion = 2
  /// The most rules beside `rest`.
  public static let mostRules = AgeingRules.mostRules - 1
  public static let warmLevels = 1...19

  /// In order.
  public let rules: [AgeingRule]
  public let rest: AgeingRule
  /// The level of Zstandard for warm segments. Pages of packed numbers, in which a higher one finds nothing more, take 3 at most.
  public let warmLevel: Int
  /// What maintenance may write in a second; nil for as much as it can.
  public let bytesPerSecond: Int?
  public let schedule: MaintenanceSchedule
  public let archive: ArchiveSettings
  /// Of memory units; nil where they go to colder tiers at the ages of `rest`.
  public let units: UnitPolicy?

  /// What is in force where a store names no policy: hot for 90 days, warm to one year, archive after.
  public static let standard = AgeingPolicy(
    unchecked: [], rest: standardRest, warmLevel: standardWarmLevel, bytesPerSecond: nil,
    schedule: MaintenanceSchedule(), archive: ArchiveSettings(), units: nil)

  static let standardRest = AgeingRule(warmAfter: Age(days: 90), archiveAfter: Age(days: 365))
  static let standardWarmLevel = 9

  /// Makes a policy in code.
  ///
  /// - Throws: every problem found, with key paths but without lines.
  public init(
    rules: [AgeingRule], rest: AgeingRule? = nil, warmLevel: Int? = nil, bytesPerSecond: Int? = nil,
    schedule: MaintenanceSchedule = MaintenanceSchedule(), archive: ArchiveSettings = ArchiveSettings(),
    units: UnitPolicy? = nil
  ) throws(ConfigurationError) {
    self.init(
      unchecked: rules, rest: rest ?? Self.standardRest, warmLevel: warmLevel ?? Self.standardWarmLevel,
      bytesPerSecond: bytesPerSecond, schedule: schedule, archive: archive, units: units)
    let problems = problems()
    if !problems.isEmpty { throw ConfigurationError(file: "", problems: problems) }
  }

  /// For the loader, which checks the whole and knows the lines.
  init(
    unchecked rules: [AgeingRule], rest: AgeingRule, warmLevel: Int, bytesPerSecond: Int?,
    schedule: MaintenanceSchedule, archive: ArchiveSettings, units: UnitPolicy?
  ) {
    self.rules = rules
    self.rest = rest
    self.warmLevel = warmLevel
    self.bytesPerSecond = bytesPerSecond
    self.schedule = schedule
    self.archive = archive
    self.units = units
  }

  /// Whether any event or version of a memory unit ever expires.
  var expiresAny: Bool { (rules + [rest]).contains { $0.expireAfter != nil } || units?.expiresAny == true }

  /// The policy as the engine applies it.
  var engineRules: AgeingRules {
    AgeingRules(
      rules, rest: rest, warmLevel: Int32(warmLevel), held: archive.heldTimes,
      units: (units ?? UnitPolicy()).engineRules(like: rest))
  }

  /// The same policy with other settings of the archive.
  func with(_ archive: ArchiveSettings) -> AgeingPolicy {
    AgeingPolicy(
      unchecked: rules, rest: rest, warmLevel: warmLevel, bytesPerSecond: bytesPerSecond, schedule: schedule,
      archive: archive, units: units)
  }
}
