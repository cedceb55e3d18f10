import Glibc

/// Where the result of a command goes: standard output or a file, through a buffer.
///
/// One of the few owners of unsafe code: it alone hands memory to `write`.
final class OutputSink {
  private static let capacity = 64 << 10

  /// What waits to be written. Append to it, then call `drain`.
  var buffer: [UInt8] = []
  private let descriptor: Int32
  private let name: String
  private let isOwned: Bool
  /// The name that the file has until everything is in it, and the one it gets then.
  private var unfinished: (path: String, target: String)?

  /// Standard output.
  init() {
    descriptor = STDOUT_FILENO
    name = "standard output"
    isOwned = false
    buffer.reserveCapacity(2 * Self.capacity)
  }

  /// A file that comes to be, or replaces the one of that name, with `publish`, as a whole: whoever reads it meanwhile has the
  /// old one, and so has everybody where this fails. What is no plain file, such as a pipe, is written to as it is; `-` is
  /// standard output.
  convenience init(replacing path: String) throws {
    if path != "-" { try StoreFolderGuard.check(path) }
    guard path != "-", let target = Self.replaceable(path) else {
      try self.init(path: path)
      return
    }
    let temporary = target + ".partial"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 {
      // Where only the file itself may be written, and nothing beside it.
      try self.init(path: path)
      return
    }
    var status = stat()
    if unsafe stat(target, &status) == 0 { _ = fchmod(descriptor, status.st_mode & 0o777) }
    self.init(descriptor: descriptor, name: path)
    unfinished = (temporary, target)
  }

  private init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
    isOwned = true
    buffer.reserveCapacity(2 * Self.capacity)
  }

  /// The name, behind all links, of a plain file that may be written, or of none yet; nil for anything else.
  private static func replaceable(_ path: String) -> String? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return errno == ENOENT && !path.hasSuffix("/") ? path : nil }
    guard status.st_mode & S_IFMT == S_IFREG, unsafe access(path, W_OK) == 0, let real = unsafe realpath(path, nil)
    else { return nil }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  /// A file, which is created or replaced; `-` is standard output.
  init(path: String) throws {
    buffer.reserveCapacity(2 * Self.capacity)
    if path == "-" {
      descriptor = STDOUT_FILENO
      name = "standard output"
      isOwned = false
      return
    }
    try StoreFolderGuard.check(path)
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    name = path
    isOwned = descriptor >= 0
    if descriptor < 0 {
      throw CommandFailure(
        "cannot write \(path): \(SystemFailure.reason())", "Name a file in a folder that you may write.")
    }
  }

  deinit {
    if let unfinished { _ = unsafe unlink(unfinished.path) }
    if isOwned { _ = Glibc.close(descriptor) }
  }

  func write(_ text: String) throws {
    buffer.append(contentsOf: text.utf8)
    try drain()
  }

  /// Writes what waits if it is much.
  func drain() throws {
    if buffer.count >= Self.capacity { try flush() }
  }

  /// Writes all that waits.
  ///
  /// - Throws: `OutputClosed` where nobody reads any more.
  func flush() throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    try unsafe buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var written = 0
      while written < bytes.count {
        let count = unsafe Glibc.write(descriptor, base + written, bytes.count - written)
        if count >= 0 {
          written += count
        } else if errno == EPIPE {
          throw OutputClosed()
        } else if errno != EINTR {
          throw CommandFailure("cannot write \(name): \(SystemFailure.reason())", "Free space or choose another file.")
        }
      }
    }
  }
}

extension OutputSink {
  /// Writes all that waits, and gives a file that replaces another one its name, durably.
  func publish() throws {
    try flush()
    guard let (path, target) = unfinished else { return }
    guard fsync(descriptor) == 0, unsafe rename(path, target) == 0 else {
      throw CommandFailure("cannot write \(name): \(SystemFailure.reason())", "Free space or choose another file.")
    }
    unfinished = nil
  }
}

/// Nobody reads the output any more, as when it goes to `head`: the command is done.
struct OutputClosed: Error {}

/// The words of the operating system for its last error.
enum SystemFailure {
  static func reason(_ code: Int32 = errno) -> String {
    unsafe String(cString: strerror(code))
  }
}
