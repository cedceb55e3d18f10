#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The system calls on descriptors and names, one function each: errors become `ErrorNumber`, interrupted calls are
/// repeated, short reads and writes are continued, and every descriptor is closed on exec. No policy lives here.
enum SystemCall {
  struct Status {
    let size: Int
    let isDirectory: Bool
  }

  /// Repeats a call that returns -1 and `EINTR` when a signal interrupts it.
  private static func retrying(_ call: () -> Int) throws(ErrorNumber) -> Int {
    while true {
      let result = call()
      if result >= 0 { return result }
      let code = errno
      if code != EINTR { throw ErrorNumber(code) }
    }
  }

  static func openDescriptor(_ path: String, _ flags: Int32) throws(ErrorNumber) -> Int32 {
    Int32(try retrying { unsafe Int(open(path, flags | O_CLOEXEC, 0o644)) })
  }

  /// Asks the machine to read a file ahead; where it knows no such hint, nothing happens.
  static func expectReading(_ descriptor: Int32) {
    #if os(Linux)
      _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED)
    #endif
  }

  /// Never repeated: after `EINTR` the descriptor is gone already and may belong to somebody else.
  static func closeDescriptor(_ descriptor: Int32) throws(ErrorNumber) {
    guard close(descriptor) == 0 || errno == EINTR else { throw ErrorNumber(errno) }
  }

  static func status(of descriptor: Int32) throws(ErrorNumber) -> Status {
    var status = stat()
    _ = try retrying { unsafe Int(fstat(descriptor, &status)) }
    return Status(size: Int(status.st_size), isDirectory: status.st_mode & S_IFMT == S_IFDIR)
  }

  static func status(of path: String) throws(ErrorNumber) -> Status {
    var status = stat()
    _ = try retrying { unsafe Int(stat(path, &status)) }
    return Status(size: Int(status.st_size), isDirectory: status.st_mode & S_IFMT == S_IFDIR)
  }

  static func write(_ descriptor: Int32, _ bytes: [UInt8], at offset: Int) throws(ErrorNumber) {
    var done = 0
    while done < bytes.count {
      let count = try retrying {
        unsafe bytes.withUnsafeBytes { buffer in
          let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
          return unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
        }
      }
      // A write that neither fails nor advances would repeat for ever.
      guard count > 0 else { throw ErrorNumber(EIO) }
      done += count
    }
  }

  static func read(_ descriptor: Int32, at offset: Int, count: Int) throws(ErrorNumber) -> [UInt8] {
    var failure: ErrorNumber?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(ErrorNumber) {
        while filled < count {
          let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let position = off_t(offset + filled)
          let got = try retrying { unsafe pread(descriptor, rest.baseAddress, rest.count, position) }
          if got == 0 { break }
          filled += got
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  static func truncate(_ descriptor: Int32, to size: Int) throws(ErrorNumber) {
    _ = try retrying { Int(ftruncate(descriptor, off_t(size))) }
  }

  /// Makes data, and the size needed to read it, durable.
  static func syncData(_ descriptor: Int32) throws(ErrorNumber) {
    #if canImport(Darwin)
      try syncAll(descriptor)
    #else
      _ = try retrying { Int(fdatasync(descriptor)) }
    #endif
  }

  /// Makes everything about a file or directory durable.
  static func syncAll(_ descriptor: Int32) throws(ErrorNumber) {
    #if canImport(Darwin)
      // fsync alone leaves the data in the drive's cache. File systems without the stronger call get the weaker one.
      do {
        _ = try retrying { Int(fcntl(descriptor, F_FULLFSYNC)) }
        return
      } catch {
        guard error.code == ENOTSUP || error.code == EINVAL else { throw error }
      }
    #endif
    _ = try retrying { Int(fsync(descriptor)) }
  }

  /// Whether the exclusive lock of an open file description could be had at once.
  static func tryLock(_ descriptor: Int32) throws(ErrorNumber) -> Bool {
    do {
      _ = try retrying { Int(flock(descriptor, LOCK_EX | LOCK_NB)) }
      return true
    } catch {
      if error.code == EWOULDBLOCK { return false }
      throw error
    }
  }

  /// Gives up the lock of a descriptor, whoever else has the same open file description.
  static func unlock(_ descriptor: Int32) { _ = flock(descriptor, LOCK_UN) }

  static func makeDirectory(_ path: String) throws(ErrorNumber) {
    _ = try retrying { unsafe Int(mkdir(path, 0o755)) }
  }

  static func renameEntry(_ from: String, _ to: String) throws(ErrorNumber) {
    _ = try retrying { unsafe Int(rename(from, to)) }
  }

  static func linkEntry(_ existing: String, _ new: String) throws(ErrorNumber) {
    _ = try retrying { unsafe Int(link(existing, new)) }
  }

  static func removeEntry(_ path: String) throws(ErrorNumber) {
    // Asked beforehand because the errno for unlinking a directory differs between systems.
    if try status(ofEntry: path).isDirectory {
      _ = try retrying { unsafe Int(rmdir(path)) }
    } else {
      _ = try retrying { unsafe Int(unlink(path)) }
    }
  }

  /// The status of the entry itself, where `status(of:)` follows symbolic links.
  private static func status(ofEntry path: String) throws(ErrorNumber) -> Status {
    var status = stat()
    _ = try retrying { unsafe Int(lstat(path, &status)) }
    return Status(size: Int(status.st_size), isDirectory: status.st_mode & S_IFMT == S_IFDIR)
  }

  /// The names in a directory, unsorted, without `.` and `..`.
  static func names(in path: String) throws(ErrorNumber) -> [String] {
    guard let directory = unsafe opendir(path) else { throw ErrorNumber(errno) }
    defer { unsafe closedir(directory) }
    guard let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) else { throw ErrorNumber(EIO) }
    var names: [String] = []
    while true {
      // The end and an error both return nil and differ in errno only.
      errno = 0
      guard let entry = unsafe readdir(directory) else { break }
      // Read in place: an entry is only as long as its name, so copying a whole `dirent` would run over its end.
      let start = unsafe (UnsafeRawPointer(entry) + nameOffset).assumingMemoryBound(to: CChar.self)
      let name = unsafe String(cString: start)
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw ErrorNumber(errno) }
    return names
  }
}
