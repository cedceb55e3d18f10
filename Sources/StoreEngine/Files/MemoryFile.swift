package import StorageIO
import Synchronization

/// A file that is nowhere but in memory: for what is laid out like a file and never stored.
package final class MemoryFile: DiskFile {
  package let path: String
  private let content = Mutex<[UInt8]>([])

  package init(path: String) { self.path = path }

  /// All that was written; the file is empty afterwards.
  package func take() -> [UInt8] {
    content.withLock { content in
      var taken: [UInt8] = []
      swap(&taken, &content)
      return taken
    }
  }

  package func size() throws(DiskError) -> Int { content.withLock { $0.count } }

  package func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
    content.withLock { content in
      if offset == content.count {
        content.append(contentsOf: bytes)
      } else {
        if offset + bytes.count > content.count {
          content.append(contentsOf: repeatElement(0, count: offset + bytes.count - content.count))
        }
        content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      }
    }
  }

  package func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    content.withLock { content in
      let start = min(max(0, offset), content.count)
      return Array(content[start..<min(content.count, start + count)])
    }
  }

  package func truncate(to size: Int) throws(DiskError) {
    content.withLock { content in
      if size <= content.count {
        content.removeLast(content.count - size)
      } else {
        content.append(contentsOf: repeatElement(0, count: size - content.count))
      }
    }
  }

  package func sync() throws(DiskError) {}
  package func close() throws(DiskError) {}
}
