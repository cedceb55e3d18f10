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

  /// Standard output.
  init() {
    descriptor = STDOUT_FILENO
    name = "standard output"
    isOwned = false
    buffer.reserveCapacity(2 * Self.capacity)
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
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    name = path
    isOwned = descriptor >= 0
    if descriptor < 0 {
      throw CommandFailure(
        "cannot write \(path): \(SystemFailure.reason())", "Name a file in a folder that you may write.")
    }
  }

  deinit {
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

/// Nobody reads the output any more, as when it goes to `head`: the command is done.
struct OutputClosed: Error {}

/// The words of the operating system for its last error.
enum SystemFailure {
  static func reason(_ code: Int32 = errno) -> String {
    unsafe String(cString: strerror(code))
  }
}
