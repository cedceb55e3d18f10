import Glibc

/// Keeps the results of commands out of the folders of stores and archives: one export under the wrong name would be the end of
/// a store.
///
/// One of the few owners of unsafe code: it alone resolves names.
enum StoreFolderGuard {
  /// - Throws: a usage error where a file of that name is, or would be, in such a folder, whatever links lead there.
  static func check(_ path: String) throws {
    let slash = path.lastIndex(of: "/")
    let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    for start in [real(path), real(parent)] {
      guard var folder = start else { continue }
      while true {
        if isOurs(folder) {
          throw CommandFailure(
            "\(path) is in \(folder), whose files are those of a store", "Name a file in another folder.",
            status: .wrongUsage)
        }
        guard folder != "/", let slash = folder.lastIndex(of: "/") else { break }
        folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
      }
    }
  }

  /// Whether a folder is that of a store, or of an archive that lies elsewhere.
  private static func isOurs(_ folder: String) -> Bool {
    (exists(folder + "/store.json") && exists(folder + "/partitions"))
      || (exists(folder + "/_store") && exists(folder + "/_delta_log"))
  }

  private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// The name behind all links; nil where there is nothing.
  private static func real(_ path: String) -> String? {
    guard let found = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }
}
