package import Columnar

/// Writes a unit segment from versions in their final order, with the small columns of one row group and one page of contents
/// in memory. See Formats/unit-segments.md.
package final class UnitSegmentWriter {
  private let fileID: UInt64
  private let hashSeed: UInt64
  private let codec: Codec
  private let level: Int32
  private let dictionary: ZstdDictionary?
  private let output: FileOutput
  private var pending: [(fields: UnitVersion.Fields, sequence: UInt64, length: Int)] = []
  private var textLength = 0
  private var page: [UInt8] = []
  private var pageRows = 0
  private var pages: [UnitGroupHeader.ContentPage] = []
  private var groups: [UnitSegmentFooter.Group] = []
  private var hashes: [UInt64] = []
  private var last: (user: [UInt8], muid: [UInt8], updatedAt: Int64) = ([], [], 0)
  private var dictionaryPage: PageReference?
  private var sizes: [(name: String, bytes: Int)] = []
  private var isStarted = false
  package private(set) var rows = 0

  /// Begins a segment at the start of an empty file. `hashSeed` is the store's; `dictionary` is for Zstandard.
  package init(
    fileID: UInt64, hashSeed: UInt64, codec: Codec, level: Int32 = 3, dictionary: ZstdDictionary? = nil,
    output: FileOutput
  ) {
    self.fileID = fileID
    self.hashSeed = hashSeed
    self.codec = codec
    self.level = level
    self.dictionary = dictionary
    self.output = output
  }

  /// Appends a version, which comes after those before in the order of segments.
  package func append(_ version: UnitVersion) throws(StoreError) {
    if !isStarted { try start() }
    let isSameUnit = rows > 0 && version.user == last.user && version.muid == last.muid
    if rows > 0 {
      let order = isSameUnit ? 0 : UnitVersion.compareKey(version, last.user, last.muid)
      guard order > 0 || (isSameUnit && version.updatedAt < last.updatedAt) else {
        throw StoreError(.corruption, file: output.path, "memory units are out of order, or one version is there twice")
      }
    }
    last = (version.user, version.muid, version.updatedAt)
    if !isSameUnit { hashes.append(version.hash(hashSeed: hashSeed)) }
    let length = version.content.count
    if length > UnitLayout.ownPageLength { try closePage() }
    unsafe version.content.withUnsafeBytes { unsafe page.append(contentsOf: $0) }
    pageRows += 1
    let limit = dictionary == nil ? UnitLayout.contentPageLength : UnitLayout.dictionaryPageLength
    if page.count >= limit { try closePage() }
    pending.append((version.fields, version.sequence, length))
    rows += 1
    textLength += version.fields.title.count + version.fields.metadata.count
    if pending.count == UnitLayout.rowsPerGroup || textLength >= UnitLayout.groupTextLength { try closeGroup() }
  }

  /// Writes what is left, the filter and the footer. The file is complete but not yet synced. A segment has at least one row.
  package func finish() throws(StoreError) -> UnitSegmentSummary {
    if !pending.isEmpty { try closeGroup() }
    guard !groups.isEmpty else {
      throw StoreError(.invalidArgument, file: output.path, "a unit segment without rows cannot be written")
    }
    let (filterKind, filterBytes) = KeyFilter.build(hashes)
    let filter = try output.store(filterBytes, codec: .none, fileID: fileID)
    note(UnitLayout.filter, filter)
    var bounds = UnitBounds()
    for group in groups { bounds.add(group.bounds) }
    let footer = UnitSegmentFooter(
      rows: rows, bounds: bounds, filter: filter, filterKind: filterKind, dictionary: dictionaryPage, groups: groups,
      sizes: sizes)
    let page = try output.store(footer.encoded(), codec: codec, level: level, fileID: fileID)
    try output.append(SegmentTrailer(footer: page).encoded(fileID: fileID, offset: output.offset))
    try output.flush()
    return UnitSegmentSummary(fileID: fileID, length: output.offset, rows: rows, bounds: bounds)
  }

  private func start() throws(StoreError) {
    isStarted = true
    try output.append(FileHeader(kind: .unitSegment, fileID: fileID).encoded)
    if let dictionary {
      let stored = try output.store(dictionary.bytes, codec: .none, fileID: fileID)
      note(UnitLayout.dictionary, stored)
      dictionaryPage = stored
    }
  }

  private func closePage() throws(StoreError) {
    guard pageRows > 0 else { return }
    // A long content is a sample of its own.
    var short: PageReference?
    if let dictionary, page.count <= UnitLayout.contentPageLength {
      short = try output.store(page, dictionary: dictionary, fileID: fileID)
    }
    let usesDictionary = short != nil
    let reference: PageReference
    if let short {
      reference = short
    } else {
      reference = try output.store(page, codec: codec, level: level, fileID: fileID)
    }
    note(UnitLayout.content, reference)
    pages.append(
      UnitGroupHeader.ContentPage(rows: pageRows, usesDictionary: usesDictionary, reference: reference))
    page.removeAll(keepingCapacity: page.capacity <= 2 * UnitLayout.ownPageLength)
    pageRows = 0
  }

  private func closeGroup() throws(StoreError) {
    try closePage()
    let fields = pending.map(\.fields)
    var keys = ByteWriter()
    UnitTextColumn.encode(fields.map(\.user), into: &keys)
    UnitTextColumn.encode(fields.map(\.muid), into: &keys)
    IntegerPage.encode(fields.map(\.updatedAt), extended: true, into: &keys)
    IntegerPage.encode(pending.map { Int64($0.sequence) }, extended: true, into: &keys)
    IntegerPage.encode(fields.map(\.flags), extended: true, into: &keys)
    IntegerPage.encode(pending.map { Int64($0.length) }, extended: true, into: &keys)
    var small = ByteWriter()
    UnitTextColumn.encode(fields.map(\.sourceType), into: &small)
    UnitTextColumn.encode(fields.map(\.contentType), into: &small)
    UnitTextColumn.encode(fields.map(\.status), into: &small)
    IntegerPage.encode(fields.map(\.createdAt), extended: true, into: &small)
    IntegerPage.encode(fields.map { $0.importance ?? 0 }, findScale: true, extended: true, into: &small)
    var titles = ByteWriter()
    UnitTextColumn.encode(fields.map(\.title), into: &titles)
    var metadata = ByteWriter()
    var survey = MetadataFilterBuilder(rows: pending.count)
    UnitTextColumn.encode(metadata: fields.map(\.metadata), &survey, into: &metadata)
    let header = UnitGroupHeader(
      keys: try store(keys.bytes, UnitLayout.keys), fields: try store(small.bytes, UnitLayout.fields),
      titles: try store(titles.bytes, UnitLayout.title), metadata: try store(metadata.bytes, UnitLayout.metadata),
      pages: pages)
    var bounds = UnitBounds()
    for row in pending { bounds.add(sequence: row.sequence, updatedAt: row.fields.updatedAt) }
    let (first, last) = (fields[0], fields[fields.count - 1])
    let filter = try storeFilter(survey)
    let statistics = try storeStatistics(survey)
    groups.append(
      UnitSegmentFooter.Group(
        rows: pending.count, header: try store(header.encoded(), UnitLayout.headers), firstUser: first.user,
        firstMUID: first.muid, lastUser: last.user, lastMUID: last.muid, bounds: bounds, metadataFilter: filter,
        metadataStatistics: statistics))
    pending.removeAll(keepingCapacity: true)
    pages.removeAll(keepingCapacity: true)
    textLength = 0
  }

  private func storeFilter(_ survey: MetadataFilterBuilder) throws(StoreError) -> MetadataFilterReference? {
    guard let (kind, bytes) = survey.build() else { return nil }
    let page = try output.store(bytes, codec: .none, fileID: fileID)
    note(UnitLayout.metadataFilter, page)
    return MetadataFilterReference(page: page, kind: kind)
  }

  private func storeStatistics(_ survey: MetadataFilterBuilder) throws(StoreError) -> MetadataStatisticsReference {
    guard let statistics = survey.statistics() else { return .unknown }
    return statistics == .empty ? .empty : .page(try store(statistics.encoded(), UnitLayout.metadataStatistics))
  }

  private func store(_ raw: [UInt8], _ name: String) throws(StoreError) -> PageReference {
    let page = try output.store(raw, codec: codec, level: level, fileID: fileID)
    note(name, page)
    return page
  }

  private func note(_ name: String, _ page: PageReference) {
    if let index = sizes.firstIndex(where: { $0.name == name }) {
      sizes[index].bytes += page.storedLength
    } else {
      sizes.append((name, page.storedLength))
    }
  }
}

/// What a manifest records of a unit segment that was just written.
package struct UnitSegmentSummary: Sendable, Equatable {
  package let fileID: UInt64
  package let length: Int
  package let rows: Int
  package let bounds: UnitBounds
}
