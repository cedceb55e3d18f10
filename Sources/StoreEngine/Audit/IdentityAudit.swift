import Columnar

/// Counts events whose identity, user and event id, is stored more than once.
///
/// First by 64-bit hashes, 16 bytes of memory for each event; where two agree, by the identities themselves.
struct IdentityAudit {
  private let view: PartitionView
  private let filter: EventFilter
  private let hashSeed: UInt64

  init(_ view: PartitionView, users: UserRange, hashSeed: UInt64) {
    self.view = view
    self.hashSeed = hashSeed
    var filter = EventFilter()
    filter.users = users
    self.filter = filter
  }

  /// The number of events too many.
  func repeatedEvents() throws(StoreError) -> Int {
    var hashes: [UInt64] = []
    // What has expired must not be there any more, nor again.
    var repeated = 0
    try forEach { (user, high, low, hash) throws(StoreError) in
      hashes.append(hash)
      if try hasExpired(user, high, low, hash) { repeated += 1 }
    }
    let suspects = Self.repeated(hashes)
    guard !suspects.isEmpty else { return repeated }
    var identities: Set<[UInt64]> = []
    var users = ByteStringDictionary()
    try forEach { user, high, low, hash in
      guard suspects.contains(hash) else { return }
      if !identities.insert([UInt64(users.intern(user)), high, low]).inserted { repeated += 1 }
    }
    return repeated
  }

  private func hasExpired(
    _ user: Bytes, _ high: UInt64, _ low: UInt64, _ hash: UInt64
  ) throws(StoreError) -> Bool {
    for keys in view.files.expiredKeys where keys.days.mayContain(high: high, low: low) {
      let isThere = try keys.contains(hash: hash) {
        ExpiredKey.check(userCheck: ExpiredKey.userCheck(user.array, hashSeed: hashSeed), high: high, low: low)
      }
      if isThere { return true }
    }
    return false
  }

  /// The hashes that are there more than once.
  private static func repeated(_ hashes: [UInt64]) -> Set<UInt64> {
    // Divided by their highest bits, each part is sorted within the cache.
    let bits = max(0, 52 - hashes.count.leadingZeroBitCount)
    var counts = [Int](repeating: 0, count: 1 << bits + 1)
    func bucket(_ hash: UInt64) -> Int { bits == 0 ? 0 : Int(hash >> UInt64(64 - bits)) }
    for hash in hashes { counts[bucket(hash) + 1] += 1 }
    for index in counts.indices.dropFirst() { counts[index] += counts[index - 1] }
    var next = counts
    var divided = [UInt64](repeating: 0, count: hashes.count)
    for hash in hashes {
      divided[next[bucket(hash)]] = hash
      next[bucket(hash)] += 1
    }
    var found: Set<UInt64> = []
    for index in 0..<(1 << bits) {
      divided[counts[index]..<counts[index + 1]].sort()
      for place in counts[index]..<counts[index + 1]
      where place > counts[index] && divided[place] == divided[place - 1] { found.insert(divided[place]) }
    }
    return found
  }

  /// Calls `body` with the identity of every event, and its hash.
  private func forEach(
    _ body: (_ user: Bytes, _ high: UInt64, _ low: UInt64, _ hash: UInt64) throws(StoreError) -> Void
  ) throws(StoreError) {
    for segment in view.files.segments {
      for index in RowGroupSelection.groups(of: segment, filter) {
        guard let selection = try RowGroupSelection(segment, index, filter) else { continue }
        try forEach(of: selection, body)
      }
    }
    for memtable in view.memtables {
      let events = memtable.events
      let users = (0..<UInt32(events.users.count)).map { Bytes(events.users.bytes($0)) }
      let hashes = users.map { XXH3.hash($0.array, seed: hashSeed) }
      for row in filter.rows(of: events, in: [UInt32](0..<UInt32(events.count))).map(Int.init) {
        let (user, high, low) = (Int(events.user[row]), events.eventIDHigh[row], events.eventIDLow[row])
        try body(users[user], high, low, keyHash(userHash: hashes[user], high: high, low: low))
      }
    }
  }

  private func forEach(
    of selection: RowGroupSelection,
    _ body: (_ user: Bytes, _ high: UInt64, _ low: UInt64, _ hash: UInt64) throws(StoreError) -> Void
  ) throws(StoreError) {
    let group = selection.group
    var code = UInt32.max
    var user = Bytes([])
    var userHash: UInt64 = 0
    for page in selection.pages {
      let ofPage = group.rows(ofPage: page)
      let users = try group.codes(.user, page: page)
      let ids = try group.eventIDs(page: page)
      for row in selection.range.clamped(to: ofPage) {
        let place = row - ofPage.lowerBound
        if users[place] != code {
          code = users[place]
          user = try group.string(.user, code)
          userHash = XXH3.hash(user.array, seed: hashSeed)
        }
        try body(
          user, ids.high[place], ids.low[place],
          keyHash(userHash: userHash, high: ids.high[place], low: ids.low[place]))
      }
    }
  }
}
