import StorageIO
import StoreEngine

extension Simulation {
  /// Plans what is to go wrong in one of the next calls of the disk.
  func planFault() {
    let call = world.disk.callCount + 1 + random.below(24)
    switch random.below(6) {
    case 0, 1, 2:
      note("power will go at call \(call)")
      world.disk.crash(atCall: call)
    case 3:
      note("call \(call) will fail")
      world.disk.failure(atCall: call, kind: .io)
    case 4:
      note("call \(call) will find no space")
      world.disk.failure(atCall: call, kind: .noSpace)
    default:
      let room = random.below(2_000)
      note("only \(room) bytes are left")
      world.disk.capacity = world.disk.usedBytes + room
    }
    isFaulty = true
  }

  /// Goes on after an operation has thrown.
  func survive(_ error: StoreError) throws {
    note("failed: \(error)")
    guard isFaulty else { throw failure("an error without a fault: \(error)") }
    if world.disk.isCrashed { return try recover() }
    statistics.failures += 1
    if isExpiring, try !findExpired() { return try recover() }
    if inFlight.isEmpty {
      // Maintenance, or a commit without new events: nothing may have changed, and it can be tried again.
      isPoisoned = isRefusing()
      try check()
      // A failure comes once; a full disk stays full for a while.
      if !isPoisoned, world.disk.capacity == nil || random.oneIn(2) { clearFaults() }
    } else {
      isPoisoned = isRefusing()
      if !isPoisoned { throw failure("the log failed, and the engine goes on") }
    }
    if isPoisoned {
      statistics.poisoned += 1
      try check()
    }
  }

  /// After a step of expiry that failed: finds out whether it was committed, as the writer does with its next flush. False
  /// where the power goes meanwhile.
  private func findExpired() throws -> Bool {
    var tries = 0
    while true {
      do {
        for partition in engine.partitions { try partition.reloadFiles() }
        break
      } catch {
        if world.disk.isCrashed { return false }
        tries += 1
        if tries > 3 { throw failure("the newest files cannot be read: \(error)") }
      }
    }
    try settleExpiry(unless: engine.snapshot())
    isExpiring = false
    return true
  }

  func clearFaults() {
    note("faults are over")
    world.disk.clearFaults()
    world.disk.capacity = nil
    isFaulty = false
  }

  /// Whether the engine refuses to commit. An empty batch asks without changing anything.
  private func isRefusing() -> Bool {
    do {
      _ = try engine.commit([EventBatch()], sync: false)
      return false
    } catch {
      return true
    }
  }

  /// After a failure of the log: everything is refused, nothing is forgotten, and reopening recovers.
  func reopenPoisoned() throws {
    if !isRefusing() { throw failure("the engine commits after a failure of its log") }
    try check()
    clearFaults()
    try recover(reopening: true)
  }

  func losePower() throws {
    note("power goes")
    world.disk.crash()
    isFaulty = true
    try recover()
  }

  /// Opens what a crash, a kill, or a failed log left, until that succeeds, and takes over what survived.
  ///
  /// `reopening` on the same machine: the process goes on or is started again, and nothing that was written is lost.
  func recover(reopening: Bool = false) throws {
    var powerWasLost = false
    while true {
      engine.close()
      if !reopening || world.disk.isCrashed {
        let isKill = random.oneIn(3)
        powerWasLost = powerWasLost || !isKill
        ended.append(Self.digest(of: world.disk))
        let disk = isKill ? world.disk.afterKill(seed: random.next()) : world.disk.afterCrash(seed: random.next())
        note(isKill ? "after a kill" : "after a power loss")
        if isKill { statistics.kills += 1 } else { statistics.powerLosses += 1 }
        world = SimulatedEnvironment(disk: disk, clock: world.clock, entropy: world.entropy)
        world.disk.capacity = nil
        reader = try Engine.openReader(
          world.environment, path: Self.path, identity: identity, options: options.engine)
      }
      isFaulty = false
      // Recovery can be hit as well.
      if !reopening && random.oneIn(4) { planFault() }
      do {
        engine = try Engine.openWriter(
          world.environment, path: Self.path, identity: identity, options: options.engine)
        break
      } catch {
        note("recovery failed: \(error)")
        guard isFaulty else { throw failure("recovery fails: \(error)") }
        if !world.disk.isCrashed { clearFaults() }
      }
    }
    isPoisoned = false
    try takeOver(powerWasLost: powerWasLost)
    try check()
    try checkReader()
  }

  /// Finds out which commits survived, and whether they may have.
  private func takeOver(powerWasLost: Bool) throws {
    let found = try StoreComparison.events(engine.snapshot())
    try settleExpiry(unless: engine.snapshot())
    isExpiring = false
    let units = try StoreComparison.units(engine.snapshot())
    let survivors = ModelStore(found, units: units, expiredAs: model)
    if survivors.units.count != units.count { throw failure("a unit is stored twice after recovery") }
    if survivors.events.count != found.count { throw failure("an event is stored twice after recovery") }
    // A power loss may take commits that were not synced, the last first.
    var candidate = powerWasLost ? durable : model
    var frames = powerWasLost ? pending : []
    let acknowledged = frames.count
    if !inFlight.isEmpty { frames.append(inFlight) }
    var kept = 0
    while candidate != survivors, kept < frames.count {
      candidate.adopt(frames[kept])
      kept += 1
    }
    guard candidate == survivors else {
      throw failure(
        "after recovery \(survivors.events.count) events and \(units.count) units are there, which is none of the states that may be: "
          + "\(durable.events.count) and \(durable.units.count) durable, then commits of \(frames.map(\.count)), the last "
          + (inFlight.isEmpty ? "acknowledged" : "under way"))
    }
    if kept < acknowledged { statistics.lostCommits += acknowledged - kept }
    if kept > acknowledged { statistics.keptInFlight += 1 }
    model = survivors
    durable = survivors
    pending = []
    inFlight = ModelStore.Frame()
    note("\(survivors.events.count) events and \(units.count) units survive")
  }
}
