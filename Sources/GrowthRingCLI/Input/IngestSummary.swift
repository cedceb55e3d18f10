import ArgumentParser
import GrowthRing

/// What became of the input of `ingest`.
struct IngestSummary: Equatable {
  var stored = 0
  var duplicates = 0
  /// Not stored, without conflicts.
  var rejected = 0
  /// Not stored, for the same user and event id are stored with other content.
  var conflicts = 0
  /// Bytes of input, decompressed.
  var bytes = 0
  var seconds = 0.0
  /// What was read.
  var noun = "event"
  /// Of memory units: stored or rejected ones whose content another unit of the user has; nil where nobody looked.
  var duplicateContents: Int?
  /// Memory units that were deleted; nil where nobody asked for that.
  var deleted: Int?
  /// Whether all this would be so, and nothing was written.
  var isDry = false

  /// Records read.
  var read: Int { stored + duplicates + rejected + conflicts }

  var object: JSONObject {
    var object = JSONObject()
    object.put("read", read)
    object.put("stored", stored)
    object.put("duplicates", duplicates)
    object.put("rejected", rejected)
    object.put("conflicts", conflicts)
    if let duplicateContents { object.put("duplicate_contents", duplicateContents) }
    if let deleted { object.put("deleted", deleted) }
    if isDry { object.put("dry_run", true) }
    object.put("bytes", bytes)
    object.put("seconds", measured: seconds, digits: 3)
    object.put("\(noun)s_per_second", measured: Double(read) / seconds, digits: 0)
    object.put("megabytes_per_second", measured: Double(bytes) / 1e6 / seconds, digits: 1)
    return object
  }

  /// The same for people.
  func text(quarantine: String?) -> String {
    var text = "\(NumberText.counted(read, noun)) read in \(NumberText.fixed(seconds, seconds < 10 ? 2 : 1)) s"
    if seconds > 0 {
      text += ": \(NumberText.grouped(Int(Double(read) / seconds))) \(noun)s/s, "
      text += "\(NumberText.fixed(Double(bytes) / 1e6 / seconds, 1)) MB/s"
    }
    text += "\n"
    var counts = [("stored", stored), ("duplicates", duplicates), ("rejected", rejected), ("conflicts", conflicts)]
    if let duplicateContents { counts.append(("same content", duplicateContents)) }
    if let deleted { counts.append(("deleted", deleted)) }
    let width = counts.map { NumberText.grouped($0.1).utf8.count }.max() ?? 0
    for (name, count) in counts {
      let number = NumberText.grouped(count)
      let gap = String(
        repeating: " ", count: (duplicateContents == nil ? 12 : 14) - name.utf8.count + width - number.utf8.count)
      text += "  \(name)\(gap)\(number)\n"
    }
    if isDry { text += "Nothing was written: that is what would be.\n" }
    if let quarantine, rejected + conflicts > 0 { text += "Rows that are not stored are in \(quarantine).\n" }
    return text
  }

  /// Says what became of the input; ends the command with the exit code for that where something was not stored.
  func report(json: Bool, quarantine: String?) throws {
    let sink = OutputSink()
    if json {
      sink.buffer.append(contentsOf: object.line)
    } else {
      sink.buffer.append(text(quarantine: quarantine))
    }
    try sink.flush()
    if rejected + conflicts > 0 { throw ExitCode(ExitStatus.someRejected.rawValue) }
  }

  /// Any error, with what was stored before it.
  func extended(_ error: any Error) -> any Error {
    let failure: CommandFailure
    switch error {
    case let error as CommandFailure: failure = error
    case let error as StoreError: failure = CommandFailure(error)
    default: return error
    }
    let before =
      "  Before that, \(NumberText.counted(stored, noun)) \(stored == 1 ? "was" : "were") stored and "
      + "\(NumberText.grouped(duplicates)) \(duplicates == 1 ? "was" : "were") there already."
    return CommandFailure(failure.message + "\n" + before, failure.hint, status: failure.status)
  }
}
