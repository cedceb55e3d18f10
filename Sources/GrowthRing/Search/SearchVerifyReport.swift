/// What a comparison of the search index with the store found.
public struct SearchVerifyReport: Sendable {
  /// Units compared.
  public internal(set) var units = 0
  /// What is wrong; at most a thousand.
  public internal(set) var problems: [String] = []
  /// All of it.
  public internal(set) var problemCount = 0

  mutating func note(_ problem: String) {
    problemCount += 1
    if problems.count < 1000 { problems.append(problem) }
  }

  mutating func add(_ other: SearchVerifyReport) {
    units += other.units
    problemCount += other.problemCount
    problems += other.problems.prefix(1000 - problems.count)
  }
}
