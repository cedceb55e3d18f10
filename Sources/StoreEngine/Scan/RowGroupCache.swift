import Columnar
import Synchronization

/// Row groups between two reads, with what they know of their pages, within a bound of memory.
///
/// To find the rows of one key a reader checks pages against their checksums and looks into their dictionaries, which
/// takes much longer than reading the rows. A read takes a row group out, so that nobody else uses it meanwhile, and puts it
/// back; what was not used for longest goes first.
package final class RowGroupCache: Sendable {
  /// A row group of a segment, and what is asked before it is taken out.
  private struct Place {
    /// Nil while somebody reads with it, and where there is none.
    var group: RowGroup?
    /// Its table of pairs, once it has one: also while somebody reads with it.
    var pairs: RowGroupPairs?
    /// The slots of that table.
    var slots = RowGroupPairs.Slots.none
    var bytes = 0
    var use: UInt64 = 0
  }

  // Unchecked because all of it is used under the lock only, and a row group that was taken out belongs to one task at a time.
  private final class Places: @unchecked Sendable {
    /// Held, so that no other segment gets its identity meanwhile.
    let segment: Segment
    var all: [Place]

    init(_ segment: Segment) {
      self.segment = segment
      all = [Place](repeating: Place(), count: segment.rowGroupCount)
    }
  }

  private struct State {
    var segments: [ObjectIdentifier: Places] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  /// `limit` is in bytes.
  package init(limit: Int = 64 << 20) { self.limit = limit }

  /// A row group that a read may need.
  struct Wanted {
    let segment: Segment
    let index: Int
  }

  /// Takes those row groups out, or opens them, that may hold the pair of a `QuickHash`, and appends them to `groups`.
  ///
  /// The tables of pairs of all are asked first, side by side, so that the waits for memory overlap: a store may have some
  /// twenty segments a partition, most of which have nothing of a pair, and these are not touched.
  func take(_ wanted: [Wanted], pair hash: UInt64, to groups: inout [RowGroup]) throws(StoreError) {
    let taken: [Taken] = state.withLock { state in
      var taken: [Taken] = []
      taken.reserveCapacity(wanted.count)
      for each in wanted {
        let places = state.segments[ObjectIdentifier(each.segment)]
        places?.all[each.index].slots.prefetch(hash)
        taken.append(Taken(places: places))
      }
      state.uses += 1
      for index in wanted.indices {
        guard let places = taken[index].places else { continue }
        let group = wanted[index].index
        places.all[group].use = state.uses
        if !places.all[group].slots.mayContain(hash) {
          taken[index].isWanted = false
        } else if places.all[group].group != nil {
          swap(&taken[index].group, &places.all[group].group)
          state.bytes -= places.all[group].bytes
        }
      }
      return taken
    }
    for index in wanted.indices where taken[index].isWanted {
      if let group = taken[index].group {
        groups.append(group)
      } else {
        groups.append(try wanted[index].segment.rowGroup(wanted[index].index))
      }
    }
  }

  // Unchecked because whoever took a row group out is alone with it, and places are looked into under the lock only.
  private struct Taken: @unchecked Sendable {
    var places: Places?
    var group: RowGroup?
    var isWanted = true
  }

  /// Bytes that are kept now.
  package var used: Int { state.withLock { $0.bytes } }

  /// Puts row groups back.
  func put(_ groups: [RowGroup]) {
    let given = groups.map { Taken(places: nil, group: $0) }
    state.withLock { state in
      for each in given {
        if let group = each.group { Self.put(group, &state) }
      }
      if state.bytes > limit { Self.shrink(&state, to: limit / 8 * 7) }
    }
  }

  private static func put(_ group: RowGroup, _ state: inout State) {
    let segment = ObjectIdentifier(group.segment)
    let places = state.segments[segment] ?? Places(group.segment)
    state.segments[segment] = places
    // Another task may have opened it once more and put that back before.
    if places.all[group.index].group != nil { state.bytes -= places.all[group.index].bytes }
    state.uses += 1
    places.all[group.index] = Place(
      group: group, pairs: group.pairs, slots: group.pairs?.slots ?? .none, bytes: group.heldBytes, use: state.uses)
    state.bytes += group.heldBytes
  }

  /// Forgets the row groups of all segments but these, whose files may be gone.
  package func keep(_ segments: [Segment], of former: [Segment]) {
    let gone = Set(former.map { ObjectIdentifier($0) }).subtracting(segments.map { ObjectIdentifier($0) })
    guard !gone.isEmpty else { return }
    state.withLock { state in
      for segment in gone {
        guard let places = state.segments.removeValue(forKey: segment) else { continue }
        for index in places.all.indices { Self.forget(index, of: places, &state) }
      }
    }
  }

  private static func shrink(_ state: inout State, to bytes: Int) {
    var kept: [(use: UInt64, places: Places, index: Int)] = []
    for places in state.segments.values {
      for (index, place) in places.all.enumerated() where place.group != nil { kept.append((place.use, places, index)) }
    }
    kept.sort { $0.use < $1.use }
    for (_, places, index) in kept {
      if state.bytes <= bytes { return }
      forget(index, of: places, &state)
      if places.all.allSatisfy({ $0.group == nil }) { state.segments[ObjectIdentifier(places.segment)] = nil }
    }
  }

  /// Whoever holds places finds nothing where one was forgotten.
  private static func forget(_ index: Int, of places: Places, _ state: inout State) {
    if places.all[index].group != nil { state.bytes -= places.all[index].bytes }
    places.all[index] = Place()
  }
}
