extension PartitionView {
  /// How many events and versions of memory units only the log holds yet, and how many of them have come of age for some stage.
  package func unwritten(_ moment: AgeingMoment) -> (all: Int, ofAge: Int) {
    var (all, ofAge) = (0, 0)
    for memtable in memtables {
      all += memtable.events.count
      if !memtable.events.isEmpty { ofAge += moment.stages(memtable.events).count { $0 > .hot } }
      for version in memtable.units?.versions ?? [] {
        all += 1
        let (rule, time) = (moment.units.rule(of: version.fields), version.updatedAt)
        let isOfAge =
          moment.units.stage(rule: rule, updatedAt: time) > .hot
          || moment.units.hasExpired(newest: time, isDeleted: version.fields.isDeleted, rule: rule)
        if isOfAge { ofAge += 1 }
      }
    }
    return (all, ofAge)
  }
}
