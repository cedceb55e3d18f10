#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The machine's own files. New files get mode 0644 and new directories 0755, less the umask.
package final class POSIXDisk: Disk {
  private let live = POSIXCounters()

  package init() {}

  package var counters: DiskCounters { live.snapshot }

  package func createDirectory(_ path: String) throws(DiskError) {
    try naming("createDirectory", path) { () throws(ErrorNumber) in try Self.makeDirectories(path) }
  }

  package func list(_ path: String) throws(DiskError) -> [String] {
    try naming("list", path) { () throws(ErrorNumber) in
      try SystemCall.names(in: path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }

  package func exists(_ path: String) throws(DiskError) -> Bool {
    try naming("exists", path) { () throws(ErrorNumber) in
      do throws(ErrorNumber) {
        _ = try SystemCall.status(of: path)
        return true
      } catch {
        // Nothing exists below a file either.
        if error.code == ENOENT || error.code == ENOTDIR { return false }
        throw error
      }
    }
  }

  package func size(_ path: String) throws(DiskError) -> Int {
    try naming("size", path) { () throws(ErrorNumber) in
      let status = try SystemCall.status(of: path)
      if status.isDirectory { throw ErrorNumber(EISDIR) }
      return status.size
    }
  }

  package func open(_ path: String, _ mode: FileMode) throws(DiskError) -> any DiskFile {
    let flags =
      switch mode {
      case .read: O_RDONLY
      case .create: O_RDWR | O_CREAT | O_EXCL
      case .append: O_RDWR | O_CREAT
      }
    let descriptor = try naming("open", path) { () throws(ErrorNumber) in
      let descriptor = try SystemCall.openDescriptor(path, flags)
      // The kernel opens a directory for reading, and only the first read would fail.
      if mode == .read { try Self.checkFile(descriptor) }
      return descriptor
    }
    return POSIXFile(descriptor: descriptor, path: path, isWritable: mode != .read, counters: live)
  }

  package func map(_ path: String) throws(DiskError) -> Mapping {
    try reading("map", path) { descriptor, size throws(ErrorNumber) in
      if size <= Mapping.largestCopy { return Mapping(copying: try SystemCall.read(descriptor, at: 0, count: size)) }
      return try Mapping(descriptor: descriptor, count: size)
    }
  }

  package func read(_ path: String) throws(DiskError) -> [UInt8] {
    try reading("read", path) { descriptor, size throws(ErrorNumber) in
      try SystemCall.read(descriptor, at: 0, count: size)
    }
  }

  package func expect(_ paths: [String]) {
    for path in paths {
      guard let descriptor = try? SystemCall.openDescriptor(path, O_RDONLY) else { continue }
      SystemCall.expectReading(descriptor)
      try? SystemCall.closeDescriptor(descriptor)
    }
  }

  package func rename(_ from: String, _ to: String) throws(DiskError) {
    try naming("rename", from) { () throws(ErrorNumber) in try SystemCall.renameEntry(from, to) }
  }

  package func link(_ existing: String, _ new: String) throws(DiskError) {
    try naming("link", new) { () throws(ErrorNumber) in try SystemCall.linkEntry(existing, new) }
  }

  package func remove(_ path: String) throws(DiskError) {
    try naming("remove", path) { () throws(ErrorNumber) in try SystemCall.removeEntry(path) }
  }

  package func syncDirectory(_ path: String) throws(DiskError) {
    try naming("syncDirectory", path) { () throws(ErrorNumber) in
      let descriptor = try SystemCall.openDescriptor(path, O_RDONLY | O_DIRECTORY)
      defer { try? SystemCall.closeDescriptor(descriptor) }
      try SystemCall.syncAll(descriptor)
    }
    live.addSync()
  }

  package func tryLock(_ path: String) throws(DiskError) -> (any DiskLock)? {
    try naming("tryLock", path) { () throws(ErrorNumber) -> POSIXLock? in
      let descriptor = try SystemCall.openDescriptor(path, O_RDWR | O_CREAT)
      // From here on the lock object closes the descriptor, whatever happens.
      let lock = POSIXLock(descriptor: descriptor)
      return try SystemCall.tryLock(descriptor) ? lock : nil
    }
  }

  /// Opens a file and hands on its descriptor together with the size of that very file, so that a replacement by rename
  /// in between cannot mix two files.
  private func reading<Result>(
    _ operation: String, _ path: String, _ body: (Int32, Int) throws(ErrorNumber) -> Result
  ) throws(DiskError) -> Result {
    try naming(operation, path) { () throws(ErrorNumber) in
      let descriptor = try SystemCall.openDescriptor(path, O_RDONLY)
      defer { try? SystemCall.closeDescriptor(descriptor) }
      let status = try SystemCall.status(of: descriptor)
      if status.isDirectory { throw ErrorNumber(EISDIR) }
      return try body(descriptor, status.size)
    }
  }

  /// Closes the descriptor and throws if it is a directory.
  private static func checkFile(_ descriptor: Int32) throws(ErrorNumber) {
    do throws(ErrorNumber) {
      if try SystemCall.status(of: descriptor).isDirectory { throw ErrorNumber(EISDIR) }
    } catch {
      try? SystemCall.closeDescriptor(descriptor)
      throw error
    }
  }

  private static func makeDirectories(_ path: String) throws(ErrorNumber) {
    do throws(ErrorNumber) {
      try SystemCall.makeDirectory(path)
    } catch {
      switch error.code {
      case ENOENT:
        guard let parent = parent(of: path) else { throw error }
        try makeDirectories(parent)
        do throws(ErrorNumber) {
          try SystemCall.makeDirectory(path)
        } catch {
          // Somebody else may have made it meanwhile.
          try acceptDirectory(path, error)
        }
      default:
        try acceptDirectory(path, error)
      }
    }
  }

  /// Swallows the error of making a directory that is there already, also where the disk is read-only.
  private static func acceptDirectory(_ path: String, _ error: ErrorNumber) throws(ErrorNumber) {
    guard let status = try? SystemCall.status(of: path), status.isDirectory else { throw error }
  }

  /// The path without its last component; nil where that leaves nothing to create.
  private static func parent(of path: String) -> String? {
    let trimmed = path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }
    let rest = trimmed.drop { $0 != UInt8(ascii: "/") }.drop { $0 == UInt8(ascii: "/") }
    return rest.isEmpty ? nil : String(decoding: rest.reversed(), as: UTF8.self)
  }
}
