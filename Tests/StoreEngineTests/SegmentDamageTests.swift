import Columnar
import StorageIO
import Testing

@testable import StoreEngine

@Suite struct SegmentDamageTests {
  /// Reads all that a segment offers; nil where it says `.corruption`.
  private func survey(_ bytes: [UInt8]) throws -> [Row]? {
    do throws(StoreError) {
      let segment = try Segment(bytes: Bytes(bytes), path: "damaged", expectedFileID: 77)
      var rows: [Row] = []
      let scan = SegmentScan(segment)
      while let chunk = try scan.next() { rows += chunk.values }
      try segment.verifyChecksums()
      _ = try segment.describe()
      return rows
    } catch {
      #expect(error.kind == .corruption || error.kind == .unsupportedVersion)
      #expect(error.file == "damaged")
      #expect((error.offset ?? -1) >= 0)
      return nil
    }
  }

  private func small(_ codec: Codec = .lz4) throws -> (bytes: [UInt8], rows: [Row]) {
    var generator = EventGenerator(seed: 60)
    generator.users = 3
    generator.entities = 3
    let batch = generator.batch(60)
    return (try segmentBytes(batch, codec: codec), batch.values.sorted())
  }

  @Test func everyTruncation() throws {
    let (bytes, rows) = try small()
    #expect(try survey(bytes) == rows)
    for length in 0..<bytes.count { #expect(try survey(Array(bytes[..<length])) == nil) }
    #expect(try survey(bytes + [0]) == nil)
  }

  @Test func everyFlippedByte() throws {
    let (intact, _) = try small()
    var bytes = intact
    for offset in bytes.indices {
      for mask: UInt8 in [1 << UInt8(offset % 8), 0xFF] {
        bytes[offset] ^= mask
        // Every byte of the file is under a checksum, so nothing goes unnoticed.
        #expect(try survey(bytes) == nil)
        bytes[offset] ^= mask
      }
    }
    #expect(bytes == intact)
  }

  /// Damage that a checksum cannot tell, as it is computed over the forged bytes.
  @Test func forgedPages() throws {
    let (bytes, rows) = try small(.none)
    let segment = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    var generator = EventGenerator(seed: 61)
    var survivors = 0
    for round in 0..<3_000 {
      var forged = bytes
      let pages = try segment.header(0).pages.map(\.page)
      let page = pages[round % pages.count]
      forged[page.offset + generator.number(page.storedLength)] = UInt8(generator.number(256))
      try forge(&forged, segment, page)
      // Whatever comes out, it is rows or an error, never a trap.
      if let read = try survey(forged) {
        survivors += 1
        #expect(read.count == rows.count)
      }
    }
    #expect(survivors > 100 && survivors < 3_000)
  }

  /// The same for models, conditioned pages, templates and UUIDs.
  @Test func forgedShapes() throws {
    let batch = shapedBatch(200, seed: 62)
    let bytes = try segmentBytes(batch, codec: .none)
    let segment = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    let header = try segment.header(0)
    let text = header.text(.metadata)
    let pages =
      text.dictionary + text.codes + header.text(.entity).dictionary + header.deltas
      + [try #require(text.model).page, try #require(header.deltaModel).page]
    var generator = EventGenerator(seed: 63)
    var survivors = 0
    for round in 0..<600 {
      var forged = bytes
      let page = pages[round % pages.count]
      let place = round % 3 == 0 ? generator.number(min(60, page.storedLength)) : generator.number(page.storedLength)
      forged[page.offset + place] = UInt8(generator.number(256))
      try forge(&forged, segment, page)
      if let read = try survey(forged) {
        survivors += 1
        #expect(read.count == 200)
      }
    }
    #expect(survivors > 20 && survivors < 600)
  }

  @Test func forgedHeadersAndFooters() throws {
    let (bytes, _) = try small(.none)
    let segment = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    let footer = segment.trailer.footer
    let header = segment.footer.rowGroups[0].header
    try #require(footer.codec == .none && header.codec == .none)
    var rejected = 0
    for page in [footer, header] {
      for offset in page.offset..<page.offset + page.storedLength {
        for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] where bytes[offset] != value {
          var forged = bytes
          forged[offset] = value
          try forge(&forged, segment, page)
          if try survey(forged) == nil { rejected += 1 }
        }
      }
    }
    #expect(rejected > 500)
  }

  /// Corrects the checksum of a changed page, and of all that lies above it.
  private func forge(_ bytes: inout [UInt8], _ segment: Segment, _ changed: PageReference) throws {
    let fileID = segment.fileID
    let entry = segment.footer.rowGroups[0]
    let footer = segment.trailer.footer
    if changed != footer {
      if changed != entry.header {
        try replace(&bytes, changed, in: entry.header, fileID)
        try replace(&bytes, entry.header, in: footer, fileID)
      } else {
        try replace(&bytes, changed, in: footer, fileID)
      }
    }
    let trailer = bytes.count - 48
    var page = footer
    page.checksum = XXH3.hash(bytes, footer.offset, footer.storedLength, seed: fileID &+ UInt64(footer.offset))
    bytes.replaceSubrange(trailer..., with: SegmentTrailer(footer: page).encoded(fileID: fileID, offset: trailer))
  }

  /// Finds the stored reference of a page within another page, and corrects its checksum.
  private func replace(
    _ bytes: inout [UInt8], _ page: PageReference, in holder: PageReference, _ fileID: UInt64
  ) throws {
    var writer = ByteWriter()
    page.append(to: &writer)
    var corrected = page
    corrected.checksum = XXH3.hash(bytes, page.offset, page.storedLength, seed: fileID &+ UInt64(page.offset))
    var replacement = ByteWriter()
    corrected.append(to: &replacement)
    let range = holder.offset..<holder.offset + holder.storedLength - writer.count + 1
    let place = try #require(range.first { Array(bytes[$0..<$0 + writer.count]) == writer.bytes })
    bytes.replaceSubrange(place..<place + writer.count, with: replacement.bytes)
  }

  @Test func foreignFiles() throws {
    let (bytes, _) = try small()
    let error = #expect(throws: StoreError.self) {
      _ = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 78)
    }
    #expect(error?.kind == .corruption)
    var newer = bytes
    newer[10] = UInt8(FileHeader.Kind.segment.version) + 1
    let checksum = XXH3.hash(newer, 0, 24, seed: 77)
    for index in 0..<8 { newer[24 + index] = UInt8(truncatingIfNeeded: checksum >> UInt64(8 * index)) }
    let refusal = #expect(throws: StoreError.self) {
      _ = try Segment(bytes: Bytes(newer), path: "s", expectedFileID: 77)
    }
    #expect(refusal?.kind == .unsupportedVersion)
  }
}
