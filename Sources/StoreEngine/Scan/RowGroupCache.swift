import Columnar
import Synchronization

/// Row groups between two reads, with what they know of their pages, within a bound of memory.
///
/// To find the rows of one key a reader checks pages against their checksums and looks into their dictionaries, which
/// takes much longer than reading the rows. A read takes a row group out, so that nobody else uses it meanwhile, and puts it
/// back; what was not used for longest goes first.
package final class RowGroupCache: Sendable {
  // Unchecked because a row group belongs to one task at a time: whoever took it out of the cache.
  private struct Parked: @unchecked Sendable {
    let group: RowGroup
    let bytes: Int
    let use: UInt64
  }

  private struct Key: Hashable {
    let segment: ObjectIdentifier
    let group: Int
  }

  private struct State {
    var parked: [Key: Parked] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  /// `limit` is in bytes.
  package init(limit: Int = 64 << 20) { self.limit = limit }

  /// Takes a row group out, or opens it.
  func take(_ segment: Segment, _ index: Int) throws(StoreError) -> RowGroup {
    let key = Key(segment: ObjectIdentifier(segment), group: index)
    let parked: Parked? = state.withLock { state in
      guard let parked = state.parked.removeValue(forKey: key) else { return nil }
      state.bytes -= parked.bytes
      return parked
    }
    if let parked { return parked.group }
    return try segment.rowGroup(index)
  }

  /// Puts a row group back.
  func put(_ group: RowGroup) {
    let key = Key(segment: ObjectIdentifier(group.segment), group: group.index)
    let parked = Parked(group: group, bytes: group.heldBytes, use: 0)
    state.withLock { state in
      state.uses += 1
      let old = state.parked.updateValue(Parked(group: parked.group, bytes: parked.bytes, use: state.uses), forKey: key)
      state.bytes += parked.bytes - (old?.bytes ?? 0)
      if state.bytes > limit { Self.shrink(&state, to: limit / 8 * 7) }
    }
  }

  /// Forgets the row groups of all segments but these, whose files may be gone.
  package func keep(_ segments: [Segment], of former: [Segment]) {
    let gone = Set(former.map { ObjectIdentifier($0) }).subtracting(segments.map { ObjectIdentifier($0) })
    guard !gone.isEmpty else { return }
    state.withLock { state in
      for (key, parked) in state.parked where gone.contains(key.segment) {
        state.parked[key] = nil
        state.bytes -= parked.bytes
      }
    }
  }

  private static func shrink(_ state: inout State, to bytes: Int) {
    for (key, parked) in state.parked.sorted(by: { $0.value.use < $1.value.use }) {
      if state.bytes <= bytes { return }
      state.parked[key] = nil
      state.bytes -= parked.bytes
    }
  }
}
