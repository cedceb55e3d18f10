public import StoreEngine

/// What is amiss with the memory units of a store or of one user, in numbers. Nothing of it keeps a unit from being
/// stored.
public struct UnitQuality: Sendable, Hashable {
  /// One kind of fault. The raw values are the names in JSON.
  public enum Fault: String, CaseIterable, Sendable {
    /// The title is empty or blank.
    case missingTitle = "missing_titles"
    /// The content is empty or blank.
    case emptyContent = "empty_contents"
    /// The growth model lists source types, and this is none of them, or it is empty.
    case unknownSourceType = "unknown_source_types"
    /// The growth model lists content types, and this is none of them.
    case unknownContentType = "unknown_content_types"
    /// Another unit of the user has the same content, see ``ContentFingerprint``: the first by muid is not counted.
    case duplicateContent = "duplicate_contents"
    /// The metadata break a rule of the growth model, which came into force after the unit was stored.
    case brokenRule = "broken_metadata_rules"

    /// For people.
    public var text: String {
      switch self {
      case .missingTitle: "missing titles"
      case .emptyContent: "empty contents"
      case .unknownSourceType: "unknown source types"
      case .unknownContentType: "unknown content types"
      case .duplicateContent: "duplicate contents"
      case .brokenRule: "broken metadata rules"
      }
    }
  }

  /// A unit with a fault.
  public struct Finding: Sendable, Hashable {
    public var user: String
    public var muid: String
    public var fault: Fault
    /// Which type or rule, or which unit has the content too; empty where there is no more to say.
    public var detail: String
  }

  /// Living units that were looked at.
  public internal(set) var units = 0
  /// Users who have some.
  public internal(set) var users = 0
  /// Units by fault; a unit may have several.
  public internal(set) var counts: [Fault: Int] = [:]
  /// The first faults in the order of users and muids, as many as were asked for.
  public internal(set) var findings: [Finding] = []

  public func count(_ fault: Fault) -> Int { counts[fault] ?? 0 }

  /// Whether nothing is amiss.
  public var isSound: Bool { counts.values.allSatisfy { $0 == 0 } }
}

/// Looks at units in the order of users.
struct UnitQualityCheck {
  private(set) var quality = UnitQuality()
  private let rules: GrowthModel.UnitRules
  private let sourceTypes: Set<[UInt8]>?
  private let contentTypes: Set<[UInt8]>?
  private let mostFindings: Int
  private var user: [UInt8]?
  /// Of the present user: the first unit with each content.
  private var contents: [ContentFingerprint: String] = [:]

  init(_ model: GrowthModel, mostFindings: Int) {
    rules = model.unitRules
    // As bytes, since strings are equal by meaning.
    sourceTypes = rules.sourceTypes.map { Set($0.map { Array($0.utf8) }) }
    contentTypes = rules.contentTypes.map { Set($0.map { Array($0.utf8) }) }
    self.mostFindings = mostFindings
  }

  mutating func look(at unit: MemoryUnit) {
    let owner = Array(unit.user.utf8)
    if owner != user {
      user = owner
      contents.removeAll()
      quality.users += 1
    }
    quality.units += 1
    if NormalizedText.isBlank(unit.title) { report(unit, .missingTitle) }
    if let fingerprint = ContentFingerprint(unit.content) {
      if let first = contents[fingerprint] {
        report(unit, .duplicateContent, first)
      } else {
        contents[fingerprint] = unit.muid
      }
    } else {
      report(unit, .emptyContent)
    }
    if let sourceTypes, !sourceTypes.contains(Array(unit.sourceType.utf8)) {
      report(unit, .unknownSourceType, unit.sourceType)
    }
    if let contentTypes, !contentTypes.contains(Array(unit.contentType.utf8)) {
      report(unit, .unknownContentType, unit.contentType)
    }
    if let broken = rules.violation(by: Array(unit.metadata.utf8)) {
      report(unit, .brokenRule, broken)
    }
  }

  private mutating func report(_ unit: MemoryUnit, _ fault: UnitQuality.Fault, _ detail: String = "") {
    quality.counts[fault, default: 0] += 1
    guard quality.findings.count < mostFindings else { return }
    quality.findings.append(.init(user: unit.user, muid: unit.muid, fault: fault, detail: detail))
  }
}

extension GrowthSnapshot {
  /// What is amiss with the living units of a user, or of all. Reads every content once.
  ///
  /// - Parameter mostFindings: so many units are named.
  public func unitQuality(of user: String? = nil, mostFindings: Int = 0) throws(StoreError) -> UnitQuality {
    var check = UnitQualityCheck(model, mostFindings: mostFindings)
    try forEachUnit(of: user) { (unit) throws(StoreError) in
      check.look(at: unit)
      return true
    }
    return check.quality
  }
}

extension GrowthStore {
  /// What is amiss with the living units of a user, or of all; see ``GrowthSnapshot/unitQuality(of:mostFindings:)``.
  public func unitQuality(of user: String? = nil, mostFindings: Int = 0) async throws(StoreError) -> UnitQuality {
    let snapshot = try await snapshot()
    return try await readQueue.run { () throws(StoreError) in
      try snapshot.unitQuality(of: user, mostFindings: mostFindings)
    }
  }
}
