import Columnar
public import StoreEngine

extension EventBatch {
  /// Whether the event of a row has a scope.
  public func hasScope(row: Int) -> Bool { scopes.length(scope[row]) > 0 }
}
