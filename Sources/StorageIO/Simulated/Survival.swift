/// Decides, change by change in the order they were made, what of the unsynced survives a power loss.
///
/// Purely independent decisions would almost never produce the plain cases once there are many changes, so first one
/// of four histories is drawn: everything reached the medium, nothing did, the changes did up to some point (as from a
/// drive that works in order), or each fared on its own (reordering).
struct Survival {
  enum Fate {
    case kept
    case lost
    /// A part survives.
    case torn
  }

  private enum History {
    case everything
    case nothing
    /// This many more, then a torn one, then nothing.
    case upTo(Int)
    case eachOnItsOwn
  }

  private var history: History

  /// Draws a history for so many unsynced changes.
  init(of count: Int, _ random: inout SeededGenerator) {
    switch random.below(8) {
    case 0: history = .everything
    case 1: history = .nothing
    case 2, 3, 4: history = .upTo(random.below(count + 1))
    default: history = .eachOnItsOwn
    }
  }

  /// The fate of the next change.
  mutating func next(_ random: inout SeededGenerator) -> Fate {
    switch history {
    case .everything: return .kept
    case .nothing: return .lost
    case .upTo(let rest):
      history = rest > 0 ? .upTo(rest - 1) : .nothing
      return rest > 0 ? .kept : .torn
    case .eachOnItsOwn:
      switch random.below(4) {
      case 0: return .lost
      case 1: return .torn
      default: return .kept
      }
    }
  }
}
