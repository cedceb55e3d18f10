/// How `Disk.open` opens a file. Writing always names its offset, so no mode has a current position.
package enum FileMode: Sendable {
  /// An existing file, for reading.
  case read
  /// A new file, for reading and writing; fails with `.alreadyExists` if the name is taken.
  case create
  /// An existing file or a new one, for reading and writing.
  case append
}

/// Everything the engine may do with files; the one seam where a test can lose, tear, reorder and refuse.
///
/// All paths are plain strings, absolute or relative to the process. Every method may be called from any thread. Nothing
/// here is durable by itself: file contents need `DiskFile.sync`, and directory entries (made by creating, renaming,
/// linking or removing) need `syncDirectory` on the directory that holds them.
package protocol Disk: AnyObject, Sendable {
  /// Makes a directory and its missing parents; fine where it exists. `.alreadyExists` if a file has the name.
  func createDirectory(_ path: String) throws(DiskError)

  /// The names in a directory without `.` and `..`, in bytewise order, so that every disk lists alike.
  func list(_ path: String) throws(DiskError) -> [String]

  /// Whether a file or directory has this name.
  func exists(_ path: String) throws(DiskError) -> Bool

  /// The size of a file in bytes.
  func size(_ path: String) throws(DiskError) -> Int

  func open(_ path: String, _ mode: FileMode) throws(DiskError) -> any DiskFile

  /// Maps a whole file read-only, at the size it has now. The mapping outlives removal of the file. Map only what is
  /// never truncated again: touching pages cut off later kills the process.
  func map(_ path: String) throws(DiskError) -> Mapping

  /// Reads a whole file.
  func read(_ path: String) throws(DiskError) -> [UInt8]

  /// Says that small files will be read soon, each as a whole, so that the machine may begin to read all of them at once. A
  /// hint: nothing depends on it, and a file that is not there is no error.
  func expect(_ paths: [String])

  /// Moves a file or directory, replacing a file of the new name in one step. As POSIX has it, nothing happens where
  /// both names are links to the same file.
  func rename(_ from: String, _ to: String) throws(DiskError)

  /// Gives a file a second name; `.alreadyExists` if the name is taken. Of many that try, exactly one succeeds.
  func link(_ existing: String, _ new: String) throws(DiskError)

  /// Removes a file's name or an empty directory. Open files and mappings keep the contents alive.
  func remove(_ path: String) throws(DiskError)

  /// Makes the entries of a directory durable: what was created, renamed, linked or removed in it.
  func syncDirectory(_ path: String) throws(DiskError)

  /// Takes the exclusive advisory lock of a lock file, creating the file if it is missing.
  ///
  /// Nil if someone else holds it: another process, or another lock object in this one. A lock file must never be
  /// removed or replaced, because the lock belongs to the file and not to its name.
  func tryLock(_ path: String) throws(DiskError) -> (any DiskLock)?

  /// What was written and synced through this disk so far.
  var counters: DiskCounters { get }
}

extension Disk {
  package func expect(_ paths: [String]) {}
}

/// A held lock; ends with `release`, with the last reference, or with the process.
package protocol DiskLock: AnyObject, Sendable {
  /// Gives the lock up; idempotent.
  func release()
}
