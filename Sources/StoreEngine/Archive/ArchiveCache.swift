import Synchronization

/// Row groups of archived files in memory, within a bound: made at the first read, and gone when others were used since.
package final class ArchiveCache: Sendable {
  /// What is kept of a row group.
  enum Part: Sendable {
    /// Events as a segment, memory units as a row group without contents.
    case rows
    /// Some contents of memory units.
    case contents
  }

  struct Key: Hashable, Sendable {
    let fileID: UInt64
    let rowGroup: Int
    var part = Part.rows
  }

  private struct Entry: Sendable {
    let object: any AnyObject & Sendable
    let bytes: Int
    var use: UInt64
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  /// `limit` is in bytes. The last one that was made is kept whatever its size.
  package init(limit: Int) { self.limit = limit }

  /// Bytes that are kept now.
  package var used: Int { state.withLock { $0.bytes } }

  func find<T: AnyObject & Sendable>(_ key: Key, as type: T.Type) -> T? {
    state.withLock { state in
      state.uses += 1
      state.entries[key]?.use = state.uses
      return state.entries[key]?.object as? T
    }
  }

  func keep(_ object: any AnyObject & Sendable, bytes: Int, _ key: Key) {
    state.withLock { state in
      if let former = state.entries[key] { state.bytes -= former.bytes }
      state.uses += 1
      state.entries[key] = Entry(object: object, bytes: bytes, use: state.uses)
      state.bytes += bytes
      while state.bytes > limit, state.entries.count > 1,
        let oldest = state.entries.min(by: { $0.value.use < $1.value.use })
      {
        state.bytes -= oldest.value.bytes
        state.entries[oldest.key] = nil
      }
    }
  }
}
