public import StoreEngine

/// What is done with a unit whose content another unit of its user has already.
public enum DuplicateContents: String, CaseIterable, Sendable {
  /// Nothing: it is stored, and nobody looks.
  case allow
  /// It is stored, and named.
  case report
  /// It is refused.
  case reject
}

/// A unit with the content of another one.
public struct DuplicateContent: Hashable, Sendable {
  /// The unit's row in what was appended.
  public var row: Int
  public var user: String
  public var muid: String
  /// The unit that had the content before.
  public var original: String
}

/// The contents of users as far as they have been looked at, to find duplicates while units are appended.
///
/// Keep it from one append to the next: the contents of a user are read once, some 100 bytes are kept of each, and what
/// is appended by way of it is added. What others append meanwhile it does not see.
public struct KnownContents: Sendable {
  /// What to do with duplicates.
  public let rule: DuplicateContents
  private var users: [[UInt8]: Contents] = [:]

  /// The contents of one user.
  struct Contents: Sendable {
    private struct Newest {
      var updatedAt: Timestamp
      var fingerprint: ContentFingerprint?
    }

    /// In the order in which they came.
    private var owners: [ContentFingerprint: [[UInt8]]] = [:]
    private var newest: [[UInt8]: Newest] = [:]

    /// Whether a version is older than one that is known, so that its content counts no more.
    func isOld(_ unit: MemoryUnit) -> Bool {
      newest[Array(unit.muid.utf8)].map { $0.updatedAt > unit.updatedAt } ?? false
    }

    /// The unit, other than this one, that has the content; nil too where this unit is known to have it already.
    func original(of unit: MemoryUnit, _ fingerprint: ContentFingerprint) -> String? {
      guard let owners = owners[fingerprint], let first = owners.first, !owners.contains(Array(unit.muid.utf8)) else {
        return nil
      }
      return String(decoding: first, as: UTF8.self)
    }

    /// Takes the content that a unit has from now on.
    mutating func take(_ unit: MemoryUnit, _ fingerprint: ContentFingerprint?) {
      let muid = Array(unit.muid.utf8)
      if let before = newest[muid]?.fingerprint {
        owners[before]?.removeAll { $0 == muid }
        if owners[before]?.isEmpty == true { owners[before] = nil }
      }
      newest[muid] = Newest(updatedAt: unit.updatedAt, fingerprint: fingerprint)
      if let fingerprint { owners[fingerprint, default: []].append(muid) }
    }
  }

  public init(_ rule: DuplicateContents) { self.rule = rule }

  func knows(_ user: String) -> Bool { users[Array(user.utf8)] != nil }

  mutating func learn(_ user: String, _ contents: Contents) { users[Array(user.utf8)] = contents }

  /// Forgets what is uncertain; it is read again when it is needed.
  mutating func forget(_ user: String) { users[Array(user.utf8)] = nil }

  /// Takes a unit that is to be appended; the unit that has its content already, where it is a duplicate. One that will
  /// be rejected for that is not taken.
  mutating func original(of unit: MemoryUnit) -> String? {
    let key = Array(unit.user.utf8)
    guard users[key]?.isOld(unit) == false else { return nil }
    let fingerprint = unit.isDeleted ? nil : ContentFingerprint(unit.content)
    let original = fingerprint.flatMap { users[key]?.original(of: unit, $0) }
    if original == nil || rule != .reject { users[key]?.take(unit, fingerprint) }
    return original
  }
}

extension GrowthStore {
  /// Appends versions of memory units as `append(_:mode:)` does, and looks for contents that another unit of the same
  /// user has already: names them, and refuses their units where they are to be rejected.
  ///
  /// White space and the composition of characters do not count, and an empty content is like no other. Of two appends
  /// at the same time, neither sees the contents of the other.
  public func append(
    _ units: [MemoryUnit], mode: AppendMode = .strict, lookingIn contents: inout KnownContents
  ) async throws(StoreError) -> (receipt: UnitReceipt, duplicates: [DuplicateContent]) {
    if contents.rule == .allow { return (try await append(units, mode: mode), []) }
    for unit in units where !contents.knows(unit.user) {
      contents.learn(unit.user, try await self.contents(of: unit.user))
    }
    var duplicates: [DuplicateContent] = []
    var rejections: [UnitRejection] = []
    var kept: [Int] = []
    for (row, unit) in units.enumerated() {
      if let original = contents.original(of: unit) {
        duplicates.append(DuplicateContent(row: row, user: unit.user, muid: unit.muid, original: original))
        if contents.rule == .reject {
          let detail = "the unit \"\(original)\" of \"\(unit.user)\" has it already"
          rejections.append(
            UnitRejection(row: row, field: .content, reason: .duplicateContent, detail: detail))
          continue
        }
      }
      kept.append(row)
    }
    do throws(StoreError) {
      if let first = rejections.first, mode == .strict {
        throw StoreError(
          .rejected, "\(rejections.count) of \(units.count) units were refused; first \(first)",
          unitRejections: rejections)
      }
      var receipt = try await append(rejections.isEmpty ? units : kept.map { units[$0] }, mode: mode)
      for index in receipt.rejections.indices {
        receipt.rejections[index].row = kept[receipt.rejections[index].row]
        contents.forget(units[receipt.rejections[index].row].user)
      }
      receipt.rejections = (receipt.rejections + rejections).sorted { $0.row < $1.row }
      return (receipt, duplicates)
    } catch {
      for unit in units { contents.forget(unit.user) }
      throw error
    }
  }

  private func contents(of user: String) async throws(StoreError) -> KnownContents.Contents {
    let snapshot = try await snapshot()
    return try await readQueue.run { () throws(StoreError) in
      var contents = KnownContents.Contents()
      try snapshot.forEachUnit(of: user) { (unit) throws(StoreError) in
        contents.take(unit, ContentFingerprint(unit.content))
        return true
      }
      return contents
    }
  }
}
