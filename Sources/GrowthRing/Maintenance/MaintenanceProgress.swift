/// How far a run of maintenance has come.
public struct MaintenanceProgress: Sendable, Hashable {
  public var step: MaintenanceStep
  /// Partitions that are done in this step, of so many.
  public var done: Int
  public var total: Int
  /// As ``MaintenanceJob/Step/moved``.
  public var moved: Int
}
