import Columnar
import Synchronization

/// Row groups between two reads, with what they know of their pages, within a bound of memory.
///
/// To find the rows of one key a reader checks pages against their checksums and looks into their dictionaries, which
/// takes much longer than reading the rows. A read takes a row group out, so that nobody else uses it meanwhile, and puts it
/// back; what was not used for longest goes first.
package final class RowGroupCache: Sendable {
  // Unchecked because all of it is used under the lock only, and a row group that was taken out belongs to one task at a time.
  private final class Place: @unchecked Sendable {
    /// Nil while somebody reads with it.
    var group: RowGroup?
    var bytes = 0
    var use: UInt64 = 0
  }

  private struct Key: Hashable {
    let segment: ObjectIdentifier
    let group: Int
  }

  private struct State {
    /// Of every row group that was read and not forgotten. Places stay where they are while row groups come and go.
    var places: [Key: Place] = [:]
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
    let taken: Taken = state.withLock { state in
      guard let place = state.places[key] else { return Taken(group: nil) }
      defer { place.group = nil }
      if place.group != nil { state.bytes -= place.bytes }
      return Taken(group: place.group)
    }
    if let group = taken.group { return group }
    return try segment.rowGroup(index)
  }

  // Unchecked because whoever took a row group out is alone with it.
  private struct Taken: @unchecked Sendable {
    let group: RowGroup?
  }

  /// Bytes that are kept now.
  package var used: Int { state.withLock { $0.bytes } }

  /// Puts a row group back.
  func put(_ group: RowGroup) {
    let key = Key(segment: ObjectIdentifier(group.segment), group: group.index)
    let put = Taken(group: group)
    let bytes = group.heldBytes
    state.withLock { state in
      state.uses += 1
      let place = state.places[key] ?? Place()
      // Another task may have opened it once more and put that back before.
      if place.group != nil { state.bytes -= place.bytes }
      place.group = put.group
      place.bytes = bytes
      if place.use == 0 { state.places[key] = place }
      place.use = state.uses
      state.bytes += bytes
      if state.bytes > limit { Self.shrink(&state, to: limit / 8 * 7) }
    }
  }

  /// Forgets the row groups of all segments but these, whose files may be gone.
  package func keep(_ segments: [Segment], of former: [Segment]) {
    let gone = Set(former.map { ObjectIdentifier($0) }).subtracting(segments.map { ObjectIdentifier($0) })
    guard !gone.isEmpty else { return }
    state.withLock { state in
      for (key, place) in state.places where gone.contains(key.segment) { Self.forget(key, place, &state) }
    }
  }

  private static func shrink(_ state: inout State, to bytes: Int) {
    for (key, place) in state.places.sorted(by: { $0.value.use < $1.value.use }) {
      if state.bytes <= bytes { return }
      if place.group != nil { forget(key, place, &state) }
    }
  }

  private static func forget(_ key: Key, _ place: Place, _ state: inout State) {
    state.places[key] = nil
    if place.group != nil { state.bytes -= place.bytes }
    // Whoever holds it still finds nothing here.
    place.group = nil
  }
}
