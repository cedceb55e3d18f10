import Columnar
import Synchronization

/// Whose archive a folder is. See Formats/archive.md, "Owner".
///
/// Maintenance removes files that no manifest of its store names. Where two stores were told the same folder, each would take
/// the other's files for what a crash left behind.
final class ArchiveOwner: Sendable {
  private static let folder = "_store"
  private static let name = folder + "/owner"
  private static let probe = folder + "/probe"

  private let storage: any ArchiveStorage
  /// The archive that the same store has of what is not archived here.
  private let other: any ArchiveStorage
  private let store: String
  private let isClaimed = Atomic(false)

  init(_ storage: any ArchiveStorage, beside other: any ArchiveStorage, hashSeed: UInt64) {
    self.storage = storage
    self.other = other
    store = StoreLayout.hex(hashSeed, digits: 16)
  }

  /// Takes the folder for the store, where nobody has; called before anything is written or removed there.
  func claim() throws(StoreError) {
    if isClaimed.load(ordering: .acquiring) { return }
    if try !storage.list(Self.folder).contains(Self.name) {
      _ = try storage.putIfAbsent(Self.name, Array((store + "\n").utf8))
    }
    // Whatever was put: another store that does the same at the same time uses the same temporary name, so that what stands
    // there now may be what that one has written.
    let owner = String(decoding: try storage.open(Self.name).array.prefix(64), as: UTF8.self)
    guard owner == store + "\n" else {
      throw StoreError(
        .alreadyExists, file: storage.path(Self.name),
        "the archive in this folder belongs to another store, with the hash seed \(owner.filter { $0 != "\n" }); "
          + "give this store (\(store)) a folder of its own with \"folder\" under \"archive\" in its policy")
    }
    if try isOther() {
      throw StoreError(
        .invalidArgument, file: storage.path(Self.folder),
        "events and memory units are archived in this one folder, by two names: each is a table of its own, and would take the "
          + "other's files out of it; give \"folder\" or \"units_folder\" under \"archive\" in the policy another one")
    }
    isClaimed.store(true, ordering: .releasing)
  }

  /// Whether both archives are in one folder, whatever path or link leads there: then what comes to the one comes to the other,
  /// and what goes from it goes.
  private func isOther() throws(StoreError) -> Bool {
    _ = try storage.putIfAbsent(Self.probe, Array((store + "\n").utf8))
    let came = try other.list(Self.folder).contains(Self.probe)
    try storage.remove(Self.probe)
    guard came else { return false }
    return try !other.list(Self.folder).contains(Self.probe)
  }
}
