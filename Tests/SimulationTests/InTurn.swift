import Testing

/// The suites of this target one after the other: they use all cores, and time other processes.
@Suite(.serialized) enum InTurn {}
