/// The vocabulary of generated events and the tables that their distributions are drawn from.
///
/// All tables hold integers, so that a draw is a shift and a look-up.
struct GeneratorTables: Sendable {
  static let dimensions = ["self_know", "self_act", "self_show", "world_know", "world_act", "world_show"]
  static let entityTypes = ["concept", "memory_unit", "derived_artifact", "quest", "skill"]
  static let sources = [
    "journal_entry", "challenge_complete", "quiz_answer", "chat_turn", "concept_link", "artifact_publish",
    "review_session", "peer_feedback", "daily_checkin", "import_backfill", "coach_note", "decay_job",
  ]
  static let creators = ["system", "user", "agent:growth-v1", "agent:growth-v2", "coach", "batch"]
  static let versions = ["1.0", "1.1", "1.2", "2.0", "2.1"]
  static let tags = [
    "focus", "sleep", "music", "math", "code", "write", "read", "run", "speak", "lead", "plan", "design", "trust",
    "calm", "cook", "garden", "film", "draw", "travel", "money", "health", "law", "bio", "chem", "phys", "hist",
    "lang", "logic", "ethics", "team", "debate", "pitch", "data", "stats", "ml", "web", "ops", "art", "poetry", "chess",
  ]

  /// Index by thousandths.
  let dimension = Self.byThousandths([280, 180, 100, 220, 140, 80])
  let entityType = Self.byThousandths([380, 370, 150, 60, 40])
  let source = Self.byThousandths([260, 130, 120, 160, 90, 40, 80, 30, 50, 15, 15, 10])
  let creator = Self.byThousandths([350, 300, 120, 180, 30, 20])

  /// What an event of a source usually adds, in thousandths.
  let sourceDelta: [Int64] = [250, 1000, 500, 100, 300, 2000, 400, 750, 50, 100, 1500, -250]
  /// What 40 % of deltas are multiplied by, in thousandths.
  let factor: [Int64] = [500, 750, 1250, 1500, 2000]

  /// Index of a tag by ten random bits; the first tags are the most frequent.
  let tag: [UInt8] = (0..<1024).map { index in
    UInt8(GeneratorMath.pow((Double(index) + 0.5) / 1024, 1.7) * Double(Self.tags.count))
  }

  /// `entityWeight[k]` is the sum of the weights of a user's first k entities: the r-th weighs r to the power of -0.6.
  let entityWeight: [UInt32] = Self.entityWeights()

  /// The part of a user's events that have come when x/4096 of the user's time has gone, in 2^-24: x to the power of
  /// 5/7, since users are most active when they are new.
  let activityCurve: [UInt32] = (0...4096).map { index in
    UInt32(GeneratorMath.pow(Double(index) / 4096, 5.0 / 7.0) * 0x1p24 + 0.5)
  }

  /// ln(1 + (i + 0.5)/256) in 2^-16.
  private let logarithm: [UInt32] = (0..<256).map { index in
    UInt32(GeneratorMath.log(1 + (Double(index) + 0.5) / 256) * 0x1p16 + 0.5)
  }

  /// An exponential number with the given mean, at most 22 times it.
  @inline(__always)
  func exponential(_ random: UInt32, mean: Int64) -> Int64 {
    // -ln(r / 2^32), from the position of the highest bit of r and the eight bits below it.
    let random = random | 1
    let zeros = random.leadingZeroBitCount
    let fraction = Int((random << UInt32(zeros)) >> 23 & 0xFF)
    let value = Int64(zeros + 1) * 45_426 - Int64(logarithm[fraction])
    return (max(0, value) * mean) >> 16
  }

  /// A number from 0 to 999 out of 32 random bits.
  @inline(__always)
  static func thousandth(_ random: UInt32) -> Int { Int((UInt64(random) * 1000) >> 32) }

  private static func byThousandths(_ weights: [Int]) -> [UInt8] {
    let table = weights.enumerated().flatMap { [UInt8](repeating: UInt8($0), count: $1) }
    precondition(table.count == 1000, "weights have to add up to a thousand")
    return table
  }

  private static func entityWeights() -> [UInt32] {
    var sums: [UInt32] = [0]
    for rank in 1...GeneratorPopulation.mostEntities {
      sums.append(sums[rank - 1] + UInt32(GeneratorMath.pow(Double(rank), -0.6) * 0x1p20 + 0.5))
    }
    return sums
  }
}
