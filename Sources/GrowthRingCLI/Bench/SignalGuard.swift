import Dispatch
import Glibc
import Synchronization

/// Does something before a signal ends the process, such as that of Ctrl-C; as long as it lives.
///
/// One of the few owners of unsafe code. A handler of signals may do next to nothing, so it writes the signal's number into
/// a pipe, and a thread that waits at the other end does the rest.
struct SignalGuard: ~Copyable {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  /// Where the handler writes to.
  private static let pipeEnd = Atomic<Int32>(-1)

  private let caught: [Int32]
  private let descriptor: Int32

  /// - Parameter cleanUp: called on a thread of its own, while everything else goes on.
  init(_ cleanUp: @escaping @Sendable () -> Void) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      caught = []
      descriptor = -1
      return
    }
    let (source, target) = (ends[0], ends[1])
    descriptor = target
    Self.pipeEnd.store(target, ordering: .sequentiallyConsistent)
    caught = Self.signals.filter { Self.catchSignal($0) }
    DispatchQueue.global().async {
      var byte: UInt8 = 0
      let count = unsafe read(source, &byte, 1)
      close(source)
      // Nothing comes where the guard went first.
      guard count == 1 else { return }
      cleanUp()
      _ = signal(Int32(byte), SIG_DFL)
      kill(getpid(), Int32(byte))
    }
  }

  deinit {
    for code in caught { _ = signal(code, SIG_DFL) }
    Self.pipeEnd.store(-1, ordering: .sequentiallyConsistent)
    if descriptor >= 0 { close(descriptor) }
  }

  /// False where whoever started the process has it ignore the signal.
  private static func catchSignal(_ code: Int32) -> Bool {
    var before = sigaction()
    _ = unsafe sigaction(code, nil, &before)
    if unsafe unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
    {
      return false
    }
    _ = signal(code) { code in
      var byte = UInt8(truncatingIfNeeded: code)
      _ = unsafe write(SignalGuard.pipeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
    }
    return true
  }
}
