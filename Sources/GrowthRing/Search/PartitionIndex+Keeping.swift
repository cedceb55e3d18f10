import StorageIO
import StoreEngine
import TextSearch

extension PartitionIndex {
  /// Compares the index with the store, token by token.
  func verify<S: UnitSource>(
    in snapshot: S, fresh: () throws(StoreError) -> S
  ) throws(StoreError) -> SearchVerifyReport {
    try inStep(with: snapshot, fresh: fresh) { (index, tail, snapshot) throws(SearchFailure) in
      var report = SearchVerifyReport()
      var audit = try onIndex { () throws(SQLiteError) in try TextIndexAudit(index) }
      var failure: SQLiteError?
      try onStore { () throws(StoreError) in
        try snapshot.forEachUnit(partition: number, of: nil, content: true) { unit in
          if !unit.isSearched || tail.contains(unit.user, unit.muid) { return true }
          do throws(SQLiteError) {
            report.units += 1
            if let problem = try audit.problem(of: unit.document) {
              report.note("unit \(unit.muid) of \(unit.user) \(problem)")
            }
            return true
          } catch {
            failure = error
            return false
          }
        }
      }
      if let failure { throw .index(failure) }
      let surplus = try onIndex { () throws(SQLiteError) in try audit.surplus() }
      // What the tail replaces may be in the index still.
      if surplus < 0 || surplus > tail.units.count {
        report.note("the search index of partition \(number) has \(surplus) units that are not in the store")
      }
      return report
    }
  }
}
