import ArgumentParser
import GrowthRing

/// Which events are wanted.
struct EventFilterArguments: ParsableArguments {
  @Option(help: "Only events of this user.")
  var user: String?

  @Option(help: "Only events of this entity.")
  var entity: String?

  @Option(help: "Only events of this entity type. May be given several times.")
  var type: [String] = []

  @Option(help: "Only events of this dimension. May be given several times.")
  var dimension: [String] = []

  @Option(help: "Only events of this source. May be given several times.")
  var source: [String] = []

  @Option(help: "Only events of this scope and those below it, such as org/project.")
  var scope: String?

  @OptionGroup var metadata: WhereArguments

  @Option(help: ArgumentHelp("Only events that came from this unit of memory.", valueName: "muid"))
  var unit: String?

  @OptionGroup var times: TimeRangeArguments

  func filter() throws -> EventFilter {
    let range = try times.range()
    var predicate = metadata.condition
    if let unit {
      let ofUnit = MetadataPredicate.sourceMUID(unit)
      predicate = predicate.map { $0.and(ofUnit) } ?? ofUnit
    }
    return EventFilter(
      user: user, entity: entity, entityTypes: type.isEmpty ? nil : type,
      dimensions: dimension.isEmpty ? nil : dimension, sources: source.isEmpty ? nil : source, scope: scope,
      from: range.from, to: range.to, where: predicate)
  }
}
