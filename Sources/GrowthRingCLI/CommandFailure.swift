/// What the exit code of every command means. Scripts rely on it.
enum ExitStatus: Int32 {
  case done = 0
  case failed = 1
  case wrongUsage = 2
  case someRejected = 3
  case corruption = 4
}

/// A command could not do its work: what happened, what to do about it, and with which exit code it ends.
struct CommandFailure: Error, Equatable {
  let message: String
  /// What to do next; a sentence.
  let hint: String?
  let status: ExitStatus

  init(_ message: String, _ hint: String? = nil, status: ExitStatus = .failed) {
    self.message = message
    self.hint = hint
    self.status = status
  }
}
