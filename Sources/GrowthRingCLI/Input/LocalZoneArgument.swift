import ArgumentParser
import GrowthRing

/// A zone in which days are counted, on the command line: that of the user's profile, or one by its name.
enum LocalZoneArgument: Equatable, ExpressibleByArgument {
  case ofUser
  case named(LocalZone)

  static let form = "a name such as Europe/Berlin, an offset such as +02:00, or UTC"

  init?(argument: String) {
    if argument == "user" {
      self = .ofUser
    } else if let zone = LocalZone(argument) {
      self = .named(zone)
    } else {
      return nil
    }
  }

  /// The zone for a user.
  func zone(of user: String, in store: GrowthStore) async throws -> LocalZone {
    switch self {
    case .named(let zone): return zone
    case .ofUser:
      guard let zone = try await store.profile(of: user)?.timeZone else {
        throw CommandFailure(
          "the profile of \(TableText.printable(user)) has no time zone",
          "Store one with `growthring profile set`, or name a zone.")
      }
      return zone
    }
  }
}
