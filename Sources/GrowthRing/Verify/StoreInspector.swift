import StorageIO
public import StoreEngine

/// Explains the files of a store, for people who want to see what lies where.
public enum StoreInspector {
  /// An annotated dump of a log, segment, run, file of expired keys, manifest or document.
  public static func describe(_ path: String) throws(StoreError) -> [String] {
    try FileInspector.describe(path, disk: StorageEnvironment.posix.disk)
  }
}
