import ArgumentParser
import GrowthRing

/// `--store`, which every command on a store takes.
struct StoreArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder of the store; otherwise the environment variable GROWTHRING_STORE.", valueName: "dir"))
  var store: String?

  /// - Throws: a usage error where neither the option nor the variable is given, or names a file.
  func path() throws -> String {
    let given = store.flatMap { $0.isEmpty ? nil : $0 }
    guard let path = given ?? Console.environment("GROWTHRING_STORE") else {
      throw CommandFailure(
        "no store is named", "Give --store DIR or set the environment variable GROWTHRING_STORE.", status: .wrongUsage)
    }
    if FolderWalk.isNoFolder(path) {
      throw CommandFailure("\(path) is no folder, and so no store", "Name the folder of a store.", status: .wrongUsage)
    }
    return path
  }

  /// Runs a command that reads: beside a writer, and without waiting for it.
  func read(_ options: StoreOptions = StoreOptions(), _ body: (GrowthStore) async throws -> Void) async throws {
    var options = options
    options.access = .readOnly
    try await open(options, body)
  }

  /// Runs a command that needs the store for itself, except for readers.
  func write(_ options: StoreOptions = StoreOptions(), _ body: (GrowthStore) async throws -> Void) async throws {
    var options = options
    options.access = .readWrite
    try await open(options, body)
  }

  private func open(_ options: StoreOptions, _ body: (GrowthStore) async throws -> Void) async throws {
    let store = try await GrowthStore.open(path(), options: options)
    do {
      try await body(store)
    } catch {
      // The first error is the one to tell.
      try? await store.close()
      throw error
    }
    try await store.close()
  }
}
