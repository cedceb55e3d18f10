import Glibc

/// The files below a folder, by their paths within it, in the bytewise order of these.
///
/// Files and folders whose names begin with a point are left out, and symbolic links to folders are not followed, so
/// that the walk ends.
///
/// One of the few owners of unsafe code: it alone reads folders.
enum FolderWalk {
  private static let deepest = 64

  static func files(below root: String, where isWanted: (String) -> Bool) throws -> [String] {
    var found: [String] = []
    var pending = [(path: "", depth: 0)]
    while let folder = pending.popLast() {
      for entry in try entries(of: folder.path.isEmpty ? root : root + "/" + folder.path) {
        let path = folder.path.isEmpty ? entry : folder.path + "/" + entry
        switch try kind(of: root + "/" + path) {
        case .folder:
          guard folder.depth < deepest else {
            throw CommandFailure("\(root)/\(path) lies deeper than \(deepest) folders", "Import a folder further down.")
          }
          pending.append((path, folder.depth + 1))
        case .file: if isWanted(entry) { found.append(path) }
        case .other: break
        }
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
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

  private static func entries(of folder: String) throws -> [String] {
    guard let stream = unsafe opendir(folder) else {
      throw CommandFailure("cannot read \(folder): \(SystemFailure.reason())", "Name a folder that you may read.")
    }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while true {
      // The end and an error both return nil and differ in errno only.
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in unsafe Array(name.prefix { $0 != 0 }) }
      // A name that is no UTF-8 could not be told from its repaired form.
      guard bytes.first != UInt8(ascii: "."), let name = String(validating: bytes, as: UTF8.self) else { continue }
      names.append(name)
    }
    guard errno == 0 else {
      throw CommandFailure("cannot read \(folder): \(SystemFailure.reason())", "Check the disk, then try again.")
    }
    return names
  }

  /// When a file was last changed, in microseconds since 1970; nil where it is not there.
  static func changed(_ path: String) -> Int64? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000
  }
}
