import StorageIO
public import StoreEngine

/// Memory units: the texts from which growth comes.
extension GrowthStore {
  /// Appends versions of memory units. When it returns, they are on the disk (unless the store is `buffered`) and in every
  /// read.
  ///
  /// The version with the newest `updatedAt` is the unit, in whatever order they come. Sending a version again is safe: it is
  /// counted as duplicate. The same user, muid and `updatedAt` with other content is a conflict, which is reported and changes
  /// nothing.
  ///
  /// The growth model's rules for the metadata of units are asked here, but not of deletions.
  ///
  /// - Throws: `rejected` in strict mode; `invalidArgument` for more than 1,048,576 units or 256 MiB; `noSpace`, `io`,
  ///   `closed`: none of the units was acknowledged.
  public func append(_ units: [MemoryUnit], mode: AppendMode = .strict) async throws(StoreError) -> UnitReceipt {
    try await append(units, mode: mode, allowsReserved: false)
  }

  /// - Parameter allowsReserved: for units of the store's own, such as profiles, which follow no rules of the growth model.
  func append(
    _ units: [MemoryUnit], mode: AppendMode, allowsReserved: Bool
  ) async throws(StoreError) -> UnitReceipt {
    try checkAppending()
    let rules = model.unitRules
    var versions: [UnitVersion] = []
    var rows: [Int] = []
    var rejections: [UnitRejection] = []
    versions.reserveCapacity(units.count)
    for (row, unit) in units.enumerated() {
      do throws(UnitRejection) {
        let version = try UnitVersion(unit, row: row)
        if !allowsReserved { try Self.check(version, rules, row) }
        versions.append(version)
        rows.append(row)
      } catch {
        rejections.append(error)
      }
    }
    if let first = rejections.first, mode == .strict {
      throw StoreError(
        .rejected, "\(rejections.count) of \(units.count) units were refused; first \(first)",
        unitRejections: rejections)
    }
    let receipt = try await appends.append(versions)
    if options.compactsInBackground { indexFiller.note() }
    rejections += receipt.conflicts.map { UnitRejection(row: rows[$0], reason: .conflict) }
    return UnitReceipt(
      sequence: receipt.sequence, stored: receipt.stored, duplicates: receipt.duplicates,
      rejections: rejections.sorted { $0.row < $1.row })
  }

  private static func check(
    _ version: UnitVersion, _ rules: GrowthModel.UnitRules, _ row: Int
  ) throws(UnitRejection) {
    if ReservedUnits.isReserved(sourceType: version.fields.sourceType) {
      throw UnitRejection(
        row: row, field: .sourceType, reason: .malformed, detail: "\"\(ReservedUnits.prefix)\" is the store's own")
    }
    if version.fields.muid == ReservedUnits.storedProfile {
      throw UnitRejection(
        row: row, field: .muid, reason: .malformed, detail: "\"\(ReservedUnits.profile)\" is the store's own")
    }
    guard !version.fields.isDeleted, let broken = rules.violation(by: version.fields.metadata) else { return }
    throw UnitRejection(row: row, field: .metadata, reason: .metadataRule, detail: broken)
  }

  /// Deletes a unit: adds a version that says so. Its earlier versions stay in its history. False where there is no such
  /// unit, or it is deleted already.
  ///
  /// - Parameter time: when; now, or just after its newest version, where nothing is said.
  /// - Throws: `invalidArgument` for a time that is not after that of the newest version.
  public func deleteUnit(
    _ muid: String, of user: String, at time: Timestamp? = nil
  ) async throws(StoreError) -> Bool {
    var after = Timestamp.earliest
    while true {
      guard let newest = try await unit(muid, of: user, content: false) else { return false }
      if let time, time <= newest.updatedAt {
        throw StoreError(
          .invalidArgument, "the unit was changed at \(newest.updatedAt), which is not before \(time)")
      }
      var deleted = newest
      (deleted.title, deleted.content, deleted.metadata) = ("", "", "")
      deleted.importanceScore = nil
      deleted.isDeleted = true
      let next = Timestamp(microseconds: max(newest.updatedAt, after).microseconds + 1)
      deleted.updatedAt = time ?? max(next, Timestamp(microseconds: engine.environment.clock.now()))
      let receipt = try await append([deleted])
      if receipt.rejections.isEmpty { return true }
      // Somebody was faster with a version of the same time.
      if let time {
        throw StoreError(.invalidArgument, "the unit has another version of \(time)")
      }
      after = deleted.updatedAt
    }
  }

  /// A memory unit in its newest version; nil where there is none, or it was deleted.
  public func unit(
    _ muid: String, of user: String, content: Bool = true
  ) async throws(StoreError) -> MemoryUnit? {
    try await unitReads(of: user) { (reads, stored) throws(StoreError) in
      let newest = try reads.unit(user: stored, muid: Identifier.encode(muid), content: content)
      return newest.flatMap { $0.fields.isDeleted ? nil : $0.unit }
    }
  }

  /// All versions of a memory unit, the newest first, also those that say that it was deleted.
  public func unitHistory(
    _ muid: String, of user: String, content: Bool = true
  ) async throws(StoreError) -> [MemoryUnit] {
    try await unitReads(of: user) { (reads, stored) throws(StoreError) in
      try reads.history(user: stored, muid: Identifier.encode(muid), content: content).map(\.unit)
    }
  }

  private func unitReads<R: Sendable>(
    of user: String, _ body: @escaping @Sendable (UnitReads, _ user: [UInt8]) throws(StoreError) -> R
  ) async throws(StoreError) -> R {
    try checkOpen()
    let stored = Identifier.encode(user)
    let number = engine.identity.partition(ofUser: stored)
    return try await readQueue.run { () throws(StoreError) in
      try self.engine.refresh(only: [number])
      return try body(try self.engine.partitions[number].units(), stored)
    }
  }
}
