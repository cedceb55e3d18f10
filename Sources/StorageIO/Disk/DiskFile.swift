/// An open file. Every method may be called from any thread; a write and a sync at the same time are not ordered.
package protocol DiskFile: AnyObject, Sendable {
  /// The path it was opened with.
  var path: String { get }

  /// The size in bytes.
  func size() throws(DiskError) -> Int

  /// Writes all the bytes at an offset in bytes; a gap before it reads as zeros. After an error any part of them may
  /// have been written. `.permission` on a file opened with `.read`.
  func write(_ bytes: [UInt8], at offset: Int) throws(DiskError)

  /// Reads up to `count` bytes; fewer only at the end of the file.
  func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8]

  /// Cuts the file, or extends it with zeros, to a size in bytes.
  func truncate(to size: Int) throws(DiskError)

  /// Makes all that was written so far durable, on the medium and not just in the drive's cache.
  ///
  /// If this throws, what had been written since the last sync may be lost although it can still be read, and a later
  /// sync that succeeds says nothing about it: the kernel has forgotten that it was dirty. Never retry; recover.
  func sync() throws(DiskError)

  /// Closes the file; idempotent. The last reference closes too, and then nobody hears of an error. Every other method
  /// throws `.closed` afterwards. Closing does not sync.
  func close() throws(DiskError)
}
