import Columnar
import StoreEngine

/// Where a text lies: in the window, or decoded in the scratch. Small, as a record has many of them.
struct TextPlace: Equatable {
  private var start: UInt32
  /// The length, and the highest bit for the scratch.
  private var lengthAndPlace: UInt32

  @inline(__always)
  init(offset: Int = 0, count: Int = 0, inScratch: Bool = false) {
    start = UInt32(offset)
    precondition(count >= 0 && count < 1 << 31, "no text is that long")
    lengthAndPlace = UInt32(truncatingIfNeeded: count) | (inScratch ? 1 << 31 : 0)
  }

  @inline(__always)
  var offset: Int {
    get { Int(start) }
    set { start = UInt32(newValue) }
  }

  @inline(__always)
  var count: Int {
    get { Int(lengthAndPlace & 0x7FFF_FFFF) }
    set { self = TextPlace(offset: offset, count: newValue, inScratch: inScratch) }
  }

  @inline(__always)
  var inScratch: Bool { lengthAndPlace >> 31 != 0 }
}

/// The id of a user or an entity as it was read: a UUID, or any other text.
struct IdentifierPlace {
  /// Zero for text, else the tag of the stored form.
  var tag: UInt8 = 0
  var high: UInt64 = 0
  var low: UInt64 = 0
  var text = TextPlace()
}

/// The fields of one record, checked one by one, before anything goes into the batch: so a rejected record leaves nothing
/// behind in the dictionaries.
struct RecordValues {
  /// A bit for each field that is there.
  var seen: UInt16 = 0
  var idHigh: UInt64 = 0
  var idLow: UInt64 = 0
  var user = IdentifierPlace()
  var entity = IdentifierPlace()
  var entityType = TextPlace()
  var dimension = TextPlace()
  var source = TextPlace()
  var scope = TextPlace()
  /// In canonical form.
  var metadata = TextPlace()
  /// As they were written, where they may come again in this form.
  var metadataSource = TextPlace()
  /// The code that the batch gave to these metadata before, where they are known to be those of an earlier record.
  var metadataCode: UInt32?
  /// The unit that the event came from.
  var sourceMUID = TextPlace()
  /// Where it has one: the place of its metadata, with the unit in them, among those that the writer keeps.
  var completed: Int32 = -1
  var delta: Int64 = 0
  var createdAt: Int64 = 0

  @inline(__always)
  func has(_ field: EventField) -> Bool { seen & field.bit != 0 }
}

extension EventField {
  /// The field's place in the order of declaration.
  @inline(__always)
  var index: Int {
    switch self {
    case .eventID: 0
    case .user: 1
    case .entity: 2
    case .entityType: 3
    case .dimension: 4
    case .delta: 5
    case .source: 6
    case .scope: 7
    case .createdAt: 8
    case .metadata: 9
    case .sourceMUID: 10
    }
  }

  @inline(__always)
  var bit: UInt16 { 1 << UInt16(truncatingIfNeeded: index) }

  /// The bits of all required fields.
  static let required: UInt16 = EventField.allCases.filter(\.isRequired).reduce(0) { $0 | $1.bit }
}
