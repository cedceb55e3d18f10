package import GrowthRing

/// What the appending process and the tests that watch it agree on.
package enum AppenderStory {
  /// Each batch has one event of every one.
  package static let users = (0..<8).map { "user-\($0)" }
  /// Of every event.
  package static let delta = Delta(millionths: 2_500_000)

  package static func options(_ access: StoreOptions.Access) -> StoreOptions {
    var options = StoreOptions()
    options.access = access
    options.createIfMissing = access == .readWrite
    options.partitions = 4
    options.memtableBytes = 1 << 20
    return options
  }
}
