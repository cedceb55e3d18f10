import GrowthRing

extension CommandFailure {
  /// An error of the store, with what to do about it.
  init(_ error: StoreError) {
    var text = error.reason
    // Errors of the disk name the file themselves.
    if let file = error.file, !text.contains(file) {
      text = error.offset.map { "\(file), offset \($0): \(text)" } ?? "\(file): \(text)"
    }
    switch error.kind {
    case .notFound: self.init(text, "Check --store; `growthring ingest --create` creates a store too.")
    case .alreadyExists: self.init(text, "Use the store that is there, or choose another folder.")
    case .invalidArgument: self.init(text, status: .wrongUsage)
    case .rejected: self.init(text, "Correct the events, or put them aside with --quarantine FILE.")
    case .locked: self.init(text, "Wait until the other process is done. Reading works meanwhile.")
    case .corruption:
      self.init(
        "corruption: \(text)", "`growthring verify` tells the extent; restore the store from a backup.",
        status: .corruption)
    case .unsupportedVersion: self.init(text, "Use a newer version of growthring.")
    case .noSpace: self.init(text, "Free space on the disk and try again; nothing acknowledged is lost.")
    case .io:
      self.init(text, "Check the disk and the rights to the file, then try again; nothing acknowledged is lost.")
    case .closed: self.init(text, "Try again.")
    }
  }
}
