/// What a reader has seen of the log: enough to tell whether anything is new.
package struct ReaderPosition: Sendable {
  struct FileState: Sendable, Equatable {
    var name: String
    var size: Int
  }

  /// The log as it was when it was last read.
  var logFiles: [FileState] = []
  var log: LogReader?
  /// By partition: the last frame of the log up to which its memtable was built.
  var applied: [Int: UInt64] = [:]

  init() {}
}
