import Columnar
package import StorageIO

/// Appends frames to the newest log file, and begins a new one when it is long enough.
///
/// After a failed write or sync nobody knows what is on the disk, so the writer refuses everything from then on; the next
/// open recovers from what the log really holds.
///
/// Before small frames zeros are laid into the file, some hundred frames ahead: a sync then writes the frame alone, and not the
/// file's new length beside it.
package struct LogWriter: ~Copyable {
  private let environment: StorageEnvironment
  private let layout: StoreLayout
  private let largestFile: Int
  /// How many zeros are laid ahead; 0 for none.
  private let ahead: Int
  private var file: (any DiskFile)?
  private var fileID: UInt64 = 0
  private var offset = 0
  /// Where the bytes end that were written to the file, zeros laid ahead included.
  private var laid = 0
  /// The version of the current file, and the one that the next has to have: it rises with the first memory units.
  private var fileVersion: UInt16 = 0
  private var version = LogFrame.Kind.anyPartition.version
  /// The number in the name of the current file; nil where there is none.
  package private(set) var fileSequence: UInt64?
  /// The number the next frame gets.
  package private(set) var nextSequence: UInt64
  /// All frames up to this one are synced.
  package private(set) var durableSequence: UInt64
  /// Bytes of all frames so far.
  package private(set) var bytesLogged = 0
  private var failed = false

  package init(
    environment: StorageEnvironment, layout: StoreLayout, nextSequence: UInt64, largestFile: Int, ahead: Int
  ) {
    self.environment = environment
    self.layout = layout
    self.nextSequence = nextSequence
    self.largestFile = largestFile
    self.ahead = ahead
    durableSequence = nextSequence - 1
  }

  /// Writes one frame, whose section is `raw`, and returns its sequence number; it is durable after the next `sync`.
  package mutating func append(
    _ raw: [UInt8], events: Int, kind: LogFrame.Kind = .anyPartition
  ) throws(StoreError) -> UInt64 {
    guard !failed else { throw Self.stopped }
    failed = true
    version = max(version, kind.version)
    if file == nil || offset >= largestFile || fileVersion < version { try rotate() }
    guard let file else { throw Self.stopped }
    let frame = LogFrame.encode(
      sequence: nextSequence, committedAt: environment.clock.now(), durableSequence: durableSequence,
      raw: raw, events: events, kind: kind, fileID: fileID, offset: offset)
    let end = offset + frame.count
    do {
      try file.write(frame, at: offset)
      if laid < end, frame.count <= min(Self.longestSmallFrame, ahead) {
        try file.write([UInt8](repeating: 0, count: ahead), at: end)
        laid = end + ahead
      }
    } catch {
      throw StoreError(error)
    }
    failed = false
    laid = max(laid, end)
    offset = end
    bytesLogged += frame.count
    defer { nextSequence += 1 }
    return nextSequence
  }

  /// Makes every frame so far durable.
  package mutating func sync() throws(StoreError) {
    guard !failed else { throw Self.stopped }
    guard let file, durableSequence + 1 < nextSequence else { return }
    failed = true
    do {
      try file.sync()
    } catch {
      throw StoreError(error)
    }
    failed = false
    durableSequence = nextSequence - 1
  }

  /// Ends the current file, so that it can be deleted once its events are flushed. The next frame begins a new one.
  package mutating func closeFile() throws(StoreError) {
    try sync()
    guard let file else { return }
    if laid > offset { try cut(file) }
    self.file = nil
    fileSequence = nil
    do {
      try file.close()
    } catch {
      throw StoreError(error)
    }
  }

  /// Cuts off the zeros, so that the file ends in its last frame, as all but the newest have to.
  private mutating func cut(_ file: any DiskFile) throws(StoreError) {
    failed = true
    do {
      try file.truncate(to: offset)
      try file.sync()
    } catch {
      throw StoreError(error)
    }
    failed = false
    laid = offset
  }

  /// Longer frames take a while to write anyway, and zeros before them would be as much again.
  private static let longestSmallFrame = 16 << 10

  /// The length of the current file.
  package var fileLength: Int { file == nil ? 0 : offset }

  private mutating func rotate() throws(StoreError) {
    failed = false
    try closeFile()
    failed = true
    fileID = environment.entropy.next()
    let header = FileHeader(kind: .log, fileID: fileID, version: version).encoded
    do {
      let created = try environment.disk.open(layout.logFile(nextSequence), .create)
      try created.write(header, at: 0)
      try created.sync()
      try environment.disk.syncDirectory(layout.logFolder)
      file = created
    } catch {
      throw StoreError(error)
    }
    offset = header.count
    laid = offset
    fileVersion = version
    fileSequence = nextSequence
  }

  private static let stopped = StoreError(.closed, "the log stopped after a failed write; reopen the store")
}
