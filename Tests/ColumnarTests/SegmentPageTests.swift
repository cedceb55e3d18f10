import Testing

@testable import Columnar

/// Pages that only segments have: conditioned ones, and texts as UUIDs and templates.
@Suite struct SegmentPageTests {
  /// Values that mostly follow from a class, some that do not, and some that are new each time.
  private func column(_ count: Int, countsUp: Bool) -> (values: [Int64], classes: [UInt32]) {
    var state: UInt64 = 7
    func random(_ limit: UInt64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(state >> 33 % limit)
    }
    var values: [Int64] = []
    var classes: [UInt32] = []
    var next: Int64 = 40
    for _ in 0..<count {
      let classCode = random(5)
      classes.append(UInt32(classCode))
      switch random(10) {
      case 0 where countsUp:
        values.append(next)
        next += 1
      case 0, 1: values.append(random(countsUp ? UInt64(next) : 1 << 40))
      default: values.append(classCode * 8 + random(8))
      }
    }
    return (values, classes)
  }

  @Test(arguments: [64, 513, 4_096], [false, true]) func conditionedPages(count: Int, countsUp: Bool) throws {
    let (values, classes) = column(count * 2, countsUp: countsUp)
    let builder = try #require(
      ConditionedModelBuilder(values, classes: classes, classCount: 5, countsUp: countsUp))
    var writer = ByteWriter()
    builder.model.append(to: &writer)
    var reader = ByteReader(Bytes(writer.bytes))
    let model = try ConditionedModel(&reader, classCount: 5)
    #expect(model == builder.model && reader.remaining == 0)
    var encoder = ConditionedPage.Encoder(model, firstNew: countsUp ? 40 : nil)
    var decoded: [Int64] = []
    var (table, rest): (ConditionedTable?, [Int64]) = (nil, [])
    for part in [0..<count, count..<2 * count] {
      let bytes = encoder.encode(values, classes: classes, part)
      var reader = ByteReader(Bytes(bytes))
      let view = try ConditionedPage.View(&reader, count: count)
      #expect(reader.remaining == 0)
      try view.decode(classes: Array(classes[part]), model, replacing: &decoded)
      #expect(decoded == Array(values[part]))
      decoded.removeLast(min(decoded.count, 3))
      try view.decode(classes: Array(classes[part]), model, &table, &rest, replacing: &decoded)
      #expect(decoded == Array(values[part]), "by table")
      for (row, index) in part.enumerated() {
        #expect(try view.value(row, class: classes[index], model) == values[index])
      }
      for range in [0..<1, 3..<60, count / 2..<count, count - 1..<count] {
        var found: [Int64] = []
        try view.append(range, classes: classes, from: part.lowerBound + range.lowerBound, model, to: &found)
        #expect(found == range.map { values[part.lowerBound + $0] })
      }
      if count > 500 {
        var plain = ByteWriter()
        IntegerPage.encode(values, part, extended: true, into: &plain)
        #expect(bytes.count < plain.count)
      }
      try damage(bytes, count, Array(classes[part]), model)
    }
  }

  /// Whatever stands in a page, it is values or an error.
  private func damage(_ bytes: [UInt8], _ count: Int, _ classes: [UInt32], _ model: ConditionedModel) throws {
    for length in 0..<bytes.count where length < 100 || length % 13 == 0 {
      var reader = ByteReader(Bytes(Array(bytes[..<length])))
      #expect(throws: FormatError.self) { try ConditionedPage.View(&reader, count: count) }
    }
    var decoded: [Int64] = []
    for offset in 0..<bytes.count where offset < 120 || offset % 61 == 0 {
      var forged = bytes
      forged[offset] ^= UInt8(truncatingIfNeeded: 1 + offset * 7)
      var reader = ByteReader(Bytes(forged))
      guard let view = try? ConditionedPage.View(&reader, count: count) else { continue }
      let isValid = (try? view.decode(classes: classes, model, replacing: &decoded)) != nil
      var (byTable, table, rest): ([Int64], ConditionedTable?, [Int64]) = ([], nil, [])
      #expect(isValid == ((try? view.decode(classes: classes, model, &table, &rest, replacing: &byTable)) != nil))
      #expect(!isValid || byTable == decoded)
      for row in [0, count / 2, count - 1] { _ = try? view.value(row, class: classes[row], model) }
      // Classes that the model does not know.
      try? view.decode(classes: [UInt32](repeating: 1_000, count: count), model, replacing: &decoded)
      try? view.decode(classes: [UInt32](repeating: 1_000, count: count), model, &table, &rest, replacing: &decoded)
      _ = try? view.value(0, class: 1_000, model)
      var found: [Int64] = []
      try? view.append(count / 3..<count, classes: classes, from: count / 3, model, to: &found)
    }
  }

  @Test func whatNothingTellsHasNoModel() {
    let values = (0..<1_000).map { Int64($0 * 2_654_435_761 % 1_000_003) }
    let classes = (0..<1_000).map { UInt32($0 % 3) }
    #expect(ConditionedModelBuilder(values, classes: classes, classCount: 3, countsUp: false) == nil)
    #expect(ConditionedModelBuilder([], classes: [], classCount: 3, countsUp: false) == nil)
    #expect(ConditionedModelBuilder([1, 2, 3], classes: [0, 1, 2], classCount: 3, countsUp: true) == nil)
  }

  @Test func hostileModels() {
    for lengths: [Int64] in [[-1, 2], [256, 0]] {
      var writer = ByteWriter()
      IntegerPage.encode(lengths, into: &writer)
      IntegerPage.encode([1, 2, 3], into: &writer)
      var reader = ByteReader(Bytes(writer.bytes))
      #expect(throws: FormatError.self) { try ConditionedModel(&reader, classCount: 2) }
    }
    var writer = ByteWriter()
    IntegerPage.encode([Int64](repeating: 255, count: 4_096), into: &writer)
    IntegerPage.encode([Int64](repeating: 1, count: 4_096 * 255), into: &writer)
    var reader = ByteReader(Bytes(writer.bytes))
    #expect(throws: FormatError.self) { try ConditionedModel(&reader, classCount: 4_096) }
  }

  // MARK: Texts

  private func roundTrip(_ strings: [[UInt8]], form: UInt8, atMost: Int) throws {
    var dictionary = ByteStringDictionary()
    let codes = strings.map { dictionary.intern($0) }
    var writer = ByteWriter()
    _ = TextPage.encode(dictionary, codes[...], into: &writer)
    #expect(writer.bytes[0] == form && writer.count <= atMost)
    try check(writer.bytes, strings)
  }

  private func check(_ bytes: [UInt8], _ strings: [[UInt8]]) throws {
    var reader = ByteReader(Bytes(bytes))
    let page = try TextPage.decode(&reader, limit: strings.count)
    #expect(reader.remaining == 0 && page.count == strings.count)
    var target = ByteStringDictionary()
    var scratch: [UInt8] = []
    for index in strings.indices {
      #expect(page[index].array == strings[index])
      let code = page.intern(index, into: &target, &scratch)
      #expect(target.bytes(code) == strings[index])
      #expect(page.compare(index, Bytes(strings[index])) == 0)
      let other = strings[(index + 1) % strings.count]
      #expect(page.compare(index, Bytes(other)).signum() == Bytes.compare(page[index], Bytes(other)).signum())
    }
    #expect(try single(bytes, limit: strings.count) == strings)
    var tooMany = ByteReader(Bytes(bytes))
    #expect(throws: FormatError.self) { try TextPage.decode(&tooMany, limit: strings.count - 1) }
    #expect(throws: FormatError.self) { try single(bytes, limit: strings.count - 1) }
    for length in 0..<min(bytes.count, 300) {
      var cut = ByteReader(Bytes(Array(bytes[..<length])))
      #expect(throws: FormatError.self) { try TextPage.decode(&cut, limit: strings.count) }
      #expect(throws: FormatError.self) { try single(Array(bytes[..<length]), limit: strings.count) }
    }
    for offset in 0..<min(bytes.count, 400) {
      for mask: UInt8 in [1, 0x10, 0x80, 0xFF] {
        var forged = bytes
        forged[offset] ^= mask
        let alone = try? (offset % 16 == 0 ? single(forged, limit: strings.count) : nil)
        var reader = ByteReader(Bytes(forged))
        guard let page = try? TextPage.decode(&reader, limit: strings.count) else { continue }
        if let alone { #expect(alone == (0..<page.count).map { page[$0].array }) }
        for index in stride(from: 0, to: page.count, by: 3) { _ = page[index] }
      }
    }
  }

  /// All strings of a page, each put together alone.
  private func single(_ bytes: [UInt8], limit: Int) throws -> [[UInt8]] {
    var reader = ByteReader(Bytes(bytes))
    switch try TextPageView(&reader, limit: limit) {
    case .strings(let strings): return (0..<strings.count).map { strings[$0].array }
    case .templates(let view):
      var scratch = TemplateView.Scratch()
      var strings: [[UInt8]] = []
      for index in 0..<view.count {
        try view.write(index, to: &scratch)
        strings.append(scratch.text)
      }
      return strings
    }
  }

  @Test func uuidsCostTheirRandomBits() throws {
    var state: UInt64 = 3
    let strings = (0..<1_000).map { _ -> [UInt8] in
      var id: [UInt8] = [1]
      for _ in 0..<16 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        id.append(UInt8(truncatingIfNeeded: state >> 40))
      }
      id[7] = id[7] & 0x0F | 0x40
      id[9] = id[9] & 0x3F | 0x80
      return id
    }
    try roundTrip(strings, form: TextPage.uuids, atMost: 1_000 * 122 / 8 + 120)
    var other = strings
    other[500][7] = 0x71
    try roundTrip(other, form: TextPage.plain, atMost: 1_000 * 17 + 20)
    try roundTrip([[1, 2, 3], []], form: TextPage.plain, atMost: 40)
  }

  @Test func templatesAreStringsInTurn() throws {
    var one = TemplatePage.Column(path: Array("/a".utf8))
    var two = TemplatePage.Column(path: Array("/b".utf8))
    let templates = [
      TemplatePage.Template(literals: [Array("x".utf8), [], Array("!".utf8)], columns: [0, 1]),
      TemplatePage.Template(literals: [Array("empty".utf8)], columns: []),
      TemplatePage.Template(literals: [[], [], []], columns: [1, 1]),
    ]
    var strings: [[UInt8]] = []
    var numbers: [Int64] = []
    func add(_ number: Int64, to column: inout TemplatePage.Column) -> String {
      column.codes.append(Int64(column.values.intern("\(number)")))
      return "\(number)"
    }
    for index in 0..<200 {
      numbers.append(Int64(index == 0 ? 1 : index % 2 * 2))
      switch numbers[index] {
      case 0: strings.append(Array("x\(add(Int64(index), to: &one))\(add(Int64(-index) * 99, to: &two))!".utf8))
      case 1: strings.append(Array("empty".utf8))
      default: strings.append(Array("\(add(Int64(index) << 40, to: &two))\(add(0, to: &two))".utf8))
      }
    }
    var writer = ByteWriter()
    TemplatePage.encode(templates, numbers, [one, two], into: &writer)
    try check(writer.bytes, strings)
  }
}
