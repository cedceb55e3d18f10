/// The keys of several files, and of a list, in order.
package struct ExpiredKeyMerge {
  private struct Source {
    let file: ExpiredKeyFile
    var entry = 0
    var head: ExpiredKey

    init(_ file: ExpiredKeyFile) throws(StoreError) {
      self.file = file
      try file.touch(0)
      head = file.key(0)
    }

    /// False at the end.
    mutating func advance() throws(StoreError) -> Bool {
      entry += 1
      guard entry < file.count else { return false }
      if entry % ExpiredKeyWriter.blockEntries == 0 { try file.touch(entry / ExpiredKeyWriter.blockEntries) }
      head = file.key(entry)
      return true
    }
  }

  private var sources: [Source] = []
  private let list: [ExpiredKey]
  private var place = 0

  /// `sorted` are keys of no file, in order.
  package init(_ files: [ExpiredKeyFile], sorted list: [ExpiredKey] = []) throws(StoreError) {
    self.list = list
    for file in files { sources.append(try Source(file)) }
  }

  package mutating func next() throws(StoreError) -> ExpiredKey? {
    var smallest: Int?
    for index in sources.indices where smallest.map({ sources[index].head < sources[$0].head }) ?? true {
      smallest = index
    }
    guard let smallest, place >= list.count || sources[smallest].head < list[place] else {
      guard place < list.count else { return nil }
      place += 1
      return list[place - 1]
    }
    let key = sources[smallest].head
    if try !sources[smallest].advance() { sources.remove(at: smallest) }
    return key
  }

  /// How many keys are there more than once: events that expired, came back and expired again, which must not be.
  package static func repeated(_ files: [ExpiredKeyFile]) throws(StoreError) -> Int {
    var merge = try ExpiredKeyMerge(files)
    var last: ExpiredKey?
    var repeated = 0
    while let key = try merge.next() {
      if key == last { repeated += 1 }
      last = key
    }
    return repeated
  }

  /// Writes all that is left as one file. `days` are those of the ids that `sorted` stands for.
  static func write(
    _ files: [ExpiredKeyFile], sorted list: [ExpiredKey], days: EventDays, fileID: UInt64, output: FileOutput
  ) throws(StoreError) -> ExpiredKeySummary {
    var merge = try ExpiredKeyMerge(files, sorted: list)
    var writer = try ExpiredKeyWriter(fileID: fileID, output: output)
    while let key = try merge.next() { try writer.append(key) }
    return try writer.finish(days: files.reduce(into: days) { $0.formUnion($1.days) })
  }
}
