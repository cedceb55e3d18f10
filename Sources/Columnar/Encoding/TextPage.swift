/// A page of a dictionary in segments from version 2 on: strings end to end, UUIDs, or templates with values.
/// See Formats/encodings.md, "Text page".
package enum TextPage {
  static let plain: UInt8 = 0
  static let uuids: UInt8 = 1
  package static let templates: UInt8 = 2

  /// Appends strings `codes` of a dictionary as UUIDs where all of them are, and end to end otherwise. Whether a codec
  /// may find something in them.
  package static func encode(
    _ dictionary: ByteStringDictionary, _ codes: ArraySlice<UInt32>, into writer: inout ByteWriter
  ) -> Bool {
    let start = writer.count
    writer.append(uuids)
    if UUIDPage.encode(dictionary, codes, into: &writer) { return false }
    writer.bytes.removeLast(writer.count - start)
    writer.append(plain)
    DictionaryPage.encode(dictionary, codes, into: &writer)
    return true
  }

  /// Reads a page of at most `limit` strings.
  package static func decode(_ reader: inout ByteReader, limit: Int) throws(FormatError) -> TextStrings {
    let start = reader.offset
    switch try reader.read(UInt8.self, "form of a text page") {
    case plain: return .plain(try DictionaryPage.decode(&reader, limit: limit))
    case uuids: return .uuids(try UUIDPage(&reader, limit: limit))
    case templates: return .templates(try TemplateStrings(&reader, limit: limit))
    case let form: throw FormatError(offset: start, "form \(form) of a text page")
    }
  }
}

/// One page of a dictionary for looking at single strings: only templates have a form of their own for that.
package enum TextPageView: Sendable {
  case strings(TextStrings)
  case templates(TemplateView)

  /// Reads a page of at most `limit` strings.
  package init(_ reader: inout ByteReader, limit: Int) throws(FormatError) {
    try reader.need(1, "form of a text page")
    guard reader.bytes[reader.offset] == TextPage.templates else {
      self = .strings(try TextPage.decode(&reader, limit: limit))
      return
    }
    reader.offset += 1
    self = .templates(try TemplateView(&reader, limit: limit))
  }

  package var count: Int {
    switch self {
    case .strings(let strings): strings.count
    case .templates(let view): view.count
    }
  }

  /// Bytes held beside those of the page.
  package var memory: Int {
    switch self {
    case .strings(let strings): strings.memory
    case .templates(let view): view.memory
    }
  }
}

/// The strings of a text page, made when they are asked for.
package enum TextStrings: Sendable {
  case plain(DictionaryPage.Strings)
  case uuids(UUIDPage)
  case templates(TemplateStrings)

  package var count: Int {
    switch self {
    case .plain(let strings): strings.count
    case .uuids(let strings): strings.count
    case .templates(let strings): strings.count
    }
  }

  /// A string as bytes; allocates, but for plain pages.
  package subscript(index: Int) -> Bytes {
    if case .plain(let strings) = self { return strings[index] }
    var output: [UInt8] = []
    append(index, to: &output)
    return Bytes(output)
  }

  /// Bytes held beside those of the page.
  package var memory: Int {
    switch self {
    case .plain(let strings): strings.count * 4
    case .uuids(let strings): strings.memory
    case .templates(let strings): strings.memory
    }
  }

  /// The order of a string against `key`: negative, zero or positive. Allocates for templates only.
  package func compare(_ index: Int, _ key: Bytes) -> Int {
    if case .uuids(let strings) = self { return strings.compare(index, key) }
    return Bytes.compare(self[index], key)
  }

  package func append(_ index: Int, to output: inout [UInt8]) {
    switch self {
    case .plain(let strings): unsafe strings[index].withUnsafeBytes { unsafe output.append(contentsOf: $0) }
    case .uuids(let strings): strings.append(index, to: &output)
    case .templates(let strings): strings.append(index, to: &output)
    }
  }

  /// Appends all strings, and where each of them ends.
  package func appendAll(to output: inout [UInt8], ends: inout [Int]) {
    switch self {
    case .plain(let strings):
      for index in 0..<strings.count {
        unsafe strings[index].withUnsafeBytes { unsafe output.append(contentsOf: $0) }
        ends.append(output.count)
      }
    case .uuids(let strings):
      let start = output.count
      strings.appendAll(to: &output)
      for index in 0..<strings.count { ends.append(start + (index + 1) * UUIDPage.stringLength) }
    case .templates(let strings):
      var scratch: [UInt8] = []
      for index in 0..<strings.count {
        let length = strings.write(index, to: &scratch)
        output.append(contentsOf: scratch[..<length])
        ends.append(output.count)
      }
    }
  }

  /// Interns a string; `scratch` is memory for it that is used again.
  package func intern(
    _ index: Int, into dictionary: inout ByteStringDictionary, _ scratch: inout [UInt8]
  ) -> UInt32 {
    switch self {
    case .plain(let strings): return dictionary.intern(strings[index])
    case .uuids(let strings):
      scratch.removeAll(keepingCapacity: true)
      strings.append(index, to: &scratch)
      return dictionary.intern(scratch)
    case .templates(let strings):
      let length = strings.write(index, to: &scratch)
      return unsafe scratch.withUnsafeBytes { source in
        unsafe dictionary.intern(UnsafeRawBufferPointer(rebasing: source[..<length]))
      }
    }
  }
}
