import StorageIO
import StoreEngine

/// Where the index of a partition lies. SQLite reads and writes it by itself: it is derived, so that nothing is lost with it.
struct IndexFile: Sendable {
  let path: String
  private let folder: String
  private let disk: any Disk

  init(folder: String, partition: Int, disk: any Disk) {
    path = folder + "/" + StoreLayout.hex(UInt64(partition), digits: 2) + ".sqlite"
    self.folder = folder
    self.disk = disk
  }

  /// Makes the folder. Where that is not possible, SQLite will say so.
  func prepare() { try? disk.createDirectory(folder) }

  /// Whether there was ever an index of any partition.
  var hasFolder: Bool { (try? disk.exists(folder)) ?? false }

  var exists: Bool { (try? disk.exists(path)) ?? false }

  /// Of the database and of what is not yet in it.
  var bytes: Int { ["", "-wal"].reduce(0) { $0 + ((try? disk.size(path + $1)) ?? 0) } }
}
