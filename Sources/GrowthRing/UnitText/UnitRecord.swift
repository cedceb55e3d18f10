import Columnar
import StoreEngine

/// What is wrong with a unit, before its place is known.
struct UnitFault: Error {
  var field: UnitField?
  var reason: EventRejection.Reason

  init(_ field: UnitField?, _ reason: EventRejection.Reason) {
    self.field = field
    self.reason = reason
  }
}

/// The fields of one unit as a door reads them, each from its text, until they are a unit. How long they may be, the
/// store judges.
struct UnitRecord {
  private var seen: Set<UnitField> = []
  private var texts: [UnitField: String] = [:]
  private var createdAt: Timestamp?
  private var updatedAt: Timestamp?
  private var importance: Delta?
  private var isDeleted = false

  /// Notes that a field is there, maybe without a value; false where it was before.
  mutating func begin(_ field: UnitField) -> Bool { seen.insert(field).inserted }

  /// Takes a field from its text; an empty one is absent.
  mutating func set(_ field: UnitField, text: String, _ options: UnitIngestOptions) throws(UnitFault) {
    if text.isEmpty { return }
    switch field {
    case .muid, .user, .sourceType, .title, .content, .contentType, .status: texts[field] = text
    case .createdAt, .updatedAt:
      let offset = Int64(options.naiveOffset) * 1_000_000
      try set(field, time: options.timeFormat.parse(Array(text.utf8), naiveOffset: offset))
    case .importanceScore: try setImportance(DecimalText.parse(Array(text.utf8)))
    case .metadata:
      if text == "null" { return }
      do throws(EventRejection.Reason) {
        set(metadata: try CanonicalJSON.canonicalize(text))
      } catch {
        throw UnitFault(.metadata, error)
      }
    case .isDeleted:
      switch text.lowercased() {
      case "true", "1": isDeleted = true
      case "false", "0": isDeleted = false
      default: throw UnitFault(.isDeleted, .malformed)
      }
    }
  }

  /// Takes metadata in canonical form.
  mutating func set(metadata text: String) { texts[.metadata] = text }

  mutating func set(deleted value: Bool) { isDeleted = value }

  mutating func set(_ field: UnitField, time: Result<Int64, EventRejection.Reason>) throws(UnitFault) {
    switch time {
    case .failure(let reason): throw UnitFault(field, reason)
    case .success(let value):
      if field == .createdAt {
        createdAt = Timestamp(microseconds: value)
      } else {
        updatedAt = Timestamp(microseconds: value)
      }
    }
  }

  mutating func setImportance(_ value: Result<Int64, DecimalText.Failure>) throws(UnitFault) {
    switch value {
    case .failure(let failure): throw UnitFault(.importanceScore, failure.reason)
    case .success(let millionths): importance = Delta(millionths: millionths)
    }
  }

  /// The unit of all fields.
  func unit(_ options: UnitIngestOptions) throws(UnitFault) -> MemoryUnit {
    guard let user = texts[.user] ?? options.user else { throw UnitFault(.user, .missing) }
    guard let createdAt else { throw UnitFault(.createdAt, .missing) }
    var unit = MemoryUnit(
      muid: texts[.muid] ?? "", user: user, sourceType: texts[.sourceType] ?? "", title: texts[.title] ?? "",
      content: texts[.content] ?? "", contentType: texts[.contentType] ?? "text", createdAt: createdAt,
      updatedAt: updatedAt, importanceScore: importance, status: texts[.status] ?? "active",
      metadata: texts[.metadata] ?? "", isDeleted: isDeleted)
    if unit.muid.isEmpty {
      // A deletion without a muid would delete nothing.
      guard options.derivesIDs, !isDeleted else { throw UnitFault(.muid, .missing) }
      unit.muid = Self.derivedID(unit)
    }
    return unit
  }

  /// A UUID of version 8 (RFC 9562, section 5.8): 122 bits of two XXH3 hashes, with seeds 0 and 1.
  private static func derivedID(_ unit: MemoryUnit) -> String {
    var writer = ByteWriter(capacity: unit.content.utf8.count + 256)
    for text in [unit.user, unit.sourceType, unit.title, unit.content] { writer.appendText(text) }
    writer.append(unit.createdAt.microseconds)
    let high = XXH3.hash(writer.bytes)
    let low = XXH3.hash(writer.bytes, seed: 1)
    return EventID(
      high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x8000, low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    ).description
  }
}

extension MemoryUnit {
  /// Bytes of its texts, by which batches are bounded.
  package var textLength: Int { content.utf8.count + title.utf8.count + metadata.utf8.count + 256 }
}

/// How much more a batch of units takes.
struct UnitRoom {
  private var units: Int
  private var text: Int

  init(units: Int, text: Int) {
    self.units = units
    self.text = text
  }

  var isFull: Bool { units <= 0 || text <= 0 }

  mutating func take(_ unit: MemoryUnit) {
    units -= 1
    text -= unit.textLength
  }
}
