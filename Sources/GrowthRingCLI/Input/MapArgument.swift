import ArgumentParser
import GrowthRing

/// `--map column=field`, or `--map =constant=field` for the same value in every row.
///
/// The field stands behind the last equals sign, so that a column's name may hold others.
struct MapArgument: ExpressibleByArgument {
  let mapping: ColumnMapping

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="),
      let field = EventField(rawValue: String(argument[argument.index(after: equals)...]))
    else { return nil }
    let source = argument[..<equals]
    if source.hasPrefix("=") {
      mapping = ColumnMapping(field, .constant(String(source.dropFirst())))
    } else if !source.isEmpty {
      mapping = ColumnMapping(field, .column(String(source)))
    } else {
      return nil
    }
  }
}
