import GrowthRing
import StoreEngine
import Testing

/// The file format: round trips, defaults, and every error with its line.
@Suite struct GrowthModelFileTests {
  private func load(_ text: String) throws(ConfigurationError) -> GrowthModel {
    try GrowthModel(json: Array(text.utf8), file: "model.json")
  }

  /// What loading reports, one problem a line.
  private func problems(_ text: String) -> [String] {
    do {
      _ = try load(text)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test(arguments: [GrowthModel.standard, .open]) func roundTrip(model: GrowthModel) throws {
    let text = model.json()
    let again = try load(text)
    #expect(again == model)
    #expect(again.json() == text)
  }

  @Test func everythingRoundTrips() throws {
    let text = """
      {"version": 1, "name": "Ä \\"x\\" \\u0001\\ud83c\\udf31", "dimensions": [
        {"key": "a", "activation_threshold": "-0.000001", "mastery_threshold": 1e3, "min_delta": -9223372036854.775807,
         "max_delta": 0.1},
        {"key": "links", "name": "Links", "description": "d", "counter": true}],
       "entity_types": ["task", "note"],
       "metadata_rules": {"required": ["created_by"], "types": {"version": "string", "n": "number"},
         "allowed": {"n": [1, 2.50], "on": [true], "version": ["1.0"]}},
       "connection_dimension": "links", "connection_measure": "score",
       "evolution": [{"state": "one"}, {"state": "two", "min_active_dimensions": 1, "min_mastered_dimensions": 1,
         "min_score": 0, "min_connections": 2}]}
      """
    let model = try load(text)
    #expect(model.name == "Ä \"x\" \u{1}🌱")
    #expect(model.dimension("a")?.activationThreshold == Delta(millionths: -1))
    #expect(model.dimension("a")?.masteryThreshold == Delta(millionths: 1_000_000_000))
    #expect(model.dimension("a")?.minDelta == Delta(millionths: -Int64.max))
    #expect(model.dimension("a")?.name == "a")
    #expect(model.dimension("links")?.isCounter == true)
    #expect(model.evolution[1].minScore == .zero)
    #expect(model.connectionMeasure == .score)
    #expect(try load(model.json()) == model)
  }

  @Test func rulesForUnitsNeedVersionTwo() throws {
    let units = """
      "units": {"source_types": ["note", "journal"], "content_types": ["text"],
        "metadata_rules": {"required": ["created_by"], "types": {"version": "string"}, "allowed": {"source": ["web"]}}}
      """
    let model = try load("{\"version\": 2, \"name\": \"m\", \"open\": true, \(units)}")
    #expect(model.unitRules.sourceTypes == ["note", "journal"])
    #expect(model.unitRules.contentTypes == ["text"])
    #expect(model.unitRules.metadataRules.required == ["created_by"])
    #expect(model.metadataRules.isEmpty)
    #expect(try load(model.json()) == model)
    #expect(model.json().hasPrefix("{\n  \"version\": 2,"))
    // Without them the lowest version says it all.
    let plain = try load(#"{"version": 2, "name": "m", "open": true}"#)
    #expect(plain.json().hasPrefix("{\n  \"version\": 1,"))
    #expect(
      problems("{\"version\": 1, \"name\": \"m\", \"open\": true,\n\(units)}") == [
        "units, line 2: needs version 2, and this document says version 1"
      ])
    #expect(
      problems(
        """
        {"version": 2, "name": "m", "open": true, "units": {"source_types": [], "content_types": ["a", "a"],
         "metadata_rules": {"types": {"v": "number"}, "allowed": {"v": ["1"]}}}}
        """) == [
          "units.source_types, line 1: an empty list would know no type; leave it out to know any",
          "units.content_types[1], line 1: \"a\" is listed already, as units.content_types[0]",
          "units.metadata_rules.allowed.v[0], line 2: is a string, but units.metadata_rules.types asks for number",
        ])
  }

  @Test func fieldsOfMetadataNeedVersionThree() throws {
    let fields = """
      "metadata_fields": {"campaign": {"type": "text"}, "price.amount": {"type": "number"}, "\\"due date\\"": {"type": "time"},
        "done": {"type": "boolean"}}
      """
    let model = try load(
      "{\"version\": 3, \"name\": \"m\", \"open\": true, \(fields), \"units\": {\(fields)}}")
    #expect(model.metadataFields.map(\.name) == ["\"due date\"", "campaign", "done", "price.amount"])
    #expect(model.metadataFields.map(\.type) == [.time, .text, .boolean, .number])
    #expect(model.metadataFields[0].path == MetadataPath("due date"))
    #expect(model.unitRules.metadataFields == model.metadataFields)
    #expect(try load(model.json()) == model)
    #expect(model.json().hasPrefix("{\n  \"version\": 3,"))
    #expect(
      problems("{\"version\": 2, \"name\": \"m\", \"open\": true,\n\(fields),\n\"units\": {\(fields)}}") == [
        "metadata_fields, line 2: needs version 3, and this document says version 2",
        "units.metadata_fields, line 4: needs version 3, and this document says version 2",
      ])
    #expect(
      problems(
        """
        {"version": 3, "name": "m", "open": true, "metadata_rules": {"types": {"a": "number", "o": "object", "p": "string"}},
         "metadata_fields": {"a": {"type": "number"},
          "o.x": {"type": "text"},
          "p.x": {"type": "text"},
          "q": {"type": "text"},
          "q.x": {"type": "text"}}}
        """) == [
          "metadata_fields.a, line 2: metadata_rules.types says already that \"a\" is of type number",
          "metadata_fields.p.x, line 4: metadata_rules.types says already that \"p\" is of type string",
          "metadata_fields.q.x, line 6: \"q\" is declared already, and is a single value",
        ])
    #expect(
      problems(
        """
        {"version": 3, "name": "m", "open": true, "metadata_fields": {
          "l[0]": {"type": "text"},
          "b c": {"type": "text"},
          "d": {"type": "date"},
          "e": {}}}
        """) == [
          "metadata_fields.l[0], line 2: is a path into an array; a field is reached by keys alone",
          "metadata_fields.b c, line 3: is no path of keys, such as campaign, price.amount or \"due date\": here the path ends, not c",
          "metadata_fields.d.type, line 4: must be one of text, number, time, boolean, not \"date\"",
          "metadata_fields.e.type, line 5: is required",
        ])
  }

  @Test func theExampleOfTheDocumentIsTheStandardModel() throws {
    let document = try projectText("Formats/growth-model.md")
    let parts = document.split(separator: "```json\n", omittingEmptySubsequences: false)
    #expect(parts.count == 2)
    let example = try #require(parts.last?.split(separator: "```", omittingEmptySubsequences: false).first)
    #expect(try load(String(example)) == .standard)
    #expect(String(example) == GrowthModel.standard.json())
  }

  @Test func defaultsOfASmallModel() throws {
    let model = try load(#"{"version": 1, "name": "m", "dimensions": [{"key": "a"}, {"key": "b", "counter": true}]}"#)
    #expect(model.evolution.map(\.state) == ["seed", "sprout", "bloom", "constellation", "supernova"])
    #expect(model.evolution.map(\.minActiveDimensions) == [0, 1, 1, 1, 1])
    #expect(model.evolution.allSatisfy { $0.minConnections == 0 })
    #expect(model.dimension("a")?.maxDelta == Delta(millionths: Int64.max))
    let high = try load(
      #"{"version": 1, "name": "m", "dimensions": [{"key": "a", "activation_threshold": 50}]}"#)
    #expect(high.dimension("a")?.masteryThreshold == Delta(millionths: 50_000_000))
  }

  @Test func allProblemsAtOnceEachWithItsLine() {
    let text = """
      {
        "version": 4,
        "nam": "m",
        "dimensions": [
          {"key": "a", "max_detla": 1},
          {"key": "a", "min_delta": 5,
           "max_delta": 4.5},
          {"key": "", "activation_threshold": 1.0000001, "mastery_threshold": "x"},
          {"key": "d", "activation_threshold": 20,
           "mastery_threshold": 19.999999},
          7
        ],
        "entity_types": ["x", 1, "x"],
        "metadata_rules": {"types": {"k": "text"}, "allowed": {"k": [], "l": [null]}, "require": []},
        "connection_dimension": "b",
        "connection_measure": "events",
        "evolution": [
          {"state": "s", "min_score": 0},
          {"state": "s", "min_active_dimensions": 4.5},
          {"min_active_dimensions": 9}
        ]
      }
      """
    #expect(
      problems(text) == [
        "name, line 1: is required",
        "version, line 2: version 4 is not known; this program reads versions 1 to 3",
        "nam, line 3: unknown key \"nam\" (did you mean \"name\"?)",
        "dimensions[0].max_detla, line 5: unknown key \"max_detla\" (did you mean \"max_delta\"?)",
        "dimensions[1].key, line 6: \"a\" is the key of dimensions[0] already",
        "dimensions[1].max_delta, line 7: 4.5 is below the min_delta of 5",
        "dimensions[2].activation_threshold, line 8: 1.0000001 has more than six fractional digits",
        "dimensions[2].mastery_threshold, line 8: \"x\" is no decimal",
        "dimensions[3].mastery_threshold, line 10: 19.999999 is below the activation_threshold of 20",
        "dimensions[4], line 11: must be a mapping of keys to values, not a number",
        "entity_types[1], line 13: must be a string, not a number",
        "metadata_rules.require, line 14: unknown key \"require\" (did you mean \"required\"?)",
        "metadata_rules.types.k, line 14: must be one of string, number, boolean, array, object, not \"text\"",
        "metadata_rules.allowed.l[0], line 14: must be a string, number or boolean, not null",
        "metadata_rules.allowed.k, line 14: an empty list would refuse every value",
        "connection_dimension, line 15: the model has no dimension \"b\"",
        "connection_measure, line 16: must be one of event_count, score, not \"events\"",
        "evolution[0], line 18: the first state holds for everything and must not have conditions",
        "evolution[1].min_active_dimensions, line 19: must be a whole number from 0 to 1000, not 4.5",
        "evolution[2].state, line 20: is required",
      ])
  }

  @Test(arguments: [
    (#"{"version": 1, "name": "m"}"#, "dimensions, line 1: at least one dimension is needed unless the model is open"),
    (#"{"version": 1, "name": "", "open": true}"#, "name, line 1: must have 1 to 255 bytes of UTF-8, has 0"),
    (#"{"version": 1, "name": "m", "open": 1}"#, "open, line 1: must be true or false, not a number"),
    (
      "{\"version\": 1, \"name\": \"m\", \"open\": true,\n\"entity_types\": [\"a\"]}",
      "entity_types, line 2: an open model takes any entity type; remove either this list or \"open\""
    ),
    (
      #"{"version": 1, "name": "m", "dimensions": [{"key": "a", "max_delta": 9223372036854.775808}]}"#,
      "dimensions[0].max_delta, line 1: 9223372036854.775808 is out of range (±9223372036854.775807)"
    ),
    (
      #"{"version": 1, "name": "m", "dimensions": [{"key": "links"}], "connection_dimension": "link"}"#,
      "connection_dimension, line 1: the model has no dimension \"link\" (did you mean \"links\"?)"
    ),
    (
      """
      {"version": 1, "name": "m", "dimensions": [{"key": "a"}], "evolution": [{"state": "s"},
        {"state": "t", "min_active_dimensions": 2}]}
      """,
      "evolution[1].min_active_dimensions, line 2: 2 can never be reached: the model has 1 dimensions that count"
    ),
    (
      """
      {"version": 1, "name": "m", "dimensions": [{"key": "a"}], "evolution": [{"state": "s"},
        {"state": "t", "min_connections": 2}]}
      """,
      "evolution[1].min_connections, line 2: needs connection_dimension, the dimension that counts connections"
    ),
    (
      #"{"version": 1, "name": "m", "open": true, "metadata_rules": {"types": {"v": "number"}, "allowed": {"v": ["1"]}}}"#,
      "metadata_rules.allowed.v[0], line 1: is a string, but metadata_rules.types asks for number"
    ),
    ("[]", "line 1: must be a mapping of keys to values, not a list"),
  ])
  func aProblem(text: String, expected: String) {
    #expect(problems(text).first == expected)
  }

  @Test(arguments: [
    ("", "line 1, column 1: expected a value, but the document ends"),
    ("{\n  \"version\": 1,\n  \"näme\": tru}", "line 3, column 11: expected a value, found 't'"),
    ("{\"a\": 1,}", "line 1, column 9: expected a key in double quotes, found '}'"),
    ("{\"a\" 1}", "line 1, column 6: expected ':' after the key \"a\", found '1'"),
    ("{\"a\": 01}", "line 1, column 8: a number must not begin with 0"),
    ("{\"a\": 1.}", "line 1, column 9: expected a digit, found '}'"),
    ("{\"a\": \"\\ud800\"}", "line 1, column 8: an unpaired surrogate in an escape sequence"),
    ("{\"a\": \"\\ud800\\u0041\"}", "line 1, column 8: an unpaired surrogate in an escape sequence"),
    ("{\"a\": \"\\x\"}", "line 1, column 8: an unknown escape sequence"),
    ("{\"a\": \"\n\"}", "line 1, column 8: a control character in a string has to be escaped"),
    ("{\"a\": \"b", "line 1, column 7: the string does not end"),
    ("{} {}", "line 1, column 4: nothing may follow the end of the document"),
    ("\u{FEFF}{}", "line 1, column 1: expected a value, found byte 239"),
    ("{\"a\": 1,\n\"b\": 2,\n \"a\": 3}", "line 3, column 2: the key \"a\" was given before, on line 1"),
    (String(repeating: "[", count: 40), "line 1, column 33: nested deeper than 32 levels"),
  ])
  func aSyntaxError(text: String, expected: String) {
    #expect(problems(text) == [expected])
  }

  @Test func invalidUTF8() {
    #expect(throws: ConfigurationError.self) {
      try GrowthModel(json: Array("{\"".utf8) + [0xFF] + Array("\": 1}".utf8), file: "f")
    }
  }

  @Test func theErrorNamesTheFile() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try self.load("{\"version\": 1, \"open\": true,\n\"nmae\": \"\"}")
    }
    #expect(
      error?.description == """
        model.json: name, line 1: is required
        model.json: nmae, line 2: unknown key "nmae" (did you mean "name"?)
        """)
  }

  @Test func modelsMadeInCodeAreChecked() {
    let error = #expect(throws: ConfigurationError.self) {
      try GrowthModel(name: "m", dimensions: [.init(key: "a"), .init(key: "a")], evolution: [])
    }
    #expect(
      error?.problems.map(\.description) == [
        "dimensions[1].key: \"a\" is the key of dimensions[0] already", "evolution: at least one state is needed",
      ])
  }
}
