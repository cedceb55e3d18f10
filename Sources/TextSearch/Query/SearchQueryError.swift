/// Why a query cannot be asked.
package struct SearchQueryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where in the query, in bytes of UTF-8.
  package let offset: Int
  package let reason: String

  package var description: String { "the query at byte \(offset): \(reason)" }
}
