import Foundation

/// What the columns of a file of fixed records take at the least, in bytes per event, as far as their distributions tell.
///
/// An estimate, for setting beside what the store takes: ids are random but for their time; source, delta given source
/// and metadata given source cost the entropy of their frequencies (a little less than the truth where texts are rare);
/// events are a set, so entity type, dimension and time of a user's events cost what tells one set from another.
struct EntropyFloors {
  private(set) var columns: [(name: String, bytes: Double)] = []

  private struct Identifier: Hashable {
    let high: UInt64
    let low: UInt64
  }

  private struct Group: Hashable {
    let entity: Int32
    let typeAndDimension: UInt16
  }

  private struct User {
    var earliest = Int64.max
    var latest = Int64.min
    var groups: [Group: Int] = [:]
    var events = 0
  }

  private static let recordLength = 80

  init(records path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    let count = data.count / Self.recordLength
    var userNumbers: [Identifier: Int32] = [:]
    var entityNumbers: [Identifier: Int32] = [:]
    var users: [User] = []
    var sources: [UInt64: Int] = [:]
    var deltas: [UInt64: Int] = [:]
    var metadata: [UInt64: Int] = [:]
    var randomBits = 0
    data.withUnsafeBytes { bytes in
      for row in 0..<count {
        let start = row * Self.recordLength
        func id(_ offset: Int) -> Identifier {
          Identifier(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start + offset + 8, as: UInt64.self)))
        }
        randomBits += id(0).high >> 12 & 0xF == 7 ? 74 : 122
        let userID = id(16)
        let user = userNumbers[userID] ?? Int32(users.count)
        if Int(user) == users.count {
          userNumbers[userID] = user
          users.append(User())
        }
        let entityID = id(32)
        let entity = entityNumbers[entityID] ?? Int32(entityNumbers.count)
        if Int(entity) == entityNumbers.count { entityNumbers[entityID] = entity }
        let time = bytes.loadUnaligned(fromByteOffset: start + 48, as: Int64.self)
        let delta = bytes.loadUnaligned(fromByteOffset: start + 56, as: UInt32.self)
        let line = bytes.loadUnaligned(fromByteOffset: start + 60, as: UInt32.self)
        let source = UInt64(bytes[start + 66]) << 32
        sources[source, default: 0] += 1
        deltas[source | UInt64(delta), default: 0] += 1
        metadata[source | UInt64(line), default: 0] += 1
        let group = Group(entity: entity, typeAndDimension: UInt16(bytes[start + 64]) << 8 | UInt16(bytes[start + 65]))
        users[Int(user)].events += 1
        users[Int(user)].earliest = min(users[Int(user)].earliest, time)
        users[Int(user)].latest = max(users[Int(user)].latest, time)
        users[Int(user)].groups[group, default: 0] += 1
      }
    }
    let events = Double(max(1, count))
    func add(_ name: String, bits: Double) { columns.append((name, bits / 8 / events)) }
    let sourceBits = Self.bits(sources.values)
    add("event_id", bits: Double(randomBits))
    add("user and entity", bits: Double(userNumbers.count + entityNumbers.count) * 122)
    add("entity_type, dimension and created_at", bits: users.reduce(0) { $0 + Self.bits(of: $1) })
    add("delta", bits: Self.bits(deltas.values) - sourceBits)
    add("source", bits: sourceBits)
    add("metadata", bits: Self.bits(metadata.values) - sourceBits)
    columns.append(("all columns", columns.reduce(0) { $0 + $1.bytes }))
  }

  /// The bits of as many draws as `counts` has, each costing what its frequency says.
  private static func bits(_ counts: some Sequence<Int>) -> Double {
    var sum = 0
    var logs = 0.0
    for count in counts {
      sum += count
      logs += Double(count) * log2(Double(count))
    }
    return sum == 0 ? 0 : Double(sum) * log2(Double(sum)) - logs
  }

  /// Groups and times of one user's events, less the order in which they come.
  private static func bits(of user: User) -> Double {
    let events = Double(user.events)
    let span = Double(user.latest - user.earliest) + 1
    return max(0, events * log2(span) + bits(user.groups.values) - lgamma(events + 1) / log(2))
  }
}
