import ArgumentParser
import GrowthRing

struct ProfileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "A user's time zone and language.",
    discussion: """
      EXAMPLES
        growthring profile set ada --zone Europe/Berlin --language de
        growthring profile get ada
        growthring profile list --json
        growthring daily ada --zone user

      Profiles have versions, as memory units have; `profile get --history` shows them.
      """,
    subcommands: [Get.self, List.self, Set.self])

  fileprivate static let columns: [RowWriter.Column] = [
    .init("user_id", "user"), .init("time_zone", "time zone"), .init("language", "language"),
    .init("updated_at", "updated"),
  ]

  fileprivate static func write(_ profile: UserProfile, _ writer: inout RowWriter) throws {
    writer.put(text: profile.user)
    if let zone = profile.timeZone { writer.put(text: zone.identifier) } else { writer.putNothing() }
    if let language = profile.language { writer.put(text: language) } else { writer.putNothing() }
    if let time = profile.updatedAt { writer.put(time: time) } else { writer.putNothing() }
    try writer.endRow()
  }

  struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a user's profile.",
      discussion: """
        EXAMPLES
          growthring profile get ada
          growthring profile get ada --history --json

        The exit code is 1 where there is none.
        """)

    @OptionGroup var store: StoreArguments

    @Argument(help: "The user's id.")
    var user: String

    @Flag(help: "All versions, the newest first.")
    var history = false

    @OptionGroup var rows: RowArguments

    func run() async throws {
      let sink = OutputSink()
      try await store.read { store in
        var found: [UserProfile] = []
        if history {
          found = try await store.profileHistory(of: user)
        } else if let profile = try await store.profile(of: user) {
          found = [profile]
        }
        var writer = rows.writer(ProfileCommand.columns, to: sink)
        for profile in found { try ProfileCommand.write(profile, &writer) }
        try writer.finish()
        if found.isEmpty {
          throw CommandFailure(
            "no profile of \(TableText.printable(user)) is stored here", "`growthring profile set` stores one.")
        }
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The profiles of all users who have one.",
      discussion: """
        EXAMPLES
          growthring profile list
          growthring profile list --csv > profiles.csv

        Exports of memory units do not have them.
        """)

    @OptionGroup var store: StoreArguments

    @OptionGroup var rows: RowArguments

    func run() async throws {
      let sink = OutputSink()
      try await store.read { store in
        var writer = rows.writer(ProfileCommand.columns, to: sink)
        for try await chunk in try await store.profiles() {
          for profile in chunk { try ProfileCommand.write(profile, &writer) }
        }
        let isEmpty = writer.rowCount == 0
        try writer.finish()
        if isEmpty, rows.rowFormat == .table { Console.error("No profiles are stored here.") }
      }
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Store a new version of a user's profile.",
      discussion: """
        EXAMPLES
          growthring profile set ada --zone Europe/Berlin
          growthring profile set ada --language none

        What is not given stays as it is; none takes a value away.
        """)

    @OptionGroup var store: StoreArguments

    @Argument(help: "The user's id.")
    var user: String

    @Option(
      parsing: .unconditional,
      help: ArgumentHelp("The time zone: \(LocalZoneArgument.form), or none.", valueName: "zone"))
    var zone: String?

    @Option(help: ArgumentHelp("The language, such as de or pt-BR, or none.", valueName: "tag"))
    var language: String?

    @Flag(help: "Create the store where there is none.")
    var create = false

    func validate() throws {
      if zone == nil, language == nil { throw ValidationError("Give --zone or --language.") }
      if let zone, zone != "none", LocalZone(zone) == nil {
        throw ValidationError("--zone knows no '\(zone)'; it takes \(LocalZoneArgument.form), or none.")
      }
      if let language, language != "none", !UserProfile.isLanguage(language) {
        throw ValidationError("--language must be a language tag such as de or pt-BR, or none.")
      }
    }

    func run() async throws {
      var options = StoreOptions()
      options.createIfMissing = create
      var isNew = false
      try await store.write(options) { store in
        var profile = try await store.profile(of: user) ?? UserProfile(user: user)
        if let zone { profile.timeZone = zone == "none" ? nil : LocalZone(zone) }
        if let language { profile.language = language == "none" ? nil : language }
        isNew = try await store.set(profile)
      }
      let sink = OutputSink()
      try sink.write(
        "\(isNew ? "Stored the" : "There is nothing new in the") profile of \(TableText.printable(user)).\n")
      try sink.flush()
    }
  }
}
