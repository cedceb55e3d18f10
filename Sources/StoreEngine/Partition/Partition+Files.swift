import Columnar
import StorageIO

/// The files in a partition's folder by name.
extension Partition {
  func path(_ name: String) -> String { folder + "/" + name }

  /// Begins a file.
  func create(_ name: String) throws(StoreError) -> FileOutput {
    try FileOutput.create(path(name), disk: environment.disk)
  }

  func map(_ name: String) throws(StoreError) -> Bytes {
    Bytes(try onDisk { () throws(DiskError) in try environment.disk.map(path(name)) })
  }

  /// Removes a file, which may be gone already.
  func remove(_ name: String) throws(StoreError) {
    do {
      try environment.disk.remove(path(name))
    } catch  where error.kind == .notFound {
      return
    } catch {
      throw StoreError(error)
    }
  }

  /// Removes files that were not committed.
  func discard(segments: [UInt64] = [], runs: [UInt64] = [], keys: [UInt64] = [], units: [UInt64] = []) {
    let names =
      segments.map(StoreLayout.segmentName) + runs.map(StoreLayout.runName) + keys.map(StoreLayout.keysName)
      + units.map(StoreLayout.unitsName)
    for name in names { environment.disk.discard(path(name)) }
  }
}
