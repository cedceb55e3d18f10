import Synchronization

/// Row groups of archived files as segments in memory, within a bound: made at the first read, and gone when others were
/// used since.
package final class ArchiveCache: Sendable {
  private struct Key: Hashable {
    let fileID: UInt64
    let rowGroup: Int
  }

  private struct State {
    var segments: [Key: (segment: Segment, use: UInt64)] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  /// `limit` is in bytes. The last one that was made is kept whatever its size.
  package init(limit: Int) { self.limit = limit }

  /// Bytes that are kept now.
  package var used: Int { state.withLock { $0.bytes } }

  func find(_ fileID: UInt64, _ rowGroup: Int) -> Segment? {
    let key = Key(fileID: fileID, rowGroup: rowGroup)
    return state.withLock { state in
      state.uses += 1
      state.segments[key]?.use = state.uses
      return state.segments[key]?.segment
    }
  }

  func keep(_ segment: Segment, _ fileID: UInt64, _ rowGroup: Int) {
    let key = Key(fileID: fileID, rowGroup: rowGroup)
    state.withLock { state in
      if let former = state.segments[key] { state.bytes -= former.segment.fileLength }
      state.uses += 1
      state.segments[key] = (segment, state.uses)
      state.bytes += segment.fileLength
      while state.bytes > limit, state.segments.count > 1,
        let oldest = state.segments.min(by: { $0.value.use < $1.value.use })
      {
        state.bytes -= oldest.value.segment.fileLength
        state.segments[oldest.key] = nil
      }
    }
  }
}
