import Glibc

/// A file, or standard input, that is read from its beginning to its end.
///
/// One of the few owners of unsafe code: it alone hands memory to `read`.
final class InputFile {
  /// The name for messages.
  let name: String
  /// The length of a regular file; nil for a pipe.
  let length: Int?
  /// Bytes read so far.
  private(set) var position = 0
  private let descriptor: Int32
  private let isOwned: Bool

  /// Opens a file; `-` is standard input.
  init(path: String) throws {
    if path == "-" {
      name = "standard input"
      descriptor = STDIN_FILENO
      isOwned = false
      length = nil
      return
    }
    name = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    isOwned = descriptor >= 0
    var status = stat()
    guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else {
      throw CommandFailure("cannot read \(path): \(SystemFailure.reason())", "Check the name of the file.")
    }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else {
      throw CommandFailure("cannot read \(path): it is a folder", "Name the files in it.")
    }
    length = kind == S_IFREG ? Int(status.st_size) : nil
    if kind == S_IFREG { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
  }

  /// Fails where a file is not there or must not be read, without opening it: who writes a pipe would notice.
  static func check(path: String) throws {
    guard path != "-", unsafe access(path, R_OK) != 0 else { return }
    throw CommandFailure("cannot read \(path): \(SystemFailure.reason())", "Check the name of the file.")
  }

  deinit {
    if isOwned { _ = close(descriptor) }
  }

  /// The next bytes, at most `count`; none at the end.
  func read(_ count: Int) throws -> [UInt8] {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      while true {
        let result = unsafe Glibc.read(descriptor, target.baseAddress, count)
        if result < 0 && errno == EINTR { continue }
        if result < 0 { failure = errno }
        filled = max(0, result)
        return
      }
    }
    if failure != 0 { throw CommandFailure("cannot read \(name): \(SystemFailure.reason(failure))") }
    position += bytes.count
    return bytes
  }

  /// All that is left, up to a limit.
  func readAll(limit: Int) throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let more = try read(64 << 10)
      if more.isEmpty { return all }
      all.append(contentsOf: more)
      if all.count > limit { throw CommandFailure("\(name) is larger than \(NumberText.bytes(limit))") }
    }
  }

  /// Whether two paths lead to the same file.
  static func isSame(_ a: String, _ b: String) -> Bool {
    var first = stat()
    var second = stat()
    guard unsafe stat(a, &first) == 0, unsafe stat(b, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino && first.st_mode & S_IFMT == S_IFREG
  }
}
