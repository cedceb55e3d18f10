import Glibc

/// A folder for a trial, removed with all it holds when its owner goes, or when a signal ends the process.
///
/// One of the few owners of unsafe code: it hands paths and buffers to the system.
struct TrialFolder: ~Copyable {
  let path: String
  private let signals: SignalGuard

  init(in parent: String) throws {
    var template = Array((parent + "/growthring-bench-XXXXXX").utf8CString)
    let isMade = unsafe template.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe mkdtemp(start) != nil
    }
    guard isMade else {
      throw CommandFailure(
        "cannot make a folder in \(parent): \(SystemFailure.reason())",
        "Name a folder that you may write with --folder.")
    }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.path = path
    signals = SignalGuard {
      // The trial goes on writing meanwhile.
      for _ in 0..<1_000 {
        Self.remove(path)
        if unsafe access(path, F_OK) != 0 { return }
      }
    }
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    if let folder = unsafe opendir(path) {
      while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { remove(path + "/" + name) }
      }
      unsafe closedir(folder)
    }
    _ = unsafe Glibc.remove(path)
  }

  /// Appends and syncs pages for about a second, at most 200: what a durable append costs at the least.
  func syncTimes() throws -> TrialTimes {
    var times = TrialTimes()
    let page = [UInt8](repeating: 0x5A, count: 4096)
    let clock = ContinuousClock()
    let start = clock.now
    try write("sync") { descriptor in
      var count = 0
      while count < 200, clock.now - start < .seconds(1) || count < 20 {
        try times.measure {
          try Self.append(page, to: descriptor)
          try Self.sync(descriptor)
        }
        count += 1
      }
    }
    return times
  }

  /// Bytes a second of one long file, synced at its end.
  func writeSpeed(bytes: Int) throws -> Double {
    // Not all the same byte: some file systems compress.
    var state: UInt64 = 1
    let block = (0..<1 << 20).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    let clock = ContinuousClock()
    let start = clock.now
    try write("long") { descriptor in
      for _ in 0..<bytes / block.count { try Self.append(block, to: descriptor) }
      try Self.sync(descriptor)
    }
    return Double(bytes) / (clock.now - start).inSeconds
  }

  private func write(_ name: String, _ body: (Int32) throws -> Void) throws {
    let file = path + "/" + name
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor < 0 { throw Self.failure() }
    defer {
      close(descriptor)
      _ = unsafe Glibc.remove(file)
    }
    try body(descriptor)
  }

  private static func append(_ bytes: [UInt8], to descriptor: Int32) throws {
    let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if written != bytes.count { throw failure() }
  }

  private static func sync(_ descriptor: Int32) throws {
    if fdatasync(descriptor) != 0 { throw failure() }
  }

  private static func failure() -> CommandFailure {
    CommandFailure("cannot write the trial's files: \(SystemFailure.reason())", "Name another folder with --folder.")
  }
}
