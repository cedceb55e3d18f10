import StorageIO
import StoreEngine
import TestSupport
import Testing

@testable import GrowthRing

/// Declared fields of metadata: what is refused at the door, and numbers and times as parts and sums of summaries.
@Suite struct TypedMetadataTests {
  private static let day: Int64 = 86_400_000_000
  /// 2026-01-01
  private static let now: Int64 = 1_767_225_600_000_000

  private static let fields = [
    MetadataField(MetadataPath("campaign"), .text)!, MetadataField(MetadataPath("price", "amount"), .number)!,
    MetadataField(MetadataPath("due"), .time)!, MetadataField(MetadataPath("done"), .boolean)!,
  ]

  private func open(_ environment: StorageEnvironment, _ model: GrowthModel) throws -> GrowthStore {
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 2
    options.model = model
    return try GrowthStore.open("store", options: options, environment: environment)
  }

  private static func environment() -> StorageEnvironment {
    StorageEnvironment(
      disk: SimulatedDisk(seed: 1), clock: SimulatedClock(start: Self.now, step: 1), entropy: SimulatedEntropy(seed: 1))
  }

  @Test func whatIsDeclaredIsEnforced() async throws {
    let model = try GrowthModel(
      name: "m", isOpen: true, dimensions: [], metadataRules: .init(required: ["by"]), metadataFields: Self.fields,
      unitRules: .init(metadataFields: [MetadataField(MetadataPath("n"), .number)!]))
    let store = try open(Self.environment(), model)
    func reason(_ metadata: String) async throws -> String? {
      let event = GrowthEvent(
        user: "u", entity: "e", entityType: "t", dimension: "d", delta: .zero, createdAt: Timestamp(microseconds: 0),
        metadata: metadata)
      do {
        _ = try await store.append([event])
        return nil
      } catch {
        #expect(error.kind == .rejected)
        return error.rejections.first?.detail
      }
    }
    for good in [
      #"{"by":1}"#, #"{"by":1,"campaign":"x","done":true,"due":"2026-11-01","price":{"amount":-1.50}}"#,
      #"{ "price" : {"amount": 1e3, "due": 7}, "by":1, "campaign":null,"done":null,"due":null}"#,
      #"{"by":1,"due":"2026-11-01T10:00:00+01:00","price":7}"#, #"{"by":1,"price":{"amount":9223372036854.775807}}"#,
    ] {
      #expect(try await reason(good) == nil, "\(good)")
    }
    for (bad, words) in [
      (#"{"by":1,"campaign":7}"#, "\"campaign\" must be a string"), (#"{"by":1,"campaign":["x"]}"#, "a string"),
      (#"{"by":1,"price":{"amount":"7"}}"#, "\"price.amount\" must be a number with at most six"),
      (#"{"by":1,"price":{"amount":0.0000001}}"#, "\"price.amount\""),
      (#"{"by":1,"price":{"amount":1e13}}"#, "\"price.amount\""),
      (#"{"by":1,"due":"tomorrow"}"#, "\"due\" must be a time"), (#"{"by":1,"due":20261101}"#, "\"due\""),
      (#"{"by":1,"done":"true"}"#, "\"done\" must be true or false"), (#"{"by":1,"done":{}}"#, "\"done\""),
    ] {
      let reason = try await reason(bad)
      #expect(reason?.contains(words) == true, "\(bad): \(reason ?? "accepted")")
    }
    #expect(try await reason(#"{"done":1}"#)?.split(separator: ";").count == 2)
    let unit = MemoryUnit(
      muid: "m", user: "u", sourceType: "note", createdAt: Timestamp(microseconds: 0), metadata: #"{"n":"1"}"#)
    await #expect(throws: StoreError.self) { try await store.append([unit]) }
    try await store.close()
  }

  /// A value of a field, and how it may be spelled.
  private struct Sample {
    var text: String
    /// In millionths; nil where it is no such number.
    var amount: Int64?
    var isOther = false
    var due: Int64?
  }

  private static func samples(_ count: Int) -> [Sample] {
    var random = SeededGenerator(seed: 9, stream: 4)
    func pick(_ count: UInt64) -> Int64 { Int64(random.next() % count) }
    return (0..<count).map { number in
      switch pick(12) {
      case 0: return Sample(text: "")
      case 1: return Sample(text: #"{"price":"none"}"#)
      case 2: return Sample(text: #"{"price":{"amount":null}}"#)
      case 3: return Sample(text: #"{"price":{"amount":"12"}}"#)
      case 4: return Sample(text: #"{"price":{"amount":0.0000001}}"#, isOther: true)
      default:
        let amount = pick(4) == 0 ? (pick(2_000_000) - 1_000_000) * 1_001 : (pick(60) - 30) * 500_000
        let plain = Delta(millionths: amount).description
        let spelled = [plain, plain + (plain.contains(".") ? "0" : ".0"), "\(amount)e-6"][Int(pick(3))]
        let due = now + (pick(800) - 400) * day + pick(86_400) * 1_000_000
        return Sample(
          text: #"{"due":"\#(Timestamp(microseconds: due))","price":{"amount":\#(spelled)}}"#, amount: amount, due: due)
      }
    }
  }

  private struct Sums: Equatable {
    var events = 0
    var numbers: [Int64] = []
  }

  /// The first day of what a time lies in, worked out from its text.
  private static func first(_ time: Int64, _ unit: CalendarUnit) -> String {
    let date = Timestamp(microseconds: time).description.prefix(10)
    switch unit {
    case .day: return String(date)
    case .month: return date.prefix(8) + "01"
    case .year: return date.prefix(5) + "01-01"
    case .week:
      var time = time
      // 2026-01-05 was a Monday.
      while (Timestamp(microseconds: time).day - Timestamp("2026-01-05")!.day) % 7 != 0 { time -= day }
      return String(Timestamp(microseconds: time).description.prefix(10))
    }
  }

  @Test func numbersAndTimesAreParts() async throws {
    let environment = Self.environment()
    // What breaks a declaration came before it.
    var store = try open(environment, .open)
    let samples = Self.samples(900)
    let events = samples.enumerated().map { number, sample in
      GrowthEvent(
        user: "u\(number % 7)", entity: "e\(number % 3)", entityType: "t", dimension: "d\(number % 2)",
        delta: Delta(millionths: Int64(number)),
        createdAt: Timestamp(microseconds: Self.now - Int64(number) * Self.day), metadata: sample.text)
    }
    _ = try await store.append(Array(events[..<600]))
    let declared = try GrowthModel(name: "m", isOpen: true, dimensions: [], metadataFields: Self.fields)
    let path = MetadataPath("price", "amount")
    func compare(_ count: Int, _ stage: String) async throws {
      for (name, key) in [
        (
          "metadata.price.amount:number",
          { $0.amount.map { Delta(millionths: $0).description } ?? ($0.isOther ? "1e-7" : "") }
        ),
        (
          "metadata.price.amount:10",
          { sample in
            var low: Int64 = -10_000_000_000
            guard let amount = sample.isOther ? 0 : sample.amount else { return "" }
            while low + 10_000_000 <= amount { low += 10_000_000 }
            return Delta(millionths: low).description
          }
        ),
        ("metadata.due:day", { $0.due.map { Self.first($0, .day) } ?? "" }),
        ("metadata.due:week", { $0.due.map { Self.first($0, .week) } ?? "" }),
        ("metadata.due:month", { $0.due.map { Self.first($0, .month) } ?? "" }),
        ("metadata.due:year", { $0.due.map { Self.first($0, .year) } ?? "" }),
      ] as [(String, (Sample) -> String)] {
        let part = try #require(SummaryPart(rawValue: name))
        #expect(part.rawValue == name)
        var expected: [[String]: Sums] = [:]
        for (number, sample) in samples[..<count].enumerated() {
          let group = ["d\(number % 2)", key(sample)]
          expected[group, default: Sums()].events += 1
          if let amount = sample.amount { expected[group]!.numbers.append(amount) }
        }
        let summaries = try await store.summary(by: [.dimension, part], summing: path)
        #expect(summaries.unsummed == UInt64(samples[..<count].count { $0.isOther }))
        let rows = try summaries.rows()
        #expect(rows.count == expected.count, "\(stage): \(name)")
        for row in rows {
          let wanted = try #require(expected[row.values], "\(stage): \(name) \(row.values)")
          let numbers = try #require(row.numbers)
          #expect(row.eventCount == UInt64(wanted.events) && numbers.count == UInt64(wanted.numbers.count))
          #expect(
            numbers.sum.millionths == wanted.numbers.reduce(0) { $0 + Int128($1) }, "\(stage): \(name) \(row.values)")
          #expect(
            numbers.smallest?.millionths == wanted.numbers.min() && numbers.largest?.millionths == wanted.numbers.max())
          if let average = numbers.average {
            // No other multiple of a millionth is nearer.
            let rest = average.millionths * Int128(wanted.numbers.count) - numbers.sum.millionths
            #expect(2 * rest.magnitude <= UInt128(wanted.numbers.count))
          } else {
            #expect(wanted.numbers.isEmpty)
          }
        }
        #expect(try await store.snapshot().summary(by: [.dimension, part], summing: path).rows() == rows)
        // In the order of numbers, those without one first.
        let values = rows.filter { $0.values[0] == "d0" }.map { $0.values[1] }
        if part.isNumberOfTest {
          let numbers = values.dropFirst(values.first == "" ? 1 : 0).map {
            $0 == "1e-7" ? 0.1 : Double($0)! * 1_000_000
          }
          #expect(numbers == numbers.sorted() && numbers.count > 10)
        } else {
          #expect(values == values.sorted())
        }
      }
      // Ranges together with sums.
      let filter = EventFilter(
        where: try MetadataPredicate("metadata.price.amount >= -2 and metadata.price.amount < 7.5"))
      let one = try #require(try await store.summary(by: [], matching: filter, summing: path).rows().first)
      let wanted = samples[..<count].compactMap(\.amount).filter { $0 >= -2_000_000 && $0 < 7_500_000 }
      #expect(
        one.numbers?.count == UInt64(wanted.count)
          && one.numbers?.sum.millionths == wanted.reduce(0) { $0 + Int128($1) })
      let due = EventFilter(where: try MetadataPredicate("metadata.due < '2025-11-01'"))
      let counted = try await store.summary(by: [.user], matching: due).rows().reduce(0) { $0 + $1.eventCount }
      let bound = Timestamp("2025-11-01")!.microseconds
      #expect(counted == UInt64(samples[..<count].compactMap(\.due).count { $0 < bound }), "\(stage)")
    }
    try await compare(600, "in memory")
    try await store.flush()
    try await compare(600, "hot")
    _ = try await store.append(Array(events[600...]))
    try await compare(900, "hot and in memory")
    try await store.flush()
    try await store.compact(everything: true)
    try await compare(900, "merged")
    #expect(try await store.maintain([.warm])?.error == nil)
    try await compare(900, "warm")
    #expect(try #require(try await store.maintain([.archive])).moved > 300)
    try await compare(900, "archived")
    // Only now it is declared: then the plain path is a part by its value.
    let spelled = try await store.summary(by: [.metadata(path)]).rows()
    try await store.apply(model: declared)
    let typed = try await store.summary(by: [.metadata(path)]).rows()
    #expect(typed == (try await store.summary(by: [.metadataNumber(path, width: nil)]).rows()))
    #expect(typed.count < spelled.count)
    #expect(try await store.snapshot().summary(by: [.metadata(path)]).rows() == typed)
    try await store.close()
    store = try open(environment, declared)
    try await compare(900, "opened again")
    let report = try await store.verify()
    #expect(report.isSound, "\(report.problems)")
    try await store.close()
  }

  /// Parts of metadata of every shape: what files say by their columns is what the texts say in memory.
  @Test func columnsAndTextsSayTheSame() async throws {
    let store = try open(Self.environment(), .open)
    var maker = ConditionMaker(seed: 78)
    let events = (0..<6_000).map { number in
      var text = maker.metadata().text
      if number % 50 == 0 { text = number % 100 == 0 ? "" : #"{"a":{},"b c":[],"n":{"a":"1"}}"# }
      return GrowthEvent(
        user: "u\(number % 40)", entity: "e", entityType: "t", dimension: "d", delta: .zero,
        createdAt: Timestamp(microseconds: Self.now - Int64(number) * Self.day / 10), metadata: text)
    }
    _ = try await store.append(events)
    let parts = [
      "metadata.a", "metadata.tags", "metadata.'b c'", "metadata.'*'", "metadata.'x/y'", "metadata.'k~'",
      "metadata.n.a", "metadata.tags[0]", "metadata.tags[*]", "metadata.a[1].n", "metadata.'key 7'", "metadata.none",
      "metadata.n:number", "metadata.a:2.5", "metadata.at:day", "metadata.a.at:year",
    ].map { SummaryPart(rawValue: $0) }
    let paths = [MetadataPath("n"), try MetadataPath(parsing: "metadata.tags[*]"), MetadataPath("a", "n")]
    var known: [[EventSummary]] = []
    for stage in ["in memory", "flushed", "merged", "warm", "archived"] {
      switch stage {
      case "flushed": try await store.flush()
      case "merged": try await store.compact(everything: true)
      case "warm": #expect(try await store.maintain([.warm])?.error == nil)
      case "archived": #expect(try #require(try await store.maintain([.archive])).moved > 1_000)
      default: break
      }
      for (number, part) in parts.enumerated() {
        let part = try #require(part)
        let path = paths[number % paths.count]
        let rows = try await store.summary(by: [part, .dimension], summing: path).rows()
        if known.count == number { known.append(rows) }
        #expect(rows == known[number], "\(stage): \(part.rawValue)")
        // Fewer rows than there are texts.
        let some = EventFilter(user: "u7", where: try MetadataPredicate("metadata.a exists"))
        let texts = events.filter { $0.user == "u7" }
        let ofUser = try await store.summary(by: [part], matching: some).rows()
        #expect(ofUser.reduce(0) { $0 + Int($1.eventCount) } <= texts.count && !ofUser.isEmpty)
      }
    }
    #expect(known.map(\.count).filter { $0 > 5 }.count > 8)
    try await store.close()
  }

  /// Versions of units whose metadata change from version to version: the newest alone decides.
  @Test func unitsByMetadata() async throws {
    let store = try open(Self.environment(), .open)
    var maker = ConditionMaker(seed: 77)
    var newest: [String: (unit: MemoryUnit, tree: MetadataTree)] = [:]
    var count = 0
    func compare(_ stage: String) async throws {
      for _ in 0..<25 {
        let condition = maker.condition()
        let predicate = try MetadataPredicate(condition.text)
        let expected = newest.values.filter { !$0.unit.isDeleted && condition.holds($0.tree) }.map(\.unit.muid).sorted()
        var found: [String] = []
        for try await units in try await store.units(content: false, where: predicate) { found += units.map(\.muid) }
        #expect(found.sorted() == expected, "\(stage): \(condition.text)")
      }
      let high = try MetadataPredicate("metadata.round >= 2 and metadata.at > '2026-01-01'")
      var found = 0
      for try await units in try await store.units(of: "u1", where: high) { found += units.count }
      #expect(
        found == newest.values.count { $0.unit.user == "u1" && !$0.unit.isDeleted && $0.unit.status == "high" },
        "\(stage)"
      )
    }
    func round(_ number: Int, _ places: some Sequence<Int>) async throws {
      var units: [MemoryUnit] = []
      for place in places {
        var tree = maker.metadata()
        if case .object(var members) = tree, units.count % 4 == 0 {
          members["round"] = .number("\(number).0")
          // Of the times that conditions know.
          members["at"] = .string(number < 2 ? "2026-01-01" : "2026-01-02T00:00:01Z")
          tree = .object(members)
        }
        var unit = MemoryUnit(
          muid: "unit \(place)", user: "u\(place % 3)", sourceType: "note",
          createdAt: Timestamp(microseconds: Self.now - 600 * Self.day),
          updatedAt: Timestamp(microseconds: Self.now - 500 * Self.day + Int64(count)), metadata: tree.text)
        count += 1
        if units.count % 40 == 39, number > 0 {
          unit.isDeleted = true
          unit.metadata = ""
          tree = .object([:])
        }
        let isHigh = number >= 2 && units.count % 4 == 0
        unit.status = isHigh ? "high" : "low"
        units.append(unit)
        newest[unit.muid] = (unit, tree)
      }
      _ = try await store.append(units)
      try await compare("round \(number), in memory")
      try await store.flush()
      try await compare("round \(number), flushed")
    }
    try await round(0, 0..<900)
    for number in 1..<4 { try await round(number, (0..<250).map { ($0 * 7 + number * 100) % 900 }) }
    try await store.compact(everything: true)
    try await compare("merged")
    #expect(try await store.maintain([.warm])?.error == nil)
    try await compare("warm")
    #expect(try await store.maintain([.archive])?.moved == count)
    try await compare("archived")
    try await round(4, (0..<100).map { ($0 * 9) % 900 })
    let report = try await store.verify()
    #expect(report.isSound, "\(report.problems)")
    try await store.close()
  }

  @Test func namesOfParts() throws {
    #expect(SummaryPart(rawValue: "metadata.a:0.50")?.rawValue == "metadata.a:0.5")
    #expect(SummaryPart(rawValue: #"metadata."a:b":number"#) == .metadataNumber(MetadataPath("a:b"), width: nil))
    #expect(SummaryPart(rawValue: #"metadata."a:day""#) == .metadata(MetadataPath("a:day")))
    for wrong in [
      "metadata.a:", "metadata.a:0", "metadata.a:-1", "metadata.a:hour", "metadata:day", "day:10", "metadata.a:1e-9",
    ] {
      #expect(SummaryPart(rawValue: wrong) == nil, "\(wrong)")
    }
    #expect(MetadataField(try MetadataPath(parsing: "metadata.a[0]"), .text) == nil)
  }
}

extension SummaryPart {
  fileprivate var isNumberOfTest: Bool { if case .metadataNumber = self { true } else { false } }
}
