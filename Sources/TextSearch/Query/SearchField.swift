/// The parts of a unit that are searched.
package enum SearchField: Int, CaseIterable, Sendable {
  case title
  case content

  /// The name in queries and in the index.
  package var name: String {
    switch self {
    case .title: "title"
    case .content: "content"
    }
  }
}
