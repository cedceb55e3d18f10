import Columnar
import StoreEngine

extension EventGenerator {
  /// The codes that a batch has for the generator's small vocabularies.
  struct BatchCodes {
    let dimensions: [UInt32]
    let entityTypes: [UInt32]
    let sources: [UInt32]
    let noScope: UInt32
    /// By creator, source and version, for metadata without tags; `UInt32.max` where there is no code yet.
    var metadata: [UInt32]
    /// Where metadata are put together.
    var scratch: [UInt8] = []

    init(interningInto batch: inout EventBatch) {
      dimensions = GeneratorTables.dimensions.map { batch.dimensions.intern($0) }
      entityTypes = GeneratorTables.entityTypes.map { batch.entityTypes.intern($0) }
      sources = GeneratorTables.sources.map { batch.sources.intern($0) }
      noScope = batch.scopes.intern("")
      metadata = [UInt32](repeating: UInt32.max, count: 6 * 12 * 5)
    }
  }

  /// Interns the UUIDv4 of a user or an entity, which follows from its number.
  @inline(__always)
  func intern(_ key: UInt64, _ number: UInt64, into dictionary: inout ByteStringDictionary) -> UInt32 {
    let high = GeneratorRandom.mix(key &+ number &* GeneratorRandom.step)
    let low = GeneratorRandom.mix(key &+ (number &+ 1) &* GeneratorRandom.step)
    var stored = StoredUUID(high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000, low: low >> 2 | 0x8000_0000_0000_0000)
    return unsafe withUnsafeBytes(of: &stored) { bytes in
      unsafe dictionary.intern(UnsafeRawBufferPointer(rebasing: bytes[7..<24]))
    }
  }

  /// The stored form of a lower-case UUID in the last 17 of 24 bytes, see `Identifier`.
  private struct StoredUUID {
    private let tag: UInt64
    private let high: UInt64
    private let low: UInt64

    @inline(__always)
    init(high: UInt64, low: UInt64) {
      tag = UInt64(Identifier.lowercaseTag).bigEndian
      self.high = high.bigEndian
      self.low = low.bigEndian
    }
  }

  /// Metadata in canonical form: keys in bytewise order, no white space. `tags` are ten random bits each.
  func writeMetadata(
    _ creator: Int, _ source: Int, _ version: Int, tags: (UInt64, UInt64, UInt64), count: Int, into bytes: inout [UInt8]
  ) {
    bytes.append(contentsOf: texts.creators[creator])
    bytes.append(contentsOf: texts.sources[source])
    if count > 0 {
      bytes.append(contentsOf: texts.beforeTags)
      bytes.append(contentsOf: texts.tags[Int(tables.tag[Int(tags.0)])])
      if count > 1 { bytes.append(contentsOf: texts.tags[Int(tables.tag[Int(tags.1)])]) }
      if count > 2 { bytes.append(contentsOf: texts.tags[Int(tables.tag[Int(tags.2)])]) }
      // The last comma becomes the end of the list.
      bytes[bytes.count - 1] = UInt8(ascii: "]")
    }
    bytes.append(contentsOf: texts.versions[version])
  }

  /// The parts that metadata are put together from.
  struct MetadataTexts: Sendable {
    let creators = GeneratorTables.creators.map { Array("{\"created_by\":\"\($0)\"".utf8) }
    let sources = GeneratorTables.sources.map { Array(",\"source\":\"\($0)\"".utf8) }
    let beforeTags = Array(",\"tags\":[".utf8)
    let tags = GeneratorTables.tags.map { Array("\"tag_\($0)\",".utf8) }
    let versions = GeneratorTables.versions.map { Array(",\"version\":\"\($0)\"}".utf8) }
  }

  /// The scope of an entity: its user's organisation, and up to four parts below.
  func scope(user: Int, _ attributes: UInt64, into batch: inout EventBatch, _ codes: BatchCodes) -> UInt32 {
    let hash = GeneratorRandom.mix(userKey ^ UInt64(user))
    guard hash % 5 < 3 else { return codes.noScope }
    let organization = (hash >> 8) % organizations
    let bits = GeneratorRandom.mix(attributes)
    let parts: [(name: String, number: UInt64)] = [
      ("/project-", bits & 7), ("/production-", bits >> 3 & 3), ("/activation-", bits >> 5 & 3),
      ("/workspace-", bits >> 7 & 7),
    ]
    var text = "org-\(organization)"
    for part in parts.prefix((Int(bits >> 10 & 0xFF) * 5) >> 8) { text += "\(part.name)\(part.number)" }
    return batch.scopes.intern(text)
  }
}

extension EventBatch {
  /// Makes room for more rows.
  mutating func reserve(_ count: Int) {
    let capacity = self.count + count
    eventIDHigh.reserveCapacity(capacity)
    eventIDLow.reserveCapacity(capacity)
    user.reserveCapacity(capacity)
    entity.reserveCapacity(capacity)
    entityType.reserveCapacity(capacity)
    dimension.reserveCapacity(capacity)
    source.reserveCapacity(capacity)
    scope.reserveCapacity(capacity)
    metadata.reserveCapacity(capacity)
    delta.reserveCapacity(capacity)
    createdAt.reserveCapacity(capacity)
  }
}
