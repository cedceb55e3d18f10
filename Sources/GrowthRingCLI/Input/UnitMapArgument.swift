import ArgumentParser
import GrowthRing

/// `--map column=field`, or `--map =constant=field` for the same value in every row, with the fields of memory units.
struct UnitMapArgument: ExpressibleByArgument {
  let mapping: UnitColumnMapping

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="),
      let field = UnitField(rawValue: String(argument[argument.index(after: equals)...]))
    else { return nil }
    let source = argument[..<equals]
    if source.hasPrefix("=") {
      mapping = UnitColumnMapping(field, .constant(String(source.dropFirst())))
    } else if !source.isEmpty {
      mapping = UnitColumnMapping(field, .column(String(source)))
    } else {
      return nil
    }
  }
}
