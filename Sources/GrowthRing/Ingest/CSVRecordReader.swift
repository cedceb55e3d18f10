import Columnar
import StoreEngine

/// Makes an event of the cells of one record.
struct CSVRecordReader: Sendable {
  let header: CSVHeader
  private let timeFormat: TimeFormat
  private let naiveOffset: Int64
  private let trims: Bool
  private var rewriter = CanonicalJSON.Rewriter()
  private var writer = RecordWriter()
  private var values = RecordValues()

  init(_ header: CSVHeader, _ options: CSVOptions) {
    self.header = header
    timeFormat = options.timeFormat
    naiveOffset = Int64(options.naiveOffset) * 1_000_000
    trims = options.trimsCells ?? !options.mapping.isEmpty
    let hasIDs = header.bindings.contains { $0.field == .eventID }
    if options.ingest.deriveEventIDs || (!options.mapping.isEmpty && !hasIDs) { writer.derived = DerivedEventIDs() }
  }

  /// Says that the next events may go into another batch.
  mutating func beginBatch() { writer.beginBatch() }

  /// The number of events that wait for `flush`.
  @inline(__always)
  var pending: Int { writer.pending }

  /// At least as many bytes as the metadata of these events will take in the batch.
  @inline(__always)
  var pendingText: Int { writer.pendingText }

  /// Puts the events that wait into the batch, which empties the scratch.
  mutating func flush(_ input: PaddedInput, _ scratch: inout TextScratch, into batch: inout EventBatch) {
    writer.flush(input, scratch, to: &batch)
    scratch.count = 0
  }

  /// Makes an event of a record, which then waits for `flush`.
  mutating func read(
    _ cells: [TextPlace], _ input: PaddedInput, _ scratch: inout TextScratch
  ) throws(RecordFault) {
    guard cells.count == header.columnCount else { throw RecordFault(nil, .malformed) }
    values = RecordValues()
    for binding in header.bindings {
      var place: TextPlace
      if let column = binding.column {
        place = cells[column]
        if trims { trim(&place, input, scratch) }
      } else {
        place = TextPlace(offset: binding.constant.lowerBound, count: binding.constant.count, inScratch: true)
      }
      if place.count == 0 {
        if binding.field.isRequired { throw RecordFault(binding.field, .empty) }
        continue
      }
      values.seen |= binding.field.bit
      try field(binding.field, place, cells, input, &scratch)
    }
    try writer.add(values, input, scratch)
  }

  private func trim(_ place: inout TextPlace, _ input: PaddedInput, _ scratch: TextScratch) {
    let view = place.inScratch ? scratch.written : input
    while place.count > 0, view[place.offset] == 0x20 || view[place.offset] == 0x09 {
      place.offset += 1
      place.count -= 1
    }
    while place.count > 0, case let last = view[place.offset + place.count - 1], last == 0x20 || last == 0x09 {
      place.count -= 1
    }
  }

  @inline(__always)
  private mutating func field(
    _ field: EventField, _ place: TextPlace, _ cells: [TextPlace], _ input: PaddedInput,
    _ scratch: inout TextScratch
  ) throws(RecordFault) {
    let view = place.inScratch ? scratch.written : input
    switch field {
    case .eventID:
      guard let id = unsafe UUIDText.parse(view.buffer(place.offset, place.count)), id.high | id.low != 0 else {
        throw RecordFault(field, .malformed)
      }
      values.idHigh = id.high
      values.idLow = id.low
    case .user: values.user = try identifier(field, place, view)
    case .entity: values.entity = try identifier(field, place, view)
    case .entityType: values.entityType = try text(field, place, view)
    case .dimension: values.dimension = try text(field, place, view)
    case .source: values.source = try text(field, place, view)
    case .scope:
      values.scope = try text(field, place, view)
      guard unsafe EventLimits.isScope(view.buffer(place.offset, place.count)) else {
        throw RecordFault(field, .malformed)
      }
    case .delta:
      switch unsafe DecimalText.parse(view.buffer(place.offset, place.count)) {
      case .success(let value): values.delta = value
      case .failure(let failure): throw RecordFault(field, failure.reason)
      }
    case .createdAt: try time(place, view, cells, input, scratch)
    case .sourceMUID: values.sourceMUID = try text(field, place, view)
    case .metadata: try metadata(place, view, &scratch)
    }
  }

  @inline(__always)
  private func identifier(
    _ field: EventField, _ place: TextPlace, _ view: PaddedInput
  ) throws(RecordFault) -> IdentifierPlace {
    var id = IdentifierPlace()
    if place.count == 36, id.readUUID(view, place.offset) { return id }
    id.text = try text(field, place, view)
    return id
  }

  @inline(__always)
  private func text(_ field: EventField, _ place: TextPlace, _ view: PaddedInput) throws(RecordFault) -> TextPlace {
    if place.count > EventLimits.longest(field) { throw RecordFault(field, .tooLong) }
    if !view.isPlainASCII(place.offset, place.count) {
      if view.containsNUL(place.offset, place.count) { throw RecordFault(field, .nulByte) }
      if !view.isValidUTF8(place.offset, place.count) { throw RecordFault(field, .invalidUTF8) }
    }
    return place
  }

  private mutating func time(
    _ place: TextPlace, _ view: PaddedInput, _ cells: [TextPlace], _ input: PaddedInput, _ scratch: TextScratch
  ) throws(RecordFault) {
    var offset = naiveOffset
    if let column = header.zoneColumn {
      var zone = cells[column]
      trim(&zone, input, scratch)
      let name = (zone.inScratch ? scratch.written : input).array(zone.offset, zone.count)
      if name != Array("UTC".utf8) {
        let read = unsafe name.withUnsafeBytes { unsafe Timestamp.zone($0, from: 0, naive: offset) }
        guard let read else { throw RecordFault(.createdAt, .malformed) }
        offset = read
      } else {
        offset = 0
      }
    }
    let result =
      if case .iso = timeFormat {
        unsafe Timestamp.parse(view.buffer(place.offset, place.count), naiveOffset: offset)
      } else {
        timeFormat.parse(view.array(place.offset, place.count), naiveOffset: offset)
      }
    switch result {
    case .success(let value): values.createdAt = value
    case .failure(let reason): throw RecordFault(.createdAt, reason)
    }
  }

  @inline(__always)
  private mutating func metadata(
    _ place: TextPlace, _ view: PaddedInput, _ scratch: inout TextScratch
  ) throws(RecordFault) {
    let end = place.offset + place.count
    let start = rewriter.skipSpace(view, place.offset, end)
    if end - start == 4, view.word(start) & 0xFFFF_FFFF == 0x6C6C_756E {
      values.seen &= ~EventField.metadata.bit
      return
    }
    if writer.takeKnownMetadata(view, place, &scratch, &values) { return }
    values.metadataSource = place
    let offset = scratch.count
    if place.count > 0, view[place.offset] == UInt8(ascii: "{"),
      let plain = rewriter.plainObject(view, place.offset, end, into: &scratch), plain.next == end
    {
      values.metadata =
        plain.isCopied ? TextPlace(offset: offset, count: scratch.count - offset, inScratch: true) : place
      if values.metadata.count > EventLimits.metadataLength { throw RecordFault(.metadata, .tooLong) }
      return
    }
    scratch.count = offset
    do throws(EventRejection.Reason) {
      let next = try rewriter.object(view, start, end, into: &scratch)
      guard rewriter.skipSpace(view, next, end) == end else { throw .malformed }
    } catch {
      throw RecordFault(.metadata, error)
    }
    values.metadata = TextPlace(offset: offset, count: scratch.count - offset, inScratch: true)
    if values.metadata.count > EventLimits.metadataLength { throw RecordFault(.metadata, .tooLong) }
  }
}
