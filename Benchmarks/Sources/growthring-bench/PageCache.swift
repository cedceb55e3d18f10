import Foundation

enum PageCache {
  /// Writes the files of a folder back and drops them, and nothing else, from the page cache.
  static func evict(folder: String) {
    for file in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
      let descriptor = open(folder + "/" + file, O_RDONLY)
      guard descriptor >= 0 else { continue }
      fsync(descriptor)
      #if os(Linux)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
      #endif
      close(descriptor)
    }
  }
}
