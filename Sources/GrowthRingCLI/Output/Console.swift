import Glibc

/// The terminal, if there is one: messages beside the result, and what is known of the screen.
///
/// One of the few owners of unsafe code.
enum Console {
  /// Messages go out at once and unbuffered; a message that nobody reads is no error.
  static func error(_ text: String) { put(text + "\n", STDERR_FILENO) }

  static func output(_ text: String) { put(text + "\n", STDOUT_FILENO) }

  /// Replaces the present line of the terminal.
  static func status(_ text: String) { put("\r\u{1B}[2K" + text, STDERR_FILENO) }

  /// Opens nothing in place of standard streams that are closed. Else the next file that is opened would take the place of
  /// one, and a message to it would go into a file of the store.
  static func openStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY)
    }
  }

  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// The columns of the terminal; 80 where nothing tells.
  static var width: Int {
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      var size = winsize()
      if unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    }
    return environment("COLUMNS").flatMap { Int($0) }.map { max(20, $0) } ?? 80
  }

  /// An environment variable that is set and not empty.
  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Microseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  private static func put(_ text: String, _ descriptor: Int32) {
    let bytes = Array(text.utf8)
    unsafe bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return }
      var written = 0
      while written < source.count {
        let count = unsafe write(descriptor, base + written, source.count - written)
        if count < 0 && errno != EINTR { return }
        written += max(0, count)
      }
    }
  }
}
