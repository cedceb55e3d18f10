import Columnar
package import StorageIO

extension FileOutput {
  /// Begins a new file under a temporary name; `publish` gives it its own.
  package static func create(_ path: String, disk: any Disk) throws(StoreError) -> FileOutput {
    let temporary = path + StoreLayout.temporarySuffix
    let file = try onDisk { () throws(DiskError) in try disk.open(temporary, .create) }
    return FileOutput(file: file, path: path)
  }

  /// Ends a file that is read under its temporary name and then removed: nothing is synced.
  func finishUnpublished(disk: any Disk) throws(StoreError) -> Bytes {
    try flush()
    return try onDisk { () throws(DiskError) in
      try file.close()
      return Bytes(try disk.map(path + StoreLayout.temporarySuffix))
    }
  }

  /// Makes the content durable and renames the file; the caller syncs the folder, once for all files of a commit.
  package func publish(disk: any Disk) throws(StoreError) {
    try flush()
    try onDisk { () throws(DiskError) in
      try file.sync()
      try file.close()
      try disk.rename(path + StoreLayout.temporarySuffix, path)
    }
  }
}

extension Disk {
  /// Removes what was written of a file, finished or not, as far as it is there: so a full disk does not fill up further.
  func discard(_ path: String) {
    for suffix in ["", StoreLayout.temporarySuffix] { try? remove(path + suffix) }
  }
}
