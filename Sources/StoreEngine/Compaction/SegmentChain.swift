import Columnar

/// Segments whose rows follow each other in the order of keys, as one merge writes them. A merge reads them one after the other,
/// so that they take the memory of one.
struct SegmentChain {
  private(set) var segments: [Segment]

  var rows: Int { segments.reduce(0) { $0 + $1.rows } }

  /// Few chains of some segments. `written` has the files of merges, each in their order: they follow each other even where the
  /// events of one entity go on from one file to the next, which bounds do not tell.
  static func of(_ segments: [Segment], written: [[UInt64]] = []) -> [SegmentChain] {
    var rest = segments
    var links: [SegmentChain] = []
    for files in written {
      let link = files.compactMap { file in rest.first { $0.fileID == file } }
      guard !link.isEmpty, link.count == files.count else { continue }
      links.append(SegmentChain(segments: link))
      rest.removeAll { files.contains($0.fileID) }
    }
    links += rest.map { SegmentChain(segments: [$0]) }
    let order = links.indices.sorted { a, b in
      let compared = links[a].compareStart(links[b])
      return compared != 0 ? compared < 0 : a < b
    }
    var chains: [SegmentChain] = []
    for index in order {
      if let place = chains.firstIndex(where: { $0.endsBefore(links[index]) }) {
        chains[place].segments += links[index].segments
      } else {
        chains.append(links[index])
      }
    }
    return chains
  }

  private func compareStart(_ other: SegmentChain) -> Int {
    guard let a = segments.first?.footer.rowGroups.first, let b = other.segments.first?.footer.rowGroups.first else {
      return 0
    }
    let users = Bytes.compare(a.firstUser, b.firstUser)
    return users != 0 ? users : Bytes.compare(a.firstEntity, b.firstEntity)
  }

  private func endsBefore(_ other: SegmentChain) -> Bool {
    guard let last = segments.last?.footer.rowGroups.last, let first = other.segments.first?.footer.rowGroups.first
    else { return false }
    let users = Bytes.compare(last.lastUser, first.firstUser)
    return users != 0 ? users < 0 : Bytes.compare(last.lastEntity, first.firstEntity) < 0
  }

  // MARK: Reading

  /// All rows, nothing of which is recoded.
  var pages: any SortedSource { Source(segments.map { SegmentPages($0) }) }

  /// All rows in chunks that can be handed on.
  var scan: any SortedSource { Source(segments.map { SegmentScan($0) }) }

  private final class Source: SortedSource {
    /// The next one last, so that each goes with its memory when it was read.
    private var sources: [any SortedSource]

    init(_ sources: [any SortedSource]) { self.sources = sources.reversed() }

    var keepsTexts: Bool { sources.last?.keepsTexts ?? false }

    func next() throws(StoreError) -> EventBatch? {
      while let source = sources.last {
        if let batch = try source.next() { return batch }
        sources.removeLast()
      }
      return nil
    }
  }
}
