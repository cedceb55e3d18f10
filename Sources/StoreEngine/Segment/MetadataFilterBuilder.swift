import Columnar

/// Gathers the paths and values of the metadata of a row group for its filter and its statistics. See Formats/encodings.md,
/// "Filter of metadata" and "Statistics of metadata".
///
/// It takes what the shredder has found anyway: the distinct values of every path in a page. So frequent metadata cost
/// nothing, and an event whose metadata are its own costs a hash for each value.
struct MetadataFilterBuilder {
  private struct Path {
    let hash: UInt64
    /// The hashes of values; some twice until they are settled.
    var values: [UInt64] = []
    /// Of all its numbers and times, also where it is open.
    var bounds = ValueBounds()
    /// How many values there may be before the path is open.
    let limit: Int
    var isOpen = false

    /// Leaves every hash once.
    mutating func settle() {
      values.sort()
      var kept = 0
      for index in values.indices where index == 0 || values[index] != values[kept - 1] {
        values[kept] = values[index]
        kept += 1
      }
      values.removeLast(values.count - kept)
      if kept > limit {
        values = []
        isOpen = true
      }
    }
  }

  /// The least number of values that any path may have.
  private static let fewest = 256
  /// A path may have a value for so many rows each.
  private static let rowsPerValue = 8
  private static let sourceMUID = MetadataPath.sourceMUID.pointer

  private let rows: Int
  private var names = ByteStringDictionary()
  private var paths: [Path] = []
  private var emptyPaths = ByteStringDictionary()
  private var splitter = JSONSplitter()
  private var form: [UInt8] = []
  /// Whether there is something that cannot be told.
  private var isUnknown = false

  init(rows: Int) { self.rows = rows }

  /// So many paths may there be, and so many values in all beside those of `source_muid`.
  private var mostEntries: Int { rows / 2 + 1_024 }

  /// Adds the texts of a page.
  mutating func add(_ page: MetadataShredder) {
    for column in page.columns {
      if column.path.isEmpty {
        for code in 0..<UInt32(column.values.count) { add(whole: code, of: column.values) }
      } else {
        add(column.values, under: column.path)
      }
    }
    for path in page.emptyPaths { _ = emptyPaths.intern(path) }
  }

  /// Adds the texts of a dictionary that codes name, each once, in the order in which they first come.
  mutating func add(_ texts: ByteStringDictionary, namedBy codes: ArraySlice<UInt32>) {
    var shredder = MetadataShredder()
    var isAdded = [Bool](repeating: false, count: texts.count)
    for code in codes where !isAdded[Int(code)] {
      isAdded[Int(code)] = true
      shredder.append(code, of: texts)
      if shredder.isFull {
        add(shredder)
        shredder = MetadataShredder()
      }
    }
    if shredder.count > 0 { add(shredder) }
  }

  private mutating func add(_ values: ByteStringDictionary, under name: [UInt8]) {
    let path = number(of: name)
    note(values, path)
    guard !paths[path].isOpen else { return }
    var form: [UInt8] = []
    swap(&form, &self.form)
    var hashes: [UInt64] = []
    swap(&hashes, &paths[path].values)
    let hash = paths[path].hash
    hashes.reserveCapacity(hashes.count + values.count)
    unsafe values.arena.withUnsafeBytes { arena in
      let text = unsafe Bytes(borrowing: arena)
      for code in 0..<UInt32(values.count) {
        let start = values.start(code)
        hashes.append(MetadataHash.value(text, start..<start + values.length(code), path: hash, &form))
      }
    }
    swap(&hashes, &paths[path].values)
    swap(&form, &self.form)
    settleLarge(path)
  }

  private mutating func note(_ values: ByteStringDictionary, _ path: Int) {
    var bounds = paths[path].bounds
    unsafe values.arena.withUnsafeBytes { arena in
      let text = unsafe Bytes(borrowing: arena)
      for code in 0..<UInt32(values.count) {
        let start = values.start(code)
        bounds.add(text, start..<start + values.length(code))
      }
    }
    paths[path].bounds = bounds
  }

  /// Adds a text that the shredder did not split.
  private mutating func add(whole code: UInt32, of texts: ByteStringDictionary) {
    guard !isUnknown else { return }
    let start = texts.start(code)
    let place = start..<start + texts.length(code)
    unsafe texts.arena.withUnsafeBytes { arena in
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: arena[place])
      guard unsafe splitter.split(bytes, mostHoles: .max) else {
        isUnknown = true
        return
      }
      let text = unsafe Bytes(borrowing: bytes)
      for index in splitter.holes.indices {
        let path = number(of: splitter.paths[index])
        paths[path].bounds.add(text, splitter.holes[index])
        if paths[path].isOpen { continue }
        let value = MetadataHash.value(text, splitter.holes[index], path: paths[path].hash, &form)
        paths[path].values.append(value)
        settleLarge(path)
      }
      for path in splitter.emptyPaths { _ = emptyPaths.intern(path) }
    }
    if names.count + emptyPaths.count > mostEntries { isUnknown = true }
  }

  private mutating func number(of name: [UInt8]) -> Int {
    let number = Int(names.intern(name))
    if number == paths.count {
      let limit = name == Self.sourceMUID ? Int.max / 4 : max(Self.fewest, rows / Self.rowsPerValue)
      paths.append(Path(hash: MetadataHash.path(name), limit: limit))
    }
    return number
  }

  private mutating func settleLarge(_ path: Int) {
    if paths[path].values.count > 2 * min(paths[path].limit, 1 << 20) { paths[path].settle() }
  }

  /// The stored form of the filter; nil where there are more paths than are worth one.
  func build() -> (kind: KeyFilter.Kind, bytes: [UInt8])? {
    guard !isUnknown else { return nil }
    var hashes: [UInt64] = []
    for names in [names, emptyPaths] {
      for code in 0..<UInt32(names.count) { Self.append(pathsTo: names.bytes(code), to: &hashes) }
    }
    guard hashes.count <= mostEntries else { return nil }
    var settled = paths
    for index in settled.indices { settled[index].settle() }
    // Those of few values first: they tell most for their size.
    var left = mostEntries - hashes.count
    let order = settled.indices.sorted { (settled[$0].values.count, $0) < (settled[$1].values.count, $1) }
    for index in order {
      let path = settled[index]
      let isFree = names.bytes(UInt32(index)) == Self.sourceMUID
      if !path.isOpen, isFree || path.values.count <= left {
        hashes += path.values
        if !isFree { left -= path.values.count }
      } else {
        hashes.append(MetadataHash.openPath(path.hash))
      }
    }
    hashes.sort()
    var distinct: [UInt64] = []
    distinct.reserveCapacity(hashes.count)
    for hash in hashes where hash != distinct.last { distinct.append(hash) }
    return KeyFilter.buildFine(distinct)
  }

  /// What is known of numbers and times; nil where there are more paths than are worth it.
  func statistics() -> MetadataStatistics? {
    guard !isUnknown, names.count <= mostEntries else { return nil }
    return MetadataStatistics(
      paths.indices.map { MetadataStatistics.Entry(path: names.bytes(UInt32($0)), bounds: paths[$0].bounds) })
  }

  /// Appends the hashes of a path and of all above it.
  private static func append(pathsTo name: [UInt8], to hashes: inout [UInt64]) {
    var name = name
    while !name.isEmpty {
      hashes.append(MetadataHash.path(name))
      // Slashes of keys are written in another way.
      let last = name.lastIndex(of: UInt8(ascii: "/")) ?? 0
      name.removeLast(name.count - last)
    }
  }
}
