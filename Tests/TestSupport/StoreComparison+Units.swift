package import StoreEngine

extension StoreComparison {
  /// All versions of memory units that a store has.
  package static func units(_ views: [PartitionView]) throws -> [MemoryUnit] {
    var units: [MemoryUnit] = []
    for view in views {
      try view.units.forEachVersion(after: 0, content: true) { version in
        units.append(version.unit)
        return true
      }
    }
    return units
  }

  /// Who the versions of memory units are that a store has.
  package static func unitKeys(_ views: [PartitionView]) throws -> Set<ModelStore.UnitKey> {
    Set(try units(views).map { ModelStore.UnitKey($0) })
  }

  /// What differs in memory units, in words: all versions, the listing of what lives, one unit and its history, and what came
  /// after a frame.
  static func unitProblems(
    _ views: [PartitionView], _ identity: StoreIdentity, _ model: ModelStore, _ random: inout SimulationRandom
  ) throws -> [String] {
    var problems: [String] = []
    let found = try units(views)
    var seen: Set<ModelStore.UnitKey> = []
    for unit in found {
      if !seen.insert(.init(unit)).inserted { problems.append("stored twice: \(unit)") }
      let expected = model.units[.init(unit)]
      if expected == nil { problems.append("stored, but never acknowledged: \(unit)") }
      if let expected, expected != .init(unit) { problems.append("stored \(unit), was \(expected.unit)") }
    }
    for (key, unit) in model.units where !seen.contains(key) { problems.append("lost: \(unit.unit)") }
    let count = views.reduce(0) { $0 + $1.units.versionCount }
    if count != model.units.count { problems.append("counts \(count) of \(model.units.count) versions") }
    if !problems.isEmpty { return problems }

    var newest: [[[UInt8]]: ModelStore.StoredUnit] = [:]
    for (key, unit) in model.units {
      if let known = newest[[key.user, key.muid]], known.unit.updatedAt > key.updatedAt { continue }
      newest[[key.user, key.muid]] = unit
    }
    let living = newest.values.filter { !$0.unit.isDeleted }
    var merge = UnitMerge(try views.flatMap { try $0.units.cursors() })
    var listed: [MemoryUnit] = []
    var last: UnitVersion?
    while let item = try merge.nextUnit() {
      if let last, UnitVersion.compare(last, item.version) >= 0 { problems.append("listed out of order") }
      last = item.version
      if !item.version.fields.isDeleted { listed.append(try item.complete().unit) }
    }
    if listed.count != living.count || !listed.allSatisfy({ unit in living.contains(.init(unit)) }) {
      problems.append("lists \(listed.count) units, not the \(living.count) that live")
    }

    for (condition, holds) in [
      ("metadata.tags contains 'launch'", { $0.contains("launch") }), ("metadata.a >= 1", { $0.contains("\"a\":1") }),
      ("not metadata.tags exists", { !$0.contains("tags") }), ("metadata.tags contains 'none'", { _ in false }),
    ] as [(String, (String) -> Bool)] {
      let predicate = try MetadataPredicate(condition)
      var merge = UnitMerge(try views.flatMap { try $0.units.cursors(where: predicate) })
      var count = 0
      while let item = try merge.next(versions: false, where: predicate) {
        if !item.version.fields.isDeleted { count += 1 }
      }
      let expected = living.count { holds($0.unit.metadata) }
      if count != expected { problems.append("\(count) units with \(condition), not \(expected)") }
    }

    let (user, muid) = (random.pick(EventMaker.users), random.pick(UnitMaker.muids))
    let view = views[identity.partition(ofUser: Identifier.encode(user))]
    let expected = model.unitHistory(muid, of: user)
    let keys = (user: Identifier.encode(user), muid: Identifier.encode(muid))
    let history = try view.units.history(user: keys.user, muid: keys.muid, content: true).map(\.unit)
    if history.map({ ModelStore.StoredUnit($0) }) != expected {
      problems.append("history of \(user), \(muid): \(history)")
    }
    let one = try view.units.unit(user: keys.user, muid: keys.muid, content: true)?.unit
    if one.map({ ModelStore.StoredUnit($0) }) != expected.first {
      problems.append("\(user), \(muid) is \(String(describing: one))")
    }
    let titles = try view.units.unit(user: keys.user, muid: keys.muid, content: false)?.unit.title
    if titles != expected.first?.unit.title { problems.append("the title of \(user), \(muid) alone") }
    var ofUser = UnitMerge(try view.units.cursors(user: keys.user))
    var distinct: Set<[UInt8]> = []
    while let item = try ofUser.nextUnit() { distinct.insert(item.version.muid) }
    let wanted = Set(model.units.keys.filter { $0.user == Array(user.utf8) }.map(\.muid))
    if distinct.count != wanted.count { problems.append("\(distinct.count) units of \(user), not \(wanted.count)") }

    // Every version has the number of one frame, so what is above a number and what is not are all.
    for view in views {
      var all: [UInt64] = []
      try view.units.forEachVersion(after: 0, content: false) { version in
        all.append(version.sequence)
        return true
      }
      guard let bound = all.isEmpty ? nil : random.pick(all) else { continue }
      var after = 0
      try view.units.forEachVersion(after: bound, content: false) { version in
        if version.sequence <= bound { problems.append("frame \(version.sequence) is not after \(bound)") }
        after += 1
        return true
      }
      if after != all.filter({ $0 > bound }).count { problems.append("\(after) versions after \(bound)") }
    }
    return problems
  }
}
