import ArgumentParser
import GrowthRing

/// `--where`, a condition on metadata.
struct WhereArguments: ParsableArguments {
  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Only what has such metadata: \"metadata.tags contains 'launch' and metadata.effort >= 3\".",
      discussion: """
        Comparisons are =, !=, <, <=, >, >= (of numbers, and of strings, those of ISO 8601 as times), in ('a', 'b'), \
        contains (of arrays) and exists, joined with and, or, not and parentheses. Paths go inwards with points, \
        metadata.a.b, into arrays with [0] or [*]; keys of other characters stand in quotes, metadata."a b".
        """, valueName: "condition"),
    transform: { try WhereArguments.parse($0) })
  var condition: MetadataPredicate?

  /// - Throws: a usage error that shows the place.
  static func parse(_ text: String) throws -> MetadataPredicate {
    do throws(MetadataPredicateError) {
      return try MetadataPredicate(text)
    } catch {
      let line = text.contains(where: \.isNewline)
      let shown = line ? "" : "\n  \(text)\n  \(String(repeating: " ", count: error.position - 1))^"
      throw ValidationError("\(error)\(shown)")
    }
  }
}
