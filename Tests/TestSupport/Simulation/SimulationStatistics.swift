/// What simulations have been through, to see that they reach what they are for.
package struct SimulationStatistics: Sendable {
  package var steps = 0
  package var checks = 0
  package var events = 0
  /// Versions of memory units that were committed.
  package var units = 0
  /// Comparisons of searches with the model.
  package var searches = 0
  package var powerLosses = 0
  package var kills = 0
  package var lostCommits = 0
  package var keptInFlight = 0
  package var failures = 0
  package var poisoned = 0
  /// Steps of ageing that moved something.
  package var warmed = 0
  package var archived = 0
  /// Archived files of memory units that were there after such a step.
  package var archivedUnits = 0
  /// Files that were brought back.
  package var rehydrated = 0
  /// Steps of expiry, of events and of memory units.
  package var expired = 0
  package var expiredUnits = 0
  /// Merges of settling, due or for reads, and merges that were told to stop.
  package var settled = 0
  package var interrupted = 0

  package init() {}

  package static func += (a: inout Self, b: Self) {
    a.steps += b.steps
    a.checks += b.checks
    a.events += b.events
    a.units += b.units
    a.searches += b.searches
    a.powerLosses += b.powerLosses
    a.kills += b.kills
    a.lostCommits += b.lostCommits
    a.keptInFlight += b.keptInFlight
    a.failures += b.failures
    a.poisoned += b.poisoned
    a.warmed += b.warmed
    a.archived += b.archived
    a.archivedUnits += b.archivedUnits
    a.rehydrated += b.rehydrated
    a.expired += b.expired
    a.expiredUnits += b.expiredUnits
    a.settled += b.settled
    a.interrupted += b.interrupted
  }
}
