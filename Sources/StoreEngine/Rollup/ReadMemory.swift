import Synchronization

/// The memory that tables for reads may take, in all partitions of a store together: counted in bytes before a table is
/// made, and given back when it goes.
package final class ReadMemory: Sendable {
  /// A share that is taken as long as this lives.
  final class Share: Sendable {
    private let memory: ReadMemory
    private let bytes: Int

    fileprivate init(_ memory: ReadMemory, _ bytes: Int) {
      self.memory = memory
      self.bytes = bytes
    }

    deinit { memory.taken.subtract(bytes, ordering: .relaxed) }
  }

  private let taken = Atomic(0)
  private let limit: Int

  /// `limit` is in bytes.
  package init(limit: Int = 64 << 20) { self.limit = limit }

  /// Bytes that are taken now.
  package var used: Int { taken.load(ordering: .relaxed) }

  /// Takes a share; nil where there is no room for it.
  func take(_ bytes: Int) -> Share? {
    let total = taken.wrappingAdd(bytes, ordering: .relaxed).newValue
    guard total <= limit else {
      taken.subtract(bytes, ordering: .relaxed)
      return nil
    }
    return Share(self, bytes)
  }
}
