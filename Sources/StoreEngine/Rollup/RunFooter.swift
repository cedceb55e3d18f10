import Columnar

/// The footer of a run file: where the sections lie. See Formats/run.md, "Footer page".
struct RunFooter {
  struct Section {
    var number: UInt8
    var entries: Int
    var blocks: Int
    var index: PageReference
    var dictionary: PageReference

    func texts(_ file: Bytes, fileID: UInt64) throws(FormatError) -> DictionaryPage.Strings {
      let page = try dictionary.load(from: file, fileID: fileID)
      do throws(FormatError) {
        var reader = ByteReader(page)
        // Texts are distinct, so that all but one take a byte at least.
        let texts = try DictionaryPage.decode(&reader, limit: page.count)
        try reader.expectEnd("dictionary page")
        for index in 0..<max(texts.count - 1, 0) where Bytes.compare(texts[index], texts[index + 1]) >= 0 {
          throw FormatError(offset: 0, "texts \(index) and \(index + 1) are out of order")
        }
        return texts
      } catch {
        throw error.shifted(by: dictionary.offset)
      }
    }
  }

  /// A table of pairs; see Formats/run.md, "Tables of pairs".
  struct Table {
    var blocks: Int
    var pairs: Int
    var slots: Int
    var head: PageReference
  }

  static let trailerLength = 48

  var sections: [Section] = []
  /// Of entity_growth: in the order of the blocks that they cover.
  var tables: [Table] = []

  init() {}

  /// Reads the footer of a whole file of a version. Offsets of errors are positions in the file.
  init(_ file: Bytes, fileID: UInt64, version: UInt16) throws(FormatError) {
    let page = try Self.page(file, fileID: fileID)
    let raw = try page.load(from: file, fileID: fileID)
    do throws(FormatError) {
      var reader = ByteReader(raw)
      let count = try reader.readCount("section count", limit: 255)
      for _ in 0..<count { try readSection(&reader, fileLength: file.count) }
      if version >= 2 { try readTables(&reader, fileLength: file.count) }
      try reader.expectEnd("footer")
    } catch {
      throw error.shifted(by: page.offset)
    }
  }

  private mutating func readSection(_ reader: inout ByteReader, fileLength: Int) throws(FormatError) {
    let start = reader.offset
    let number = UInt8(try reader.readCount("rollup number", limit: 255))
    let entries = try reader.readCount("entries", limit: 1 << 48)
    // A block takes at least an entry of the index, which lies in the file.
    let blocks = try reader.readCount("blocks", limit: fileLength / RunSection.BlockEntry.headLength)
    let index = try PageReference(&reader)
    let dictionary = try PageReference(&reader)
    guard number > sections.last?.number ?? 0 else { throw FormatError(offset: start, "sections are out of order") }
    guard (entries == 0) == (blocks == 0), entries >= blocks else {
      throw FormatError(offset: start, "\(entries) entries in \(blocks) blocks")
    }
    sections.append(Section(number: number, entries: entries, blocks: blocks, index: index, dictionary: dictionary))
  }

  private mutating func readTables(_ reader: inout ByteReader, fileLength: Int) throws(FormatError) {
    let start = reader.offset
    let count = try reader.readCount("tables of pairs", limit: fileLength / 32)
    for _ in 0..<count {
      let blocks = try reader.readCount("blocks of a table", limit: PairTable.mostBlocks)
      let pairs = try reader.readCount("pairs", limit: fileLength / 8)
      let slots = try reader.readCount("slots", limit: fileLength / 8)
      guard blocks > 0, slots > pairs else {
        throw FormatError(offset: start, "\(pairs) pairs of \(blocks) blocks in \(slots) slots")
      }
      tables.append(Table(blocks: blocks, pairs: pairs, slots: slots, head: try PageReference(&reader)))
    }
    let covered = tables.reduce(0) { $0 + $1.blocks }
    let blocks = sections.first { $0.number == Rollup.entityGrowth.rawValue }?.blocks ?? 0
    guard count == 0 || covered == blocks else {
      throw FormatError(offset: start, "tables of pairs for \(covered) blocks of \(blocks)")
    }
  }

  /// The footer page that the trailer names.
  static func page(_ file: Bytes, fileID: UInt64) throws(FormatError) -> PageReference {
    guard file.count >= FileHeader.length + trailerLength else {
      throw FormatError(offset: file.count, "the file ends before its trailer")
    }
    let start = file.count - trailerLength
    let checksum = file.load(start + 40, as: UInt64.self)
    guard XXH3.hash(file.slice(start, 40), seed: fileID &+ UInt64(start)) == checksum else {
      throw FormatError(offset: start, "the trailer does not match its checksum")
    }
    // The trailer as a page reference, which knows all further rules.
    var writer = ByteWriter()
    for field in 0..<3 { writer.appendVarint(file.load(start + 8 * field, as: UInt64.self)) }
    let codec = file.load(start + 24, as: UInt64.self)
    guard let code = UInt8(exactly: codec) else { throw FormatError(offset: start + 24, "codec \(codec)") }
    writer.append(code)
    writer.append(file.load(start + 32, as: UInt64.self))
    var reader = ByteReader(Bytes(writer.bytes))
    do throws(FormatError) {
      let page = try PageReference(&reader)
      guard page.offset + page.storedLength == start else {
        throw FormatError(offset: 0, "the footer page does not lie right before the trailer")
      }
      return page
    } catch {
      throw error.shifted(by: start)
    }
  }

  /// The footer page and the trailer, to stand at `offset` of the file.
  func encoded(fileID: UInt64, at offset: Int) -> [UInt8] {
    var writer = ByteWriter()
    writer.appendVarint(sections.count)
    for section in sections {
      writer.appendVarint(Int(section.number))
      writer.appendVarint(section.entries)
      writer.appendVarint(section.blocks)
      section.index.append(to: &writer)
      section.dictionary.append(to: &writer)
    }
    writer.appendVarint(tables.count)
    for table in tables {
      writer.appendVarint(table.blocks)
      writer.appendVarint(table.pairs)
      writer.appendVarint(table.slots)
      table.head.append(to: &writer)
    }
    var output = ByteWriter()
    let page = PageReference(storing: writer.bytes, codec: .none, fileID: fileID, base: offset, into: &output.bytes)
    let trailer = output.count
    output.append(UInt64(page.offset))
    output.append(UInt64(page.storedLength))
    output.append(UInt64(page.rawLength))
    output.append(UInt64(page.codec.rawValue))
    output.append(page.checksum)
    output.append(XXH3.hash(output.bytes, trailer, 40, seed: fileID &+ UInt64(offset + trailer)))
    return output.bytes
  }
}
