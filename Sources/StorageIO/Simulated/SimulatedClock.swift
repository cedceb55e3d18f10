import Synchronization

/// A clock that moves only when asked: by a fixed step at every reading, or by hand.
package final class SimulatedClock: WallClock {
  private struct State {
    var time: Int64
    var step: Int64
  }

  private let state: Mutex<State>

  /// Starts at 2026-01-01T00:00:00Z and moves a millisecond per reading unless told otherwise; both in microseconds.
  package init(start: Int64 = 1_767_225_600_000_000, step: Int64 = 1000) {
    state = Mutex(State(time: start, step: step))
  }

  package func now() -> Int64 {
    state.withLock { state in
      defer { state.time += state.step }
      return state.time
    }
  }

  /// What the next `now` will answer, in microseconds; jumps backwards are allowed, as real clocks make them.
  package func set(_ time: Int64) { state.withLock { $0.time = time } }

  /// Moves the clock by microseconds.
  package func advance(by microseconds: Int64) { state.withLock { $0.time += microseconds } }
}
