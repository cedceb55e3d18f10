import Glibc

/// The files below a folder, by their paths within it, in the bytewise order of these.
///
/// Files and folders whose names begin with a point are left out, and symbolic links to folders are not followed, so
/// that the walk ends.
///
/// One of the few owners of unsafe code: it alone reads folders.
enum FolderWalk {
  private static let deepest = 64

  struct Found {
    var files: [String] = []
    /// Files and folders whose names are no UTF-8, with these repaired: what they hold cannot be told by a name.
    var unnamed: [String] = []
  }

  static func files(below root: String, where isWanted: (String) -> Bool) throws -> Found {
    var found = Found()
    var pending = [(path: "", depth: 0)]
    while let folder = pending.popLast() {
      let (entries, unnamed) = try entries(of: folder.path.isEmpty ? root : root + "/" + folder.path)
      for entry in unnamed where entry.isFolder || isWanted(entry.name) {
        found.unnamed.append(folder.path.isEmpty ? entry.name : folder.path + "/" + entry.name)
      }
      for entry in entries {
        let path = folder.path.isEmpty ? entry : folder.path + "/" + entry
        switch try kind(of: root + "/" + path) {
        case .folder:
          guard folder.depth < deepest else {
            throw CommandFailure("\(root)/\(path) lies deeper than \(deepest) folders", "Import a folder further down.")
          }
          pending.append((path, folder.depth + 1))
        case .file: if isWanted(entry) { found.files.append(path) }
        case .other: break
        }
      }
    }
    found.files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    found.unnamed.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return found
  }

  private enum Kind { case folder, file, other }

  /// Fails where that cannot be told: a file that was passed over would be taken for one that is gone.
  private static func kind(of path: String) throws -> Kind {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT { return .other }
      throw CommandFailure("cannot read \(path): \(SystemFailure.reason())", "Name a folder that you may read.")
    }
    if status.st_mode & S_IFMT == S_IFDIR { return .folder }
    guard unsafe stat(path, &status) == 0 else { return .other }
    return status.st_mode & S_IFMT == S_IFREG ? .file : .other
  }

  private static func entries(
    of folder: String
  ) throws -> (names: [String], unnamed: [(name: String, isFolder: Bool)]) {
    guard let stream = unsafe opendir(folder) else {
      throw CommandFailure("cannot read \(folder): \(SystemFailure.reason())", "Name a folder that you may read.")
    }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    var unnamed: [(name: String, isFolder: Bool)] = []
    while true {
      // The end and an error both return nil and differ in errno only.
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in unsafe Array(name.prefix { $0 != 0 }) }
      guard bytes.first != UInt8(ascii: ".") else { continue }
      if let name = String(validating: bytes, as: UTF8.self) {
        names.append(name)
      } else {
        // Its repaired form may be that of another file, and leads to none.
        let isFolder = unsafe Int32(entry.pointee.d_type) == Int32(DT_DIR)
        unnamed.append((String(decoding: bytes, as: UTF8.self), isFolder))
      }
    }
    guard errno == 0 else {
      throw CommandFailure("cannot read \(folder): \(SystemFailure.reason())", "Check the disk, then try again.")
    }
    return (names, unnamed)
  }

  /// Whether something is there that is no folder.
  static func isNoFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
  }

  /// When a file was last changed, in microseconds since 1970; nil where it is not there.
  static func changed(_ path: String) -> Int64? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000
  }
}
