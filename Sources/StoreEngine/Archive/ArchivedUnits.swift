import Columnar
import Synchronization

/// The memory units of an archived file, read when they are asked for: a row group without its contents, and of these the
/// pages that hold what is wanted.
final class ArchivedUnits: UnitGroupSource {
  let archive: Archive
  let index: UnitArchiveIndex
  /// Of the archived file.
  let path: String
  private let bytes: Bytes
  /// Of the index.
  private let indexBytes: Bytes
  private let indexPath: String
  private let fileID: UInt64
  /// Opened at the first read. Whoever reads a row group holds it, so that nobody decodes the same one beside him.
  private let reader = Mutex<(any ArchivedUnitReader)?>(nil)

  init(
    _ archive: Archive, _ index: UnitArchiveIndex, _ bytes: Bytes, fileID: UInt64, indexBytes: Bytes, indexPath: String
  ) {
    self.archive = archive
    self.index = index
    self.bytes = bytes
    self.indexBytes = indexBytes
    self.indexPath = indexPath
    self.fileID = fileID
    path = archive.storage.path(index.file.path)
  }

  func group(_ number: Int, isRead: Bool) throws(StoreError) -> UnitGroup {
    let group = try cached(number)
    guard isRead, let contents = group.elsewhere else { return group }
    return UnitGroup(group, contents: contents.kept)
  }

  private func cached(_ number: Int) throws(StoreError) -> UnitGroup {
    let key = ArchiveCache.Key(fileID: fileID, rowGroup: number, part: .rows)
    if let group = archive.cache.find(key, as: UnitGroup.self) { return group }
    return try reader.withLock { (reader) throws(StoreError) in
      if let group = archive.cache.find(key, as: UnitGroup.self) { return group }
      let (group, memory) = try decode(number, try open(&reader))
      archive.cache.keep(group, bytes: memory, key)
      return group
    }
  }

  func content(_ group: UnitGroup, _ row: Int) throws(StoreError) -> Bytes {
    guard let contents = group.elsewhere, contents.hashes[row] != UnitDigest.ofNothing else { return Bytes([]) }
    let place = contents.place(row)
    if let known = contents.known(place) { return known[place] }
    let key = ArchiveCache.Key(fileID: fileID, rowGroup: group.number, part: .contents)
    if let known = archive.cache.find(key, as: UnitContents.self), known.places.contains(place) { return known[place] }
    let file = try reader.withLock { (reader) throws(StoreError) in try open(&reader) }
    let read = try readContents(file, group, around: place, hashes: hashesByPlace(contents))
    if contents.keepsLast {
      contents.keep(read)
    } else {
      archive.cache.keep(read, bytes: read.memory, key)
    }
    return read[place]
  }

  func verify() throws(StoreError) {
    let file = try reader.withLock { (reader) throws(StoreError) in try open(&reader) }
    for number in index.footer.groups.indices {
      let (group, _) = try decode(number, file)
      guard let contents = group.elsewhere else { continue }
      let hashes = hashesByPlace(contents)
      var place = 0
      while place < group.rows {
        place = try readContents(file, group, around: place, hashes: hashes).places.upperBound
      }
    }
  }

  private func open(_ reader: inout (any ArchivedUnitReader)?) throws(StoreError) -> any ArchivedUnitReader {
    if let reader { return reader }
    let opened = try archive.format.openUnitReader(bytes, path: path)
    guard opened.rowGroupCount == index.footer.groups.count else {
      throw StoreError(.corruption, file: path, "\(opened.rowGroupCount) row groups; its index knows others")
    }
    reader = opened
    return opened
  }

  /// A row group in the order of segments, checked against its digest, and the memory that it takes.
  private func decode(
    _ number: Int, _ file: any ArchivedUnitReader
  ) throws(StoreError) -> (group: UnitGroup, memory: Int) {
    let entry = index.footer.groups[number]
    let hashes = try readHashes(entry)
    var versions = try file.versions(rowGroup: number)
    guard versions.count == entry.rows else {
      throw StoreError(
        .corruption, file: path, "row group \(number) has \(versions.count) rows; its index knows others")
    }
    var places: [UInt32]?
    // It is sorted by the texts of ids, which is not always the order of their stored form.
    if versions.indices.dropFirst().contains(where: { UnitVersion.compare(versions[$0 - 1], versions[$0]) > 0 }) {
      let order = versions.indices.sorted { UnitVersion.compare(versions[$0], versions[$1]) < 0 }
      versions = order.map { versions[$0] }
      places = order.map { UInt32($0) }
    }
    guard UnitDigest.digest(versions, contents: hashes) == index.digests[number] else {
      throw StoreError(.corruption, file: path, "the rows of row group \(number) are not those archived")
    }
    let memory = versions.reduce(hashes.count * 8) { $0 + $1.memory }
    let group = UnitGroup(
      number: number, versions: versions, contents: ContentsElsewhere(hashes: hashes, places: places))
    return (group, memory)
  }

  /// By row, the hash of the content.
  private func readHashes(_ entry: UnitSegmentFooter.Group) throws(StoreError) -> [UInt64] {
    let page: Bytes
    do throws(FormatError) {
      page = try entry.header.load(from: indexBytes, fileID: fileID)
    } catch {
      throw StoreError(error, file: indexPath)
    }
    return (0..<entry.rows).map { page.load($0 * 8, as: UInt64.self) }
  }

  private func hashesByPlace(_ contents: ContentsElsewhere) -> [UInt64] {
    guard let places = contents.places else { return contents.hashes }
    var hashes = contents.hashes
    for (row, place) in places.enumerated() { hashes[Int(place)] = contents.hashes[row] }
    return hashes
  }

  /// The contents that lie beside that of a place, each checked against its hash.
  private func readContents(
    _ file: any ArchivedUnitReader, _ group: UnitGroup, around place: Int, hashes: [UInt64]
  ) throws(StoreError) -> UnitContents {
    let (places, contents) = try file.contents(rowGroup: group.number, around: place)
    guard places.contains(place), places.upperBound <= hashes.count, contents.count == places.count else {
      throw StoreError(.corruption, file: path, "contents of other rows than those of row group \(group.number)")
    }
    for (content, place) in zip(contents, places) where UnitDigest.hash(content: content) != hashes[place] {
      throw StoreError(
        .corruption, file: path, "the content of row \(place) of row group \(group.number) is not the one archived")
    }
    return UnitContents(places: places, contents)
  }
}

extension UnitSegment {
  /// The archived file that it stands for; nil where it is none.
  var archived: UnitArchiveIndex? { (rowsElsewhere as? ArchivedUnits)?.index }

  /// Bytes of that file; 0 where there is none.
  package var archivedLength: Int { archived?.file.length ?? 0 }
}
