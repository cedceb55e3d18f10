import StorageIO
public import StoreEngine

/// What reads need to know of a user: the time zone of their days, and their language.
///
/// It is stored as a memory unit of the reserved source type `growthring.profile`, so that it has versions as units
/// have, and no listing, search or count shows it.
public struct UserProfile: Sendable, Hashable {
  public var user: String
  public var timeZone: LocalZone?
  /// A language tag such as `de` or `pt-BR`; nil where nobody said.
  public var language: String?
  /// When this version came to be; the store sets it.
  public internal(set) var updatedAt: Timestamp?

  public init(user: String, timeZone: LocalZone? = nil, language: String? = nil) {
    self.user = user
    self.timeZone = timeZone
    self.language = language
  }

  /// Whether a text has the form of a language tag (RFC 5646): parts of up to eight letters and digits, the first of
  /// letters.
  public static func isLanguage(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    guard let first = parts.first, (2...8).contains(first.count), first.allSatisfy(isLetter), text.utf8.count <= 35
    else {
      return false
    }
    return parts.dropFirst().allSatisfy { part in
      (1...8).contains(part.count) && part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }
  }

  /// Out of its unit. Values that mean nothing to this program are left out.
  init(_ unit: MemoryUnit) {
    self.init(user: unit.user)
    updatedAt = unit.updatedAt
    let text = Array(unit.metadata.utf8)
    for field in JSONObjectScanner.fields(of: text) ?? [] where field.kind == .string {
      let value = JSONObjectScanner.text(text[field.value].dropFirst().dropLast())
      switch field.key {
      case "time_zone": timeZone = value.flatMap { LocalZone($0) }
      case "language": language = value
      default: break
      }
    }
  }

  /// The values as canonical JSON; empty where there is none.
  var metadata: String {
    var fields: [String] = []
    if let language { fields.append("\"language\":" + JSONEscape.quoted(language)) }
    if let timeZone { fields.append("\"time_zone\":" + JSONEscape.quoted(timeZone.identifier)) }
    return fields.isEmpty ? "" : "{" + fields.joined(separator: ",") + "}"
  }
}

extension GrowthSnapshot {
  /// The profile of a user; nil where there is none.
  public func profile(of user: String) throws(StoreError) -> UserProfile? {
    try unit(ReservedUnits.profile, of: user, content: false).map { UserProfile($0) }
  }
}

extension GrowthStore {
  /// The profile of a user; nil where there is none.
  public func profile(of user: String) async throws(StoreError) -> UserProfile? {
    try await unit(ReservedUnits.profile, of: user, content: false).map { UserProfile($0) }
  }

  /// All versions of a user's profile, the newest first.
  public func profileHistory(of user: String) async throws(StoreError) -> [UserProfile] {
    try await unitHistory(ReservedUnits.profile, of: user, content: false).map { UserProfile($0) }
  }

  /// Stores a profile as a new version; false where it says what the user's profile says already.
  ///
  /// - Throws: `invalidArgument` for a language that is none.
  @discardableResult
  public func set(_ profile: UserProfile) async throws(StoreError) -> Bool {
    if let language = profile.language, !UserProfile.isLanguage(language) {
      throw StoreError(.invalidArgument, "\"\(language)\" is no language tag such as de or pt-BR")
    }
    while true {
      let newest = try await unit(ReservedUnits.profile, of: profile.user, content: false)
      if (newest?.metadata ?? "") == profile.metadata { return false }
      var time = Timestamp(microseconds: engine.environment.clock.now())
      // A clock may stand still or run back.
      if let newest { time = max(time, Timestamp(microseconds: newest.updatedAt.microseconds + 1)) }
      let unit = MemoryUnit(
        muid: ReservedUnits.profile, user: profile.user, sourceType: ReservedUnits.profile,
        createdAt: newest?.createdAt ?? time, updatedAt: time, metadata: profile.metadata)
      // Somebody may have been faster with a version of the same time.
      if try await append([unit], mode: .strict, allowsReserved: true).rejections.isEmpty { return true }
    }
  }
}
