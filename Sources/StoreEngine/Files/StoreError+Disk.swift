package import StorageIO

extension StoreError {
  package init(_ error: DiskError) {
    let kind: Kind =
      switch error.kind {
      case .notFound: .notFound
      case .alreadyExists: .alreadyExists
      case .noSpace: .noSpace
      case .closed: .closed
      default: .io
      }
    self.init(kind, file: error.path, error.description)
  }
}

/// Calls the disk, and turns what it throws into the engine's error.
package func onDisk<R: ~Copyable>(_ body: () throws(DiskError) -> R) throws(StoreError) -> R {
  do {
    return try body()
  } catch {
    throw StoreError(error)
  }
}
