package import Columnar

/// The memory units of one log frame. See Formats/log.md, "Section of memory units".
package enum UnitSection {
  /// No frame holds more units than this.
  package static let largestCount = 1 << 20

  package static func encode(_ units: [UnitVersion]) -> [UInt8] {
    var writer = ByteWriter(capacity: 256 + units.reduce(0) { $0 + $1.content.count + 128 })
    writer.appendVarint(units.count)
    // The columns whose texts are few.
    let coded = [
      units.map(\.fields.user), units.map(\.fields.sourceType), units.map(\.fields.contentType),
      units.map(\.fields.status),
    ]
    var codes: [[Int64]] = []
    for column in coded {
      var dictionary = ByteStringDictionary()
      codes.append(column.map { Int64(dictionary.intern($0)) })
      DictionaryPage.encode(dictionary, 0..<dictionary.count, into: &writer)
    }
    for column in codes { IntegerPage.encode(column, into: &writer) }
    StringList.encode(units.map(\.fields.muid), into: &writer)
    StringList.encode(units.map(\.fields.title), into: &writer)
    StringList.encode(units.map(\.fields.metadata), into: &writer)
    StringList.encode(units.map(\.content), into: &writer)
    IntegerPage.encode(units.map(\.fields.updatedAt), into: &writer)
    IntegerPage.encode(units.map(\.fields.createdAt), into: &writer)
    IntegerPage.encode(units.map(\.fields.flags), into: &writer)
    IntegerPage.encode(units.map { $0.fields.importance ?? 0 }, findScale: true, into: &writer)
    return writer.bytes
  }

  /// `sequence` is the number of their frame.
  package static func decode(_ raw: Bytes, sequence: UInt64) throws(FormatError) -> [UnitVersion] {
    var reader = ByteReader(raw)
    let count = try reader.readCount("number of memory units", limit: largestCount)
    guard count > 0 else { throw FormatError(offset: 0, "a section without memory units") }
    var dictionaries: [DictionaryPage.Strings] = []
    for _ in 0..<4 { dictionaries.append(try DictionaryPage.decode(&reader, limit: count)) }
    var columns: [[[UInt8]]] = []
    for dictionary in dictionaries {
      let start = reader.offset
      let codes = try IntegerPage.decode(&reader, count: count)
      guard codes.allSatisfy({ $0 >= 0 && $0 < Int64(dictionary.count) }) else {
        throw FormatError(offset: start, "a code outside of its dictionary")
      }
      let strings = (0..<dictionary.count).map { dictionary[$0].array }
      columns.append(codes.map { strings[Int($0)] })
    }
    let muids = try StringList.decode(&reader, count: count, longest: 256, "muids")
    let titles = try StringList.decode(&reader, count: count, longest: UnitLimits.titleLength, "titles")
    let metadata = try StringList.decode(&reader, count: count, longest: UnitLimits.metadataLength, "metadata")
    let contents = try StringList.decode(&reader, count: count, longest: UnitLimits.contentLength, "contents")
    let updatedAt = try IntegerPage.decode(&reader, count: count)
    let createdAt = try IntegerPage.decode(&reader, count: count)
    let flags = try IntegerPage.decode(&reader, count: count)
    let importance = try IntegerPage.decode(&reader, count: count)
    try reader.expectEnd("section of memory units")
    var units: [UnitVersion] = []
    units.reserveCapacity(count)
    for row in 0..<count {
      var fields = UnitVersion.Fields()
      fields.user = columns[0][row]
      fields.sourceType = columns[1][row]
      fields.contentType = columns[2][row]
      fields.status = columns[3][row]
      fields.muid = muids[row].array
      fields.title = titles[row].array
      fields.metadata = metadata[row].array
      fields.updatedAt = updatedAt[row]
      fields.createdAt = createdAt[row]
      try fields.setFlags(flags[row], importance: importance[row])
      try fields.check()
      // A copy, so that a unit in memory does not keep its whole frame.
      units.append(UnitVersion(fields, content: Bytes(contents[row].array), sequence: sequence))
    }
    return units
  }
}
