import StorageIO
import StoreEngine
import Synchronization
import TextSearch

extension PartitionIndex {
  /// Brings the index up to date, while `goesOn`; returns how many versions it took in.
  func update<S: UnitSource>(
    with snapshot: S, fresh: () throws(StoreError) -> S, while goesOn: () -> Bool
  ) throws(StoreError) -> Int {
    let before = taken
    do throws(StoreError) {
      try inStep(with: snapshot, fresh: fresh, while: goesOn) { _, _, _ in }
    } catch {
      guard error.kind == .closed, !goesOn() else { throw error }
      return 0
    }
    return taken - before
  }

  /// Makes the file small and quick to search, in small steps between which others have their turn, while `goesOn`. Only what is
  /// open already; where another process is in the way, that is left to it, or to the next time.
  func tidy(while goesOn: () -> Bool) {
    // What is wrong with the index, the next search will say.
    while goesOn(), ifOpen({ (try? $0.mergeStep()) ?? false }) ?? false {}
    cutLog()
  }

  /// Takes what is in SQLite's log into the file, unless somebody is in the way.
  func cutLog() {
    _ = ifOpen { index in
      if (try? index.checkpoint()) != nil { isUntidy.store(false, ordering: .relaxed) }
    }
  }

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
