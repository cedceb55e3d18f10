import StoreEngine

/// Where and how events and memory units are archived.
public struct ArchiveSettings: Sendable, Hashable {
  /// Of files that are written from now on; files of both profiles are read.
  public var profile: ParquetEventWriter.Profile
  /// The folder of archived files, absolute or relative to the store's; nil for `archive/events` in it. To change it, move
  /// the folder while nobody has the store open.
  public var folder: String?
  /// The same of archived memory units; nil for `archive/units` in the store's folder.
  public var unitsFolder: String?
  /// Months in UTC, spelled `2026-11`, whose events and memory units are not archived, and were perhaps brought back.
  public var heldMonths: [String]

  public init(
    profile: ParquetEventWriter.Profile = .compatible, folder: String? = nil, unitsFolder: String? = nil,
    heldMonths: [String] = []
  ) {
    self.profile = profile
    self.folder = folder
    self.unitsFolder = unitsFolder
    self.heldMonths = heldMonths
  }

  /// The spans of time of the months that are held.
  var heldTimes: [ClosedRange<Int64>] { heldMonths.compactMap { ArchiveMonth($0)?.times } }
}

extension ArchiveSettings {
  /// Whether events and memory units have the same folder, however it is spelled: each would take the other's files out of the
  /// table.
  var isOneFolder: Bool {
    let store = StoreLayout(root: ".")
    return Self.parts(folder ?? store.archiveFolder) == Self.parts(unitsFolder ?? store.unitArchiveFolder)
  }

  /// The parts of a path, without those that lead nowhere; the first one is empty where it begins at the root.
  private static func parts(_ path: String) -> [Substring] {
    let root: [Substring] = path.hasPrefix("/") ? [""] : []
    return path.split(separator: "/").reduce(into: root) { parts, part in
      if part == "." { return }
      if part == "..", let last = parts.last, last != ".." {
        if last != "" { parts.removeLast() }
        return
      }
      parts.append(part)
    }
  }
}
