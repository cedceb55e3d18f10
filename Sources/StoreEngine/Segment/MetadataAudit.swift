import Columnar

/// Checks that a filter of metadata knows texts, and that statistics are those of the texts and no others.
struct MetadataAudit {
  private let filter: KeyFilter?
  private let statistics: MetadataStatistics?
  private var splitter = JSONSplitter()
  private var form: [UInt8] = []
  /// The paths of the texts so far, and the bounds of each.
  private var names = ByteStringDictionary()
  private var bounds: [ValueBounds] = []

  init(_ filter: KeyFilter?, _ statistics: MetadataStatistics? = nil) {
    self.filter = filter
    self.statistics = statistics
  }

  /// Whether string `code` of a dictionary cannot be pruned by any condition on paths and values that it satisfies.
  mutating func knows(_ code: UInt32, of texts: ByteStringDictionary) -> Bool {
    let start = texts.start(code)
    let place = start..<start + texts.length(code)
    return unsafe texts.arena.withUnsafeBytes { arena -> Bool in
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: arena[place])
      // There would be neither a filter nor statistics.
      guard unsafe splitter.split(bytes, mostHoles: .max) else { return false }
      let text = unsafe Bytes(borrowing: bytes)
      if statistics != nil { note(text) }
      guard let filter else { return true }
      for (hole, name) in zip(splitter.holes, splitter.paths) {
        let path = MetadataHash.path(name)
        guard filter.mayContain(path) else { return false }
        let value = MetadataHash.value(text, hole, path: path, &form)
        guard filter.mayContain(value) || filter.mayContain(MetadataHash.openPath(path)) else { return false }
      }
      return splitter.emptyPaths.allSatisfy { $0.isEmpty || filter.mayContain(MetadataHash.path($0)) }
    }
  }

  private mutating func note(_ text: Bytes) {
    for (hole, name) in zip(splitter.holes, splitter.paths) {
      let number = Int(names.intern(name))
      if number == bounds.count { bounds.append(ValueBounds()) }
      bounds[number].add(text, hole)
    }
  }

  /// Whether the statistics say of all the texts together what is true: of each listed path its bounds exactly, and that there
  /// are no others where they say so.
  func holds() -> Bool {
    guard let statistics else { return true }
    var listed = 0
    for (number, bounds) in bounds.enumerated() {
      guard let known = statistics.bounds(names.bytes(UInt32(number))) else {
        if statistics.isComplete, !bounds.isEmpty { return false }
        continue
      }
      guard known == bounds else { return false }
      listed += 1
    }
    return listed == statistics.entries.count
  }
}
