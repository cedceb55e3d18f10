package import Columnar
package import StorageIO
import Synchronization

/// An archive in a folder, with a folder below it for the first part of every name.
package struct ArchiveFolder: ArchiveStorage {
  package let root: String
  private let disk: any Disk
  private let made = MadeFolders()

  package init(_ root: String, disk: any Disk) {
    self.root = root
    self.disk = disk
  }

  package func path(_ name: String) -> String { root + "/" + name }

  package func create(_ name: String) throws(StoreError) -> any ArchiveOutput {
    let folder = try makeFolder(of: name)
    return Output(try FileOutput.create(path(name), disk: disk), folder: folder, disk: disk)
  }

  package func putIfAbsent(_ name: String, _ bytes: [UInt8]) throws(StoreError) -> Bool {
    let folder = try makeFolder(of: name)
    let temporary = path(name) + StoreLayout.temporarySuffix
    do {
      if try disk.exists(temporary) { try disk.remove(temporary) }
      let file = try disk.open(temporary, .create)
      try file.write(bytes, at: 0)
      try file.sync()
      try file.close()
      try disk.link(temporary, path(name))
    } catch  where error.kind == .alreadyExists && error.path != temporary {
      try onDisk { () throws(DiskError) in try disk.remove(temporary) }
      return false
    } catch {
      try? disk.remove(temporary)
      throw StoreError(error)
    }
    do {
      try disk.remove(temporary)
    } catch  where error.kind == .notFound {
      // Somebody else who puts the same took it for what a crash has left.
    } catch {
      throw StoreError(error)
    }
    try onDisk { () throws(DiskError) in try disk.syncDirectory(folder) }
    return true
  }

  package func open(_ name: String) throws(StoreError) -> Bytes {
    Bytes(try onDisk { () throws(DiskError) in try disk.map(path(name)) })
  }

  /// Small ones are copied, since each mapping that goes interrupts all processors.
  package func read(_ name: String, length: Int) throws(StoreError) -> Bytes {
    guard length <= Self.largestCopy else { return try open(name) }
    return Bytes(try onDisk { () throws(DiskError) in try disk.read(path(name)) })
  }

  private static let largestCopy = 1 << 20

  package func list(_ prefix: String) throws(StoreError) -> [String] {
    guard try onDisk({ () throws(DiskError) in try disk.exists(root) }) else { return [] }
    var names: [String] = []
    for folder in try onDisk({ () throws(DiskError) in try disk.list(root) }) where folder.hasPrefix(prefix) {
      names += try onDisk { () throws(DiskError) in try disk.list(path(folder)) }.map { folder + "/" + $0 }
    }
    return names
  }

  package func remove(_ name: String) throws(StoreError) {
    do {
      try disk.remove(path(name))
    } catch  where error.kind == .notFound {
      return
    } catch {
      throw StoreError(error)
    }
  }

  /// The folders that are known to be there, durably.
  private final class MadeFolders: Sendable {
    private let paths = Mutex<Set<String>>([])

    func contains(_ path: String) -> Bool { paths.withLock { $0.contains(path) } }
    func insert(_ path: String) { _ = paths.withLock { $0.insert(path) } }
  }

  /// Makes the folder of an object. The first time also where it is there, all is synced: whoever made it may not have lived
  /// to do so.
  private func makeFolder(of name: String) throws(StoreError) -> String {
    let first = name.prefix { $0 != "/" }
    let folder = path(String(first))
    if made.contains(folder) { return folder }
    try onDisk { () throws(DiskError) in
      try disk.createDirectory(folder)
      var parent = root[...]
      // The archive's own folder, and the two above it, which may be new as well.
      for _ in 0..<3 where !parent.isEmpty {
        try disk.syncDirectory(String(parent))
        guard let slash = parent.lastIndex(of: "/") else { break }
        parent = parent[..<slash]
      }
    }
    made.insert(folder)
    return folder
  }

  private final class Output: ArchiveOutput {
    private let file: FileOutput
    private let folder: String
    private let disk: any Disk

    init(_ file: FileOutput, folder: String, disk: any Disk) {
      self.file = file
      self.folder = folder
      self.disk = disk
    }

    var offset: Int { file.offset }

    func append(_ bytes: [UInt8]) throws(StoreError) { try file.append(bytes) }

    func publish() throws(StoreError) {
      try file.publish(disk: disk)
      try onDisk { () throws(DiskError) in try disk.syncDirectory(folder) }
    }

    func discard() { disk.discard(file.path) }
  }
}
