/// The bytes of one simulated file, as they can be read now and as a power loss may leave them.
struct SimulatedContent: Sendable {
  /// The unit that a drive writes whole or not at all, in bytes.
  static let sectorSize = 512

  private enum Change: Sendable {
    case write(offset: Int, bytes: [UInt8])
    case resize(Int)
  }

  private enum Standing {
    /// Not synced yet: may survive, and the next sync makes it durable.
    case pending
    /// A sync failed over it: may survive, and no sync will ever make it durable.
    case doubtful
    /// Synced, but made after a doubtful change, so that it cannot be merged into `settled` yet.
    case durable
  }

  private struct Entry: Sendable {
    var change: Change
    var standing: Standing
  }

  /// What reading sees: all changes.
  private(set) var visible: [UInt8] = []
  /// What survives for certain, up to the first change in `entries`.
  private var settled: [UInt8] = []
  /// What was done since, oldest first.
  private var entries: [Entry] = []

  init(durable: [UInt8] = []) {
    visible = durable
    settled = durable
  }

  mutating func write(_ bytes: [UInt8], at offset: Int) {
    guard !bytes.isEmpty else { return }
    record(.write(offset: offset, bytes: bytes))
  }

  mutating func resize(to size: Int) { record(.resize(size)) }

  /// Everything written so far becomes durable, except what an earlier failure left in doubt.
  mutating func sync() {
    for index in entries.indices where entries[index].standing == .pending { entries[index].standing = .durable }
    let merged = entries.firstIndex { $0.standing != .durable } ?? entries.count
    for entry in entries[..<merged] { Self.apply(entry.change, to: &settled) }
    entries.removeFirst(merged)
  }

  /// A sync that reports an error: the system drops the unsynced changes from its list of things to write, so they stay
  /// readable but no later sync covers them.
  mutating func failSync() {
    for index in entries.indices where entries[index].standing == .pending { entries[index].standing = .doubtful }
  }

  /// What a power loss leaves.
  func surviving(_ random: inout SeededGenerator) -> [UInt8] {
    var result = settled
    var survival = Survival(of: entries.count { $0.standing != .durable }, &random)
    for entry in entries {
      switch entry.standing == .durable ? .kept : survival.next(&random) {
      case .kept: Self.apply(entry.change, to: &result)
      case .lost: break
      case .torn: Self.applyTorn(entry.change, to: &result, &random)
      }
    }
    return result
  }

  /// Damages one byte on the medium, whichever of the changes over it survive.
  mutating func corrupt(at offset: Int, xor mask: UInt8) {
    visible[offset] ^= mask
    if offset < settled.count { settled[offset] ^= mask }
    for index in entries.indices {
      if case .write(let start, var bytes) = entries[index].change, (start..<start + bytes.count).contains(offset) {
        bytes[offset - start] ^= mask
        entries[index].change = .write(offset: start, bytes: bytes)
      }
    }
  }

  private mutating func record(_ change: Change) {
    Self.apply(change, to: &visible)
    entries.append(Entry(change: change, standing: .pending))
  }

  private static func apply(_ change: Change, to bytes: inout [UInt8]) {
    switch change {
    case .write(let offset, let new): overwrite(&bytes, new[...], at: offset)
    case .resize(let size): resize(&bytes, to: size)
    }
  }

  /// A part of a change. The file's size travels apart from its data, so a write at the end may leave the new size with
  /// zeros in place of what did not arrive.
  private static func applyTorn(_ change: Change, to bytes: inout [UInt8], _ random: inout SeededGenerator) {
    guard case .write(let offset, let new) = change else { return }
    let sizeArrives = random.oneIn(2)
    if sizeArrives { resize(&bytes, to: max(bytes.count, offset + new.count)) }
    if random.oneIn(2) {
      // It stopped at some byte.
      overwrite(&bytes, new[..<random.below(new.count + 1)], at: offset)
      return
    }
    // Sectors arrived in any order, some of them not at all.
    var start = 0
    while start < new.count {
      let end = min(new.count, start + sectorSize - (offset + start) % sectorSize)
      if random.oneIn(2) { overwrite(&bytes, new[start..<end], at: offset + start) }
      start = end
    }
  }

  private static func resize(_ bytes: inout [UInt8], to size: Int) {
    if size < bytes.count {
      bytes.removeLast(bytes.count - size)
    } else {
      bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
    }
  }

  /// Writes over what is there and appends the rest, filling a gap with zeros.
  private static func overwrite(_ bytes: inout [UInt8], _ new: ArraySlice<UInt8>, at offset: Int) {
    guard !new.isEmpty else { return }
    if bytes.count < offset { resize(&bytes, to: offset) }
    let inside = new.prefix(bytes.count - offset)
    bytes.replaceSubrange(offset..<offset + inside.count, with: inside)
    bytes.append(contentsOf: new.dropFirst(inside.count))
  }
}
