import Columnar
import StorageIO
import StoreEngine

/// `store.json` and `growth-model.json`: reading and writing the documents of a store. See Formats/store.md.
struct StoreFile {
  let layout: StoreLayout
  let environment: StorageEnvironment

  func exists() throws(StoreError) -> Bool {
    try onDisk { () throws(DiskError) in try environment.disk.exists(layout.storeFile) }
  }

  /// Says that all documents will be read.
  func expect() { environment.disk.expect([layout.storeFile, layout.modelFile, layout.policyFile]) }

  func readIdentity() throws(StoreError) -> StoreIdentity {
    let path = layout.storeFile
    let bytes: [UInt8]
    do {
      bytes = try environment.disk.read(path)
    } catch  where error.kind == .notFound {
      throw StoreError(.notFound, file: layout.root, "no store is here; create one with `growthring init`")
    } catch {
      throw StoreError(error)
    }
    let fields = try fields(of: bytes, path: path)
    guard case .string(StoreIdentity.format)? = fields["format"] else {
      throw StoreError(.corruption, file: path, "\"format\" is not \"\(StoreIdentity.format)\"")
    }
    let oldest = try integer(fields, "oldest_reader", path)
    guard oldest <= StoreIdentity.version else {
      throw StoreError(
        .unsupportedVersion, file: path,
        "the store asks for readers of version \(oldest); this one is of version \(StoreIdentity.version)")
    }
    let partitions = try integer(fields, "partitions", path)
    guard StoreIdentity.isAllowed(partitions: partitions) else {
      throw StoreError(.corruption, file: path, "\(partitions) partitions; a power of two up to 4096 belongs there")
    }
    guard case .string(let hex)? = fields["hash_seed"], let seed = UInt64(hex, radix: 16),
      StoreLayout.hex(seed, digits: 16) == hex
    else {
      throw StoreError(.corruption, file: path, "\"hash_seed\" is not 16 lower-case hexadecimal digits")
    }
    guard case .string(let text)? = fields["created_at"], let createdAt = Timestamp(text) else {
      throw StoreError(.corruption, file: path, "\"created_at\" is not a time")
    }
    let identity = StoreIdentity(partitions: partitions, hashSeed: seed, createdAt: createdAt)
    let version = try integer(fields, "version", path)
    guard case .string(Self.checksum(of: identity, version: version, oldestReader: oldest))? = fields["checksum"] else {
      throw StoreError(.corruption, file: path, "\"checksum\" does not match the other fields")
    }
    return identity
  }

  /// Of all fields: with a wrong seed or number of partitions, every user would be looked for in the wrong place.
  private static func checksum(of identity: StoreIdentity, version: Int, oldestReader: Int) -> String {
    let text = [
      StoreIdentity.format, "\(version)", "\(oldestReader)", "\(identity.partitions)",
      StoreLayout.hex(identity.hashSeed, digits: 16), identity.createdAt.description,
    ].joined(separator: "\n")
    return StoreLayout.hex(XXH3.hash(Array(text.utf8), seed: 0), digits: 16)
  }

  func write(_ identity: StoreIdentity) throws(StoreError) {
    var json = PrettyJSON()
    json.object { json in
      json.field("format", string: StoreIdentity.format)
      json.field("version", number: "\(StoreIdentity.version)")
      json.field("oldest_reader", number: "1")
      json.field("partitions", number: "\(identity.partitions)")
      json.field("hash_seed", string: StoreLayout.hex(identity.hashSeed, digits: 16))
      json.field("created_at", string: identity.createdAt.description)
      json.field("checksum", string: Self.checksum(of: identity, version: StoreIdentity.version, oldestReader: 1))
    }
    try write(json.text + "\n", to: layout.storeFile)
  }

  func readModel() throws(StoreError) -> GrowthModel {
    let path = layout.modelFile
    let bytes = try onDisk { () throws(DiskError) in try environment.disk.read(path) }
    do {
      return try GrowthModel(json: bytes, file: path)
    } catch {
      throw StoreError(error, path)
    }
  }

  /// The ageing policy in force; the standard one where the store has none of its own.
  func readPolicy() throws(StoreError) -> AgeingPolicy {
    let path = layout.policyFile
    let bytes: [UInt8]
    do {
      bytes = try environment.disk.read(path)
    } catch  where error.kind == .notFound {
      return .standard
    } catch {
      throw StoreError(error)
    }
    do {
      return try AgeingPolicy(json: bytes, file: path)
    } catch {
      throw StoreError(error, path)
    }
  }

  func write(_ policy: AgeingPolicy) throws(StoreError) {
    try alone { () throws(StoreError) in try write(policy.json(), to: layout.policyFile) }
  }

  /// Puts in force what `change` makes of the policy, and returns it; nil leaves that as it is. Of two that change it at the
  /// same time, the second one begins with what the first one has made of it.
  func changePolicy(_ change: (AgeingPolicy) -> AgeingPolicy?) throws(StoreError) -> AgeingPolicy {
    try alone { () throws(StoreError) in
      let policy = try readPolicy()
      guard let changed = change(policy) else { return policy }
      try write(changed.json(), to: layout.policyFile)
      return changed
    }
  }

  func write(_ model: GrowthModel) throws(StoreError) {
    try alone { () throws(StoreError) in try write(model.json() + "\n", to: layout.modelFile) }
  }

  /// Runs what replaces a document while no other process does: both use the same temporary file.
  private func alone<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
    for attempt in 0..<Self.attempts {
      // It is held for some syncs only.
      if attempt > 0 { Throttle.sleep(20_000) }
      let lock = try onDisk { () throws(DiskError) in try environment.disk.tryLock(layout.documentLock) }
      guard let lock else { continue }
      defer { lock.release() }
      return try body()
    }
    throw StoreError(.locked, file: layout.documentLock, "another process is changing the growth model or the policy")
  }

  /// Five seconds.
  private static let attempts = 250

  /// Replaces a document in one step, durably.
  private func write(_ text: String, to path: String) throws(StoreError) {
    let temporary = path + StoreLayout.temporarySuffix
    do {
      if try environment.disk.exists(temporary) { try environment.disk.remove(temporary) }
      let file = try environment.disk.open(temporary, .create)
      try file.write(Array(text.utf8), at: 0)
      try file.sync()
      try file.close()
      try environment.disk.rename(temporary, path)
      try environment.disk.syncDirectory(layout.root)
    } catch {
      // Nobody else looks for it.
      try? environment.disk.remove(temporary)
      throw StoreError(error)
    }
  }

  private func fields(of bytes: [UInt8], path: String) throws(StoreError) -> [String: DocumentNode.Value] {
    do {
      guard case .mapping(let entries) = try DocumentJSONParser.parse(bytes, file: path).value else {
        throw StoreError(.corruption, file: path, "not a JSON object")
      }
      return Dictionary(entries.map { ($0.key, $0.value.value) }, uniquingKeysWith: { first, _ in first })
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(.corruption, file: path, "\(error)")
    }
  }

  private func integer(
    _ fields: [String: DocumentNode.Value], _ key: String, _ path: String
  ) throws(StoreError) -> Int {
    guard case .number(let text)? = fields[key], let value = Int(text), value >= 0 else {
      throw StoreError(.corruption, file: path, "\"\(key)\" is not a whole number")
    }
    return value
  }
}

extension StoreError {
  /// What is wrong with a document that the store keeps. Of one of a newer version nothing else counts: what is unknown in it is
  /// what the newer version brought.
  fileprivate init(_ error: ConfigurationError, _ path: String) {
    if let newer = error.problems.first(where: \.isNewer) {
      self.init(.unsupportedVersion, file: path, "\(newer)")
    } else {
      self.init(.corruption, file: path, "\(error)")
    }
  }
}
