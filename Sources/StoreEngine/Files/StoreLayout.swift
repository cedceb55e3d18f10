/// The names of everything in a store's folder. See Formats/store.md.
package struct StoreLayout: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  package var storeFile: String { root + "/store.json" }
  package var modelFile: String { root + "/growth-model.json" }
  package var policyFile: String { root + "/policy.json" }
  package var jobsFolder: String { root + "/jobs" }
  package var appendLock: String { root + "/append.lock" }
  /// Held by whoever replaces the growth model or the policy.
  package var documentLock: String { root + "/documents.lock" }
  package var logFolder: String { root + "/log" }
  package var partitionsFolder: String { root + "/partitions" }
  package var searchFolder: String { root + "/search" }
  package var archivesFolder: String { root + "/archive" }
  package var archiveFolder: String { archivesFolder + "/events" }
  package var unitArchiveFolder: String { archivesFolder + "/units" }

  package func partitionFolder(_ partition: Int) -> String {
    partitionsFolder + "/" + Self.hex(UInt64(partition), digits: 2)
  }

  package func logFile(_ sequence: UInt64) -> String { logFolder + "/" + Self.hex(sequence, digits: 16) + ".log" }

  /// The sequence number in the name of a log file.
  package static func logSequence(_ name: String) -> UInt64? { number(name, prefix: "", suffix: ".log") }

  package static func manifestName(_ number: UInt64) -> String { "manifest-" + hex(number, digits: 16) + ".manifest" }
  package static func segmentName(_ fileID: UInt64) -> String { "segment-" + hex(fileID, digits: 16) + ".seg" }
  package static func archiveName(_ fileID: UInt64) -> String { "archive-" + hex(fileID, digits: 16) + ".arc" }
  package static func runName(_ fileID: UInt64) -> String { "run-" + hex(fileID, digits: 16) + ".run" }

  package static func unitsName(_ fileID: UInt64) -> String { "units-" + hex(fileID, digits: 16) + ".units" }

  /// The index of archived memory units.
  package static func archivedUnitsName(_ fileID: UInt64) -> String {
    "units-archive-" + hex(fileID, digits: 16) + ".arcu"
  }

  package static func keysName(_ fileID: UInt64) -> String { "keys-" + hex(fileID, digits: 16) + ".keys" }

  package static func manifestNumber(_ name: String) -> UInt64? {
    number(name, prefix: "manifest-", suffix: ".manifest")
  }

  package static let temporarySuffix = ".tmp"

  package static func hex(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  private static func number(_ name: String, prefix: String, suffix: String) -> UInt64? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
    // Only the one spelling that this code writes: lower-case, and as wide as it has to be.
    guard let number = UInt64(digits, radix: 16), hex(number, digits: 16) == digits else { return nil }
    return number
  }
}
